/**
 * Writes <folder>/<format>/ours/<set>/<checkpoint>.<extension> through the library, and beside it what was meant:
 * <folder>/<format>/expected/<set>/<checkpoint>.json.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CODECS, FORMATS } from "./formats.mjs";
import { ROWS, unfitOf } from "./rows.mjs";
import { tagRow } from "./tagged.mjs";

export async function writeOurs(kura, dist, folder) {
  const sample = await runSample(kura, dist, folder);
  for (const format of Object.keys(FORMATS)) {
    for (const [set, checkpoints] of Object.entries({
      ...ROWS,
      ...(format !== "jsonl" && { sample }),
      ...(FORMATS[format].title === "Parquet" && codecs(sample)),
    }))
      await writeSet(kura, folder, format, set, checkpoints);
  }
}

/** Rows that are many and alike: of a chunk that hardly shrinks, the bytes are stored as they are. */
const codecs = ({ conversations }) => Object.fromEntries(CODECS.map((codec) => [codec, { conversations }]));

async function writeSet(kura, folder, format, set, checkpoints) {
  const manager = FORMATS[format].manager(kura, join(folder, format, "ours", set), set);
  for (const [checkpoint, rows] of Object.entries(checkpoints)) {
    await manager.saveCheckpoint(checkpoint, rows, rowTypeOf(kura, checkpoint));
    expect(kura, folder, format, set, checkpoint, rows);
  }
}

/** What `kura run` leaves behind on the project's sample. */
async function runSample(kura, dist, folder) {
  const out = join(folder, "jsonl", "ours", "sample");
  const source = fileURLToPath(new URL("../examples/conversations.jsonl", import.meta.url));
  execFileSync(process.execPath, [join(dist, "cli", "bin.js"), "run", source, "--out", out], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const manager = FORMATS.jsonl.manager(kura, out);
  const sample = {};
  for (const name of await manager.listCheckpoints()) {
    const type = rowTypeOf(kura, name);
    if (type === undefined) continue;
    sample[name] = await manager.loadCheckpoint(name, type);
    expect(kura, folder, "jsonl", "sample", name, sample[name]);
  }
  return sample;
}

function expect(kura, folder, format, set, checkpoint, rows) {
  const path = join(folder, format, "expected", set, `${checkpoint}.json`);
  mkdirSync(resolve(path, ".."), { recursive: true });
  const { columns } = rowTypeOf(kura, checkpoint);
  const unfit = unfitOf(format, set, checkpoint);
  writeFileSync(path, JSON.stringify({ unfit, rows: rows.map((row) => tagRow(row, columns)) }));
}

/** By the names of Kura's checkpoints. */
export function rowTypeOf(kura, checkpoint) {
  const types = {
    conversations: kura.Conversation,
    summaries: kura.ConversationSummary,
    embeddings: kura.Embedding,
    clusters: kura.Cluster,
    meta_clusters: kura.Cluster,
    dimensionality: kura.ProjectedCluster,
  };
  return types[checkpoint];
}
