/*
 * The formats beside each other: what saving, loading, streaming, filtering and choosing columns takes, and how large the files are.
 * node bench/formats.mjs [--rows 200000] [--runs 3]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { HFDatasetCheckpointManager, JSONLCheckpointManager, ParquetCheckpointManager } from "../dist/index.js";
import { compare, measure } from "./measure.mjs";
import { summaries } from "./rows.mjs";

const { values: args } = parseArgs({
  options: {
    variant: { type: "string" },
    dir: { type: "string" },
    rows: { type: "string", default: "200000" },
    runs: { type: "string", default: "3" },
  },
});
const rows = Number(args.rows);
const MANAGERS = { JSONL: JSONLCheckpointManager, Parquet: ParquetCheckpointManager, HF: HFDatasetCheckpointManager };
const formats = Object.keys(MANAGERS);

const ACTS = {
  // Rows come one by one, and making them is part of the time: the same part for each format.
  save: async (manager) => (await manager.saveCheckpoint("summaries", summaries(rows), "summaries")).rows,
  load: async (manager) => (await manager.loadCheckpoint("summaries", "summaries")).length,
  stream: async (manager) => await count(manager, {}),
  filter: async (manager) =>
    (await manager.filterCheckpoint("summaries", { concerning_score: { gte: 4 } }, "summaries")).length,
  "two columns": async (manager) => await count(manager, { columns: ["chat_id", "concerning_score"] }),
};

async function count(manager, options) {
  let found = 0;
  const opened = await manager.openCheckpoint("summaries", "summaries");
  for await (const batch of opened.batches(options)) found += batch.length;
  await opened.close();
  return found;
}

if (args.variant) {
  const [act, format] = args.variant.split(":");
  // A save is of its own directory: replacing rows would keep those of before.
  const directory = join(args.dir, act === "save" ? `save-${process.pid}` : format);
  const manager = new MANAGERS[format](directory);
  await measure(() => ACTS[act](manager));
  if (act === "save") rmSync(directory, { recursive: true });
} else {
  const dir = mkdtempSync(join(tmpdir(), "kura-bench-"));
  for (const format of formats) {
    const manager = new MANAGERS[format](join(dir, format));
    const { bytes } = await manager.saveCheckpoint("summaries", summaries(rows), "summaries");
    console.log(`${format}: ${rows} summaries, ${(bytes / 1e6).toFixed(1)} MB`);
  }
  const variants = Object.keys(ACTS).flatMap((act) => formats.map((format) => `${act}:${format}`));
  const results = compare(fileURLToPath(import.meta.url), variants, ["--dir", dir, "--rows", args.rows], {
    runs: Number(args.runs),
  });
  console.log(`\n| act | ${formats.map((format) => `${format} CPU s | peak MB`).join(" | ")} |`);
  console.log(`|---|${formats.map(() => "---|---|").join("")}`);
  for (const act of Object.keys(ACTS)) {
    const cells = formats.map((format) => {
      const { cpu, peak } = results.get(`${act}:${format}`);
      return `${cpu.toFixed(2)} | ${peak.toFixed(0)}`;
    });
    console.log(`| ${act} | ${cells.join(" | ")} |`);
  }
  rmSync(dir, { recursive: true, force: true });
}
