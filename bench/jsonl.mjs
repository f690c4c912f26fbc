/*
 * JSONL against the floor: what reading and writing lines costs when nothing is checked, hashed, or made safe.
 * node bench/jsonl.mjs [--rows 200000] [--vectors 50000] [--runs 5]
 */
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { JSONLCheckpointManager } from "../dist/index.js";
import { compare, measure, table } from "./measure.mjs";
import { embeddings, summaries } from "./rows.mjs";

const { values: args } = parseArgs({
  options: {
    variant: { type: "string" },
    dir: { type: "string" },
    rows: { type: "string", default: "200000" },
    vectors: { type: "string", default: "50000" },
    runs: { type: "string", default: "5" },
  },
});
const rows = Number(args.rows);
const vectors = Number(args.vectors);

/** 4 MB chunks, indexOf(10), utf8Slice, JSON.parse and nothing else. */
function floorLoad(path, each) {
  const file = openSync(path, "r");
  const chunk = Buffer.allocUnsafeSlow(4 << 20);
  let rest = Buffer.alloc(0);
  for (;;) {
    const length = readSync(file, chunk, 0, chunk.length, null);
    if (length === 0) break;
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk.subarray(0, length)]) : chunk.subarray(0, length);
    let at = 0;
    for (let newline = bytes.indexOf(10, at); newline >= 0; newline = bytes.indexOf(10, at)) {
      each(JSON.parse(bytes.utf8Slice(at, newline)));
      at = newline + 1;
    }
    rest = Buffer.from(bytes.subarray(at));
  }
  closeSync(file);
}

function floorSave(path, all) {
  const file = openSync(path, "w");
  let text = "";
  for (const row of all) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(file, text);
    text = "";
  }
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
}

const scratch = (name) => join(args.dir, name);
const manager = (directory) => new JSONLCheckpointManager(scratch(directory));

async function load(directory, name, asItIs = false) {
  if (asItIs) rmSync(scratch(`${directory}/.kura`), { recursive: true, force: true });
  let count = 0;
  const opened = await manager(directory).openCheckpoint(name, name);
  for await (const batch of opened.batches()) count += batch.length;
  await opened.close();
  return count;
}

const VARIANTS = {
  prepare: async () => {
    for (const directory of ["ours", "foreign"])
      await manager(directory).saveCheckpoint("summaries", summaries(rows), "summaries");
    for (const directory of ["ours", "foreign"])
      await manager(directory).saveCheckpoint("embeddings", embeddings(vectors), "embeddings");
    rmSync(scratch("foreign/.kura"), { recursive: true });
    const raw = openSync(scratch("vectors.f32"), "w");
    for (const { embedding } of embeddings(vectors)) writeSync(raw, new Uint8Array(embedding.buffer));
    closeSync(raw);
  },
  "load: floor": () => {
    let count = 0;
    floorLoad(scratch("ours/summaries.jsonl"), () => count++);
    return count;
  },
  "load: verified": () => load("ours", "summaries"),
  "load: unverified, all checks": () => load("foreign", "summaries"),
  "load: all rows in an array, verified": async () =>
    (await manager("ours").loadCheckpoint("summaries", "summaries")).length,
  "load: all rows in an array, floor": () => {
    const all = [];
    floorLoad(scratch("ours/summaries.jsonl"), (row) => all.push(row));
    return all.length;
  },
  "stream: row by row": async () => {
    let count = 0;
    for await (const _ of manager("ours").streamCheckpoint("summaries", "summaries")) count++;
    return count;
  },
  "vectors: floor": () => {
    let count = 0;
    floorLoad(scratch("ours/embeddings.jsonl"), () => count++);
    return count;
  },
  "vectors: verified": () => load("ours", "embeddings"),
  "vectors: raw float32 file": () => {
    const bytes = readFileSync(scratch("vectors.f32"));
    let count = 0;
    for (let at = 0; at < bytes.length; at += 384 * 4) {
      new Float32Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 384 * 4));
      count++;
    }
    return count;
  },
};

const SAVES = {
  "save: floor": (all) => floorSave(scratch("floor.jsonl"), all),
  "save: ours": (all) => manager("saved").saveCheckpoint("summaries", all, "summaries"),
  "save vectors: floor": (all) => floorSave(scratch("floor.jsonl"), all),
  "save vectors: ours": (all) => manager("saved").saveCheckpoint("embeddings", all, "embeddings"),
};

if (args.variant in SAVES) {
  const isVectors = args.variant.includes("vectors");
  const all = [...(isVectors ? embeddings(vectors) : summaries(rows))];
  // JSON.stringify makes an object of a Float32Array: the floor gets arrays.
  if (args.variant === "save vectors: floor") for (const row of all) row.embedding = Array.from(row.embedding);
  await measure(async () => void (await SAVES[args.variant](all)));
} else if (args.variant) {
  await measure(VARIANTS[args.variant]);
} else {
  const directory = mkdtempSync(join(tmpdir(), "kura-bench-"));
  const script = fileURLToPath(import.meta.url);
  const shared = ["--dir", directory, "--rows", args.rows, "--vectors", args.vectors];
  const run = (variants) => compare(script, variants, shared, { runs: Number(args.runs) });
  try {
    compare(script, ["prepare"], shared, { runs: 1 });
    const size = (name) => (statSync(join(directory, name)).size / 1e6).toFixed(0);
    console.log(
      `${rows} summaries (${size("ours/summaries.jsonl")} MB), ${vectors} x 384 vectors (${size("ours/embeddings.jsonl")} MB), Node ${process.version}`,
    );
    table(
      "Load summaries, rows delivered in batches and dropped",
      run(["load: floor", "load: verified", "load: unverified, all checks", "stream: row by row"]),
      "load: floor",
    );
    table(
      "Load summaries into one array",
      run(["load: all rows in an array, floor", "load: all rows in an array, verified"]),
      "load: all rows in an array, floor",
    );
    table("Save summaries", run(["save: floor", "save: ours"]), "save: floor");
    table("Load vectors", run(["vectors: floor", "vectors: verified", "vectors: raw float32 file"]), "vectors: floor");
    table("Save vectors", run(["save vectors: floor", "save vectors: ours"]), "save vectors: floor");
  } finally {
    rmSync(directory, { recursive: true });
  }
}
