import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { embeddings, summaries } from "../../bench/rows.mjs";
import type { CheckpointEvent } from "../../src/checkpoints/event.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { CorruptCheckpointError, RowTypeMismatchError } from "../../src/errors.js";
import { ConversationSummary, Embedding } from "../../src/rows/builtin.js";
import { rowType } from "../../src/rows/row-type.js";

const directory = mkdtempSync(join(tmpdir(), "kura-named-"));
afterAll(() => rmSync(directory, { recursive: true }));
let place: string;
let warnings: { code: string; message: string }[];
const onEvent = (event: CheckpointEvent) => {
  if (event.type === "warning") warnings.push(event);
};
beforeEach(() => {
  place = mkdtempSync(join(directory, "place-"));
  warnings = [];
});

/** What somebody may well call "conversations". */
const Talk = rowType({
  name: "talk",
  columns: [
    { name: "id", type: "text" },
    { name: "turns", type: "list", items: { type: "text" } },
  ],
});
const talks = Array.from({ length: 5 }, (_, n) => ({ id: `t${n}`, turns: ["hello", String(n)] }));

describe.each([
  ["jsonl", JSONLCheckpointManager],
  ["parquet", ParquetCheckpointManager],
  ["hf-dataset", HFDatasetCheckpointManager],
])("a file of others that is called as one of Kura's checkpoints, %s", (format, Manager) => {
  const open = () => new Manager(place, { onEvent });
  const forget = () => rmSync(join(place, ".kura"), { recursive: true });

  it("is read by its own columns where they are others, and that is said", async () => {
    await open().saveCheckpoint("conversations", talks, Talk);
    forget();
    expect(await open().loadCheckpoint("conversations")).toEqual(talks);
    const { message } = warnings.find(({ code }) => code === "other-columns")!;
    expect(message).toMatch(/is read by its own columns, not as conversations: field "chat_id" is stored as nothing/);
    const opened = (await open().openCheckpoint("conversations"))!;
    await opened.close();
    const names = format === "jsonl" ? [] : ["id", "turns"];
    expect(opened.info.columns.map(({ name }) => name)).toEqual(names);
    expect(opened.info.key).toBeUndefined();
    const info = await open().getCheckpointInfo("conversations");
    expect(info!.columns).toEqual([]);
    expect(info!.key).toBeUndefined();
    expect(info!.mismatch).toBeInstanceOf(RowTypeMismatchError);
    expect((await open().getCheckpointInfo("conversations", { check: true }))!.rows).toBe(5);
    expect(await open().filterCheckpoint("conversations", { id: "t3" })).toEqual([talks[3]]);
    // Who asks for conversations is told.
    await expect(open().loadCheckpoint("conversations", "conversations")).rejects.toThrow(
      format === "jsonl" ? CorruptCheckpointError : RowTypeMismatchError,
    );
  });

  it("is adopted as what it is", async () => {
    await open().saveCheckpoint("summaries", talks, Talk);
    forget();
    expect((await open().adoptCheckpoint("summaries")).columns.map(({ name }) => name)).toEqual(["id", "turns"]);
    expect(await open().loadCheckpoint("summaries")).toEqual(talks);
  });

  it("is Kura's where the columns are", async () => {
    const rows = [...summaries(7)] as unknown as ConversationSummary[];
    const vectors = [...embeddings(7)] as unknown as Embedding[];
    await open().saveCheckpoint("summaries", rows, ConversationSummary);
    await open().saveCheckpoint("embeddings", vectors, Embedding);
    await open().saveCheckpoint("clusters", [], "clusters");
    forget();
    expect(await open().loadCheckpoint("summaries")).toEqual(rows);
    expect(await open().loadCheckpoint("embeddings")).toEqual(vectors);
    expect(await open().loadCheckpoint("clusters")).toEqual([]);
    expect((await open().getCheckpointInfo("clusters"))!.key).toBe("id");
    expect((await open().getCheckpointInfo("summaries"))!.columns).toEqual(ConversationSummary.columns);
    expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(["unverified"]));
  });
});

it("a damaged line in Kura's own file is damage, wherever it is", async () => {
  const [first, ...others] = [...summaries(7)].map((row) => JSON.stringify(row));
  const { chat_id: _, ...headless } = JSON.parse(first!) as Record<string, unknown>;
  for (const lines of [
    ["{", ...others],
    [JSON.stringify(headless), ...others],
    [...others, JSON.stringify(headless)],
  ]) {
    writeFileSync(join(place, "summaries.jsonl"), `${lines.join("\n")}\n`);
    const manager = new JSONLCheckpointManager(place, { onEvent });
    await expect(manager.loadCheckpoint("summaries")).rejects.toThrow(CorruptCheckpointError);
  }
});
