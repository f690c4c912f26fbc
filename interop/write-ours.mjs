/**
 * Writes <folder>/ours/<set>/<checkpoint>.jsonl through the library, and beside it what was meant: <folder>/expected/<set>/<checkpoint>.json.
 *
 *   node interop/write-ours.mjs <dist> <folder>
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ROWS, UNFIT } from "./rows.mjs";
import { tagRow } from "./tagged.mjs";

/** @returns {Promise<Record<string, string[]>>} the checkpoints of each set */
export async function writeOurs(dist, folder) {
  const kura = await import(pathToFileURL(join(dist, "index.js")).href);
  const written = {};
  for (const [set, checkpoints] of Object.entries(ROWS)) {
    const manager = new kura.JSONLCheckpointManager(join(folder, "ours", set));
    for (const [checkpoint, rows] of Object.entries(checkpoints)) {
      await manager.saveCheckpoint(checkpoint, rows, rowTypeOf(kura, checkpoint));
      expect(folder, set, checkpoint, rows, rowTypeOf(kura, checkpoint));
    }
    written[set] = Object.keys(checkpoints);
  }
  written.sample = await runSample(kura, dist, folder);
  return written;
}

/** What `kura run` leaves behind on the project's sample. */
async function runSample(kura, dist, folder) {
  const out = join(folder, "ours", "sample");
  const sample = fileURLToPath(new URL("../examples/conversations.jsonl", import.meta.url));
  execFileSync(process.execPath, [join(dist, "cli", "bin.js"), "run", sample, "--out", out], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const manager = new kura.JSONLCheckpointManager(out);
  const names = (await manager.listCheckpoints()).filter((name) => rowTypeOf(kura, name) !== undefined);
  for (const name of names) {
    const type = rowTypeOf(kura, name);
    expect(folder, "sample", name, await manager.loadCheckpoint(name, type), type);
  }
  return names;
}

function expect(folder, set, checkpoint, rows, type) {
  const path = join(folder, "expected", set, `${checkpoint}.json`);
  mkdirSync(resolve(path, ".."), { recursive: true });
  const unfit = UNFIT[`${set}/${checkpoint}`] ?? {};
  writeFileSync(path, JSON.stringify({ unfit, rows: rows.map((row) => tagRow(row, type.columns)) }));
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
