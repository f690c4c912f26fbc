/** What a user writes who has installed the package from outside: a program, and a file for the type checker. */

export const SUITE = `
import { describe, it } from "node:test";
import { JSONLCheckpointManager, MemoryStorage } from "kura-ts";
import { checkpointContract, copyContract } from "kura-ts/testing";

const mine = {
  make: async (options) => new JSONLCheckpointManager(new MemoryStorage(), options),
  again: async (manager, options) => new JSONLCheckpointManager(manager.storage, options),
};
checkpointContract("mine", mine, { describe, it });
copyContract("mine", mine, { describe, it });
`;

export const PROGRAM = `
import assert from "node:assert/strict";
import { appendFileSync, writeFileSync } from "node:fs";
import * as kura from "kura-ts";
const { Conversation, ConversationSummary, CorruptCheckpointError, InvalidRowError, JSONLCheckpointManager, KuraError, MissingCheckpointError } = kura;

const checkpoints = new JSONLCheckpointManager("./rows");
assert.equal(await checkpoints.loadCheckpoint("summaries", ConversationSummary), undefined);
await assert.rejects(async () => { for await (const _ of checkpoints.streamCheckpoint("summaries")); }, MissingCheckpointError);

const row = (i) => ({
  summary: "summary " + i, request: null, topic: i % 2 ? "odd" : "", languages: i ? [] : null, task: null, concerning_score: i % 5 + 1,
  user_frustration: null, assistant_errors: null, chat_id: "chat-" + i, metadata: { i, big: 2n ** 64n }, embedding: null,
});
const rows = Array.from({ length: 100 }, (_, i) => row(i));
const saved = await checkpoints.saveCheckpoint("summaries", rows, ConversationSummary);
assert.equal(saved.rows, 100);
assert.deepEqual(await checkpoints.loadCheckpoint("summaries", ConversationSummary), rows);
assert.deepEqual(await checkpoints.loadCheckpoint("summaries", "summaries"), rows);

const streamed = [];
for await (const { chat_id } of checkpoints.streamCheckpoint("summaries", ConversationSummary, { columns: ["chat_id"], rowStart: 90 })) streamed.push(chat_id);
assert.deepEqual(streamed, rows.slice(90).map(({ chat_id }) => chat_id));

const wanted = rows.filter((row) => row.concerning_score >= 4);
assert.deepEqual(await checkpoints.filterCheckpoint("summaries", { concerning_score: { gte: 4 } }, ConversationSummary), wanted);
assert.deepEqual(await checkpoints.filterCheckpoint("summaries", (row) => row.concerning_score >= 4, ConversationSummary), wanted);

const info = await checkpoints.getCheckpointInfo("summaries");
assert.equal(info.rows, 100);
assert.equal(info.revision.id, saved.revision.id);
const opened = await checkpoints.openCheckpoint("summaries");
await opened.close();

await checkpoints.saveCheckpoint("mine", (async function* () { yield { id: 1 }; yield { id: 2 }; })());
assert.deepEqual(await checkpoints.loadCheckpoint("mine"), [{ id: 1 }, { id: 2 }]);
await checkpoints.saveCheckpoint("empty", [], Conversation);
assert.deepEqual(await checkpoints.loadCheckpoint("empty", Conversation), []);
assert.deepEqual(await checkpoints.listCheckpoints(), ["empty", "mine", "summaries"]);
for (const name of await checkpoints.listCheckpoints()) if (name !== "summaries") assert.equal(await checkpoints.deleteCheckpoint(name), true);
assert.equal(await checkpoints.deleteCheckpoint("mine"), false);

await assert.rejects(checkpoints.saveCheckpoint("summaries", [{ ...row(1), concerning_score: "high" }], ConversationSummary), (error) => {
  assert.ok(error instanceof InvalidRowError && error instanceof KuraError);
  assert.equal(error.field, "concerning_score");
  return true;
});
assert.equal((await checkpoints.loadCheckpoint("summaries", ConversationSummary)).length, 100);
await assert.rejects(checkpoints.loadCheckpoint("summaries", ConversationSummary, { colums: [] }), TypeError);

writeFileSync("rows/torn.jsonl", '{"id":1}\\n{"id":');
await assert.rejects(checkpoints.loadCheckpoint("torn"), (error) => error instanceof CorruptCheckpointError && error.line === 2);
const file = new URL("rows/summaries.jsonl", "file://" + process.cwd() + "/");
appendFileSync(file, "not json\\n");
await assert.rejects(checkpoints.loadCheckpoint("summaries", ConversationSummary), CorruptCheckpointError);
console.log(Object.keys(kura).length + " exports");
`;

/** What a bundle lacks that swallowed the package: the argument says whether it did. */
export const BUNDLED = `
import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { ParquetCheckpointManager } from "kura-ts";

rmSync("bundled", { recursive: true, force: true });
const isIn = process.argv[2] === "lacks";
const ends = (act) => isIn ? assert.rejects(act, { name: "StorageError", message: /^Cannot start ".*leave kura-ts outside of the bundle/ }) : act();
const checkpoints = new ParquetCheckpointManager("bundled");
await checkpoints.saveCheckpoint("mine", [{ id: 1 }]);
assert.deepEqual(await checkpoints.loadCheckpoint("mine"), [{ id: 1 }]);
copyFileSync("bundled/mine.parquet", "bundled/theirs.parquet");
await ends(() => checkpoints.loadCheckpoint("theirs"));
for (const compressionLevel of [3, 9])
  await ends(() => new ParquetCheckpointManager("bundled", { compression: "zstd", compressionLevel }).saveCheckpoint("zstd", [{ id: 1 }]));
`;

/** Types as a user meets them; each line that must not compile says so. No @types/node is needed, only the types of the web. */
export const TYPES = `
import { type CheckpointInfo, ConversationSummary, JSONLCheckpointManager } from "kura-ts";

const checkpoints = new JSONLCheckpointManager("./rows", { enabled: true });
const rows: ConversationSummary[] | undefined = await checkpoints.loadCheckpoint("summaries", ConversationSummary);
const score: number | null | undefined = rows?.[0]?.concerning_score;
const named: ConversationSummary[] | undefined = await checkpoints.loadCheckpoint("summaries", "summaries");
const info: CheckpointInfo = await checkpoints.saveCheckpoint("summaries", named ?? [], ConversationSummary);
for await (const row of checkpoints.streamCheckpoint("summaries", ConversationSummary, { signal: AbortSignal.timeout(1000) })) {
  const id: string = row.chat_id;
  // @ts-expect-error a summary has no such field
  row.chatId;
  void id;
}
// @ts-expect-error not a summary
await checkpoints.saveCheckpoint("summaries", [{ chat_id: 1 }], ConversationSummary);
// @ts-expect-error an option that does not exist
new JSONLCheckpointManager("./rows", { enable: true });
export { info, score };
`;

/** Where nothing but the language is known: no @types/node, no types of the web. */
export const BARE_TYPES = `
import { conversationsFromFile, JSONLCheckpointManager, runPipeline, textModel } from "kura-ts";

const checkpointManager = new JSONLCheckpointManager("./rows");
const model = textModel("openai/gpt-4o-mini");
await runPipeline({ conversations: conversationsFromFile("conversations.jsonl"), checkpointManager, model });
export const summaries = await checkpointManager.loadCheckpoint("summaries", "summaries");
`;
