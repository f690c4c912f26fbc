/*
 * HuggingFace datasets against their peers: apache-arrow and flechette in Node, and in Python `datasets` itself and Kura's manager, which
 * all read the directories that ours wrote. Each measurement is a process of its own.
 * node bench/hf.mjs [--rows 200000] [--vectors 50000] [--runs 3] [--only load,filter] [--large 0]
 * --large: so many vectors besides, made as they are saved; 640000 are a gigabyte
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { crc32 } from "node:zlib";
import { verified } from "../build/bytes/verified.js";
import { settleInfo } from "../build/formats/hf-dataset/dataset-files.js";
import { hfDatasetFormat } from "../build/formats/hf-dataset.js";
import { jsonlFormat } from "../build/formats/jsonl.js";
import { BUILTIN_ROW_TYPES } from "../build/rows/builtin.js";
import { localSource } from "./local-source.mjs";
import { compare, measure, table } from "./measure.mjs";
import { embeddings, random, summaries } from "./rows.mjs";

const { values: args } = parseArgs({
  options: {
    variant: { type: "string" },
    dir: { type: "string" },
    rows: { type: "string", default: "200000" },
    vectors: { type: "string", default: "50000" },
    runs: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    large: { type: "string", default: "0" },
  },
});
const COUNTS = { summaries: Number(args.rows), embeddings: Number(args.vectors) };
const WARM_ROWS = 2000;
const MAKERS = { summaries, embeddings };
let base = args.dir;
const path = (name) => join(base, name);
const isWarm = () => base !== args.dir;

// Ours

function* batchesOf(rows) {
  let batch = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < 1000) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** @param rows An iterable, of which a batch at a time is made. */
async function save(name, rows, directory) {
  mkdirSync(path(directory), { recursive: true });
  const descriptors = [];
  const begin = (file) => {
    const descriptor = openSync(path(join(directory, file)), "w");
    descriptors.push(descriptor);
    return { write: async (chunk) => void writeSync(descriptor, chunk) };
  };
  let parts = 0;
  const addPart = async (extension) => {
    const part = `data-${String(parts++).padStart(5, "0")}${extension}`;
    return { name: part, sink: begin(part) };
  };
  const writer = hfDatasetFormat().write(BUILTIN_ROW_TYPES[name], begin("state.json"), name, addPart);
  for (const batch of batchesOf(rows)) await writer.write(batch);
  const written = await writer.finish();
  for (const descriptor of descriptors) {
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
  writeFileSync(path(join(directory, "dataset_info.json")), settleInfo(undefined));
  const pieces = { "": written.pieces, ...Object.fromEntries(written.parts.map((part) => [part.name, part.pieces])) };
  writeFileSync(path(`${directory}.pieces.json`), JSON.stringify(pieces));
}

/** @param isHashed Without it, what is verified is believed: for what checksums cost. */
async function openOurs(name, isVerified, isHashed = true) {
  const pieces = isVerified ? JSON.parse(readFileSync(path(`${name}.pieces.json`), "utf8")) : {};
  const sources = new Map();
  const openFile = async (file, known) => {
    const source = sources.get(file) ?? (await localSource(path(join(name, file))));
    sources.set(file, source);
    return known && isHashed ? verified(source, known, file) : source;
  };
  const openPart = async (part) =>
    existsSync(path(join(name, part)))
      ? { source: await openFile(part, pieces[part]), path: part, pieces: pieces[part] }
      : undefined;
  const type = BUILTIN_ROW_TYPES[name] ?? BUILTIN_ROW_TYPES.embeddings;
  const options = { type, path: name, pieces: pieces[""], trusted: isVerified };
  const reader = await hfDatasetFormat().read(await openFile("state.json", pieces[""]), options, openPart);
  return { reader, close: () => Promise.all([...sources.values()].map((source) => source.close())) };
}

async function openOnly(name, isVerified) {
  const { reader, close } = await openOurs(name, isVerified);
  await close();
  return reader.rowCount;
}

async function ours(name, options = {}, { isVerified = true, isHashed = true, keep = false } = {}) {
  const { reader, close } = await openOurs(name, isVerified, isHashed);
  const kept = [];
  let count = 0;
  for await (const batch of reader.batches(options)) {
    count += batch.length;
    if (keep) for (const row of batch) kept.push(row);
  }
  await close();
  return count;
}

/** 100 rows at places that a seed gives, in one open dataset. */
function places() {
  const next = random(7);
  const rows = isWarm() ? WARM_ROWS : COUNTS.summaries;
  return Array.from({ length: 100 }, () => Math.floor(next() * rows));
}

async function randomOurs() {
  const { reader, close } = await openOurs("summaries", true);
  let count = 0;
  for (const rowStart of places())
    for await (const batch of reader.batches({ rowStart, rowEnd: rowStart + 1 })) count += batch.length;
  await close();
  return count;
}

// flechette and apache-arrow, which decode what is in memory

const shard = (name) => readFileSync(path(join(name, "data-00000.arrow")));

/** @param sum What is done with the bytes before they are decoded. */
async function flechette(act, name = "summaries", sum = () => {}) {
  const { tableFromIPC } = await import("@uwdata/flechette");
  const bytes = shard(name);
  sum(bytes);
  const read = tableFromIPC(bytes);
  switch (act) {
    case "load":
      return read.toArray().length;
    case "stream": {
      let count = 0;
      for (const row of read) count += row ? 1 : 0;
      return count;
    }
    case "filter": {
      const scores = read.getChild("concerning_score");
      const kept = [];
      for (let index = 0; index < read.numRows; index++) if (scores.at(index) >= 4) kept.push(read.at(index));
      return kept.length;
    }
    case "project":
      return read.select(["chat_id", "concerning_score"]).toArray().length;
    case "random":
      return places().map((place) => read.at(place)).length;
    case "vectors": {
      let count = 0;
      const [ids, vectors] = ["chat_id", "embedding"].map((column) => read.getChild(column));
      const rows = [];
      for (let index = 0; index < read.numRows; index++) {
        rows.push({ chat_id: ids.at(index), embedding: vectors.at(index) });
        count++;
      }
      return count;
    }
  }
}

async function arrow(act, name = "summaries") {
  const read = (await import("apache-arrow")).tableFromIPC(shard(name));
  const plain = (row) => {
    const object = row.toJSON();
    for (const key in object) if (typeof object[key]?.toJSON === "function") object[key] = object[key].toJSON();
    return object;
  };
  switch (act) {
    case "load":
      return read.toArray().map(plain).length;
    case "stream": {
      let count = 0;
      for (const row of read) count += plain(row) ? 1 : 0;
      return count;
    }
    case "filter": {
      const scores = read.getChild("concerning_score");
      const kept = [];
      for (let index = 0; index < read.numRows; index++) if (scores.get(index) >= 4) kept.push(plain(read.get(index)));
      return kept.length;
    }
    case "project":
      return read.select(["chat_id", "concerning_score"]).toArray().map(plain).length;
    case "random":
      return places().map((place) => plain(read.get(place))).length;
    case "vectors": {
      const [ids, vectors] = ["chat_id", "embedding"].map((column) => read.getChild(column));
      const rows = [];
      for (let index = 0; index < read.numRows; index++)
        rows.push({ chat_id: ids.get(index), embedding: vectors.get(index).toArray() });
      return rows.length;
    }
  }
}

const pairs = ({ metadata, ...row }) => ({
  ...row,
  metadata: { keys: Object.keys(metadata), values: Object.values(metadata).map((value) => JSON.stringify(value)) },
});

async function saveFlechette(name, rows) {
  const f = await import("@uwdata/flechette");
  const types = {
    summaries: {
      ...Object.fromEntries(["summary", "request", "topic", "task", "chat_id"].map((column) => [column, f.utf8()])),
      languages: f.list(f.utf8()),
      assistant_errors: f.list(f.utf8()),
      concerning_score: f.int32(),
      user_frustration: f.int32(),
      metadata: f.struct({ keys: f.list(f.utf8()), values: f.list(f.utf8()) }),
      embedding: f.list(f.float64()),
    },
    embeddings: { chat_id: f.utf8(), embedding: f.list(f.float32()) },
  }[name];
  const descriptor = openSync(path("flechette.arrow"), "w");
  for (let start = 0; start < rows.length; start += 1000) {
    const batch = rows.slice(start, start + 1000);
    const columns = Object.entries(types).map(([column, type]) => [
      column,
      f.columnFromArray(
        batch.map((row) => row[column]),
        type,
      ),
    ]);
    writeSync(descriptor, f.tableToIPC(f.tableFromColumns(columns), { format: "stream" }));
  }
  fsyncSync(descriptor);
  closeSync(descriptor);
}

const filter = { where: { concerning_score: { gte: 4 } } };
const two = { columns: ["chat_id", "concerning_score"] };
const libraries = (act, name) => ({
  [`${act}: flechette`]: () => flechette(act, name),
  [`${act}: apache-arrow`]: () => arrow(act, name),
});
const VARIANTS = {
  "load: ours, verified": () => ours("summaries", {}, { keep: true }),
  ...libraries("load"),
  "stream: ours, verified": () => ours("summaries"),
  "stream: ours, unverified": () => ours("summaries", {}, { isVerified: false }),
  ...libraries("stream"),
  "filter: ours, verified": () => ours("summaries", filter),
  ...libraries("filter"),
  "project: ours, verified": () => ours("summaries", two),
  ...libraries("project"),
  "random: ours, verified": randomOurs,
  ...libraries("random"),
  "vectors: ours, verified": () => ours("embeddings", {}, { keep: true }),
  "vectors: ours, without checksums": () => ours("embeddings", {}, { keep: true, isHashed: false }),
  "vectors: flechette, and a checksum of the file": () => flechette("vectors", "embeddings", crc32),
  ...libraries("vectors", "embeddings"),
};

/** By themselves: nothing is done with few rows first. */
const LARGE = {
  "large: save": () => save("embeddings", embeddings(Number(args.large)), "large"),
  "large: open, verified": () => openOnly("large", true),
  "large: open, unverified": () => openOnly("large", false),
  "large: stream, verified": () => ours("large"),
  "large: stream, unverified": () => ours("large", {}, { isVerified: false }),
  "large: project one column, verified": () => ours("large", { columns: ["chat_id"] }),
};

const SAVES = Object.fromEntries(
  Object.keys(MAKERS).flatMap((name) => [
    [`save ${name}: ours`, { name, save: (rows) => save(name, rows, "saved") }],
    [
      `save ${name}: flechette`,
      { name, given: name === "summaries" ? pairs : undefined, save: (rows) => saveFlechette(name, rows) },
    ],
  ]),
);

/** Python's: the environments that interop/run.sh makes. Kura can use datasets before 4 only. */
const PEERS = {
  "datasets (Python)": { tool: "datasets", venv: "current" },
  "Kura (Python)": { tool: "kura", venv: "older" },
};
const pythonOf = (peer) => fileURLToPath(new URL(`../interop/.venv-${PEERS[peer].venv}/bin/python`, import.meta.url));

function peerCommand(variant) {
  const [act, peer] = variant.split(": ");
  if (!Object.hasOwn(PEERS, peer)) return undefined;
  const what = act === "vectors" ? "load embeddings" : act.includes(" ") ? act : `${act} summaries`;
  const count = what.includes("embeddings") ? COUNTS.embeddings : COUNTS.summaries;
  const script = fileURLToPath(new URL("hf-peers.py", import.meta.url));
  return [pythonOf(peer), "-B", script, PEERS[peer].tool, what, args.dir, String(count)];
}

/** Kura has no model of vectors. */
const peersOf = (act) =>
  Object.keys(PEERS)
    .filter((peer) => existsSync(pythonOf(peer)) && !(PEERS[peer].tool === "kura" && /vectors|embeddings/.test(act)))
    .map((peer) => `${act}: ${peer}`);

async function prepare(counts) {
  mkdirSync(base, { recursive: true });
  for (const [name, make] of Object.entries(MAKERS)) {
    const rows = [...make(counts[name])];
    await save(name, rows, name);
    const descriptor = openSync(path(`${name}.jsonl`), "w");
    const writer = jsonlFormat.write(
      BUILTIN_ROW_TYPES[name],
      { write: async (chunk) => void writeSync(descriptor, chunk) },
      name,
    );
    for (let start = 0; start < rows.length; start += 10_000) await writer.write(rows.slice(start, start + 10_000));
    await writer.finish();
    closeSync(descriptor);
  }
}

/** The act is done with few rows first. */
async function measureWarm(act) {
  base = path("warm");
  await act();
  base = args.dir;
  await measure(act);
}

if (args.variant === "prepare") {
  base = join(args.dir, "warm");
  await prepare({ summaries: WARM_ROWS, embeddings: WARM_ROWS });
  base = args.dir;
  await prepare(COUNTS);
  console.log("{}");
} else if (args.variant in SAVES) {
  const { name, given = (row) => row, save: act } = SAVES[args.variant];
  const warm = Array.from(MAKERS[name](WARM_ROWS), given);
  const rows = Array.from(MAKERS[name](COUNTS[name]), given);
  await measureWarm(async () => void (await act(isWarm() ? warm : rows)));
} else if (args.variant in LARGE) {
  await measure(LARGE[args.variant]);
} else if (args.variant) {
  await measureWarm(VARIANTS[args.variant]);
} else {
  const directory = mkdtempSync(join(tmpdir(), "kura-bench-"));
  args.dir = directory;
  const script = fileURLToPath(import.meta.url);
  const shared = ["--dir", directory, "--rows", args.rows, "--vectors", args.vectors, "--large", args.large];
  const named = (all, prefix) => Object.keys(all).filter((name) => name.startsWith(`${prefix}:`));
  const only = args.only === "" ? undefined : args.only.split(",");
  const run = (act, names, floor) => {
    if (only && !only.includes(act.split(" ")[0])) return;
    const variants = [...names, ...peersOf(act)];
    table(act, compare(script, variants, shared, { runs: Number(args.runs), commandOf: peerCommand }), floor);
  };
  try {
    compare(script, ["prepare"], shared, { runs: 1 });
    for (const peer of Object.keys(PEERS))
      if (!existsSync(pythonOf(peer)))
        console.log(`(without ${peer}: KURA_INTEROP=all npm run test:interop makes its environment)`);
    console.log(`${args.rows} summaries, ${args.vectors} x 384 vectors, Node ${process.version}`);
    for (const name of Object.keys(MAKERS)) run(`save ${name}`, named(SAVES, `save ${name}`), `save ${name}: ours`);
    for (const act of ["load", "stream", "filter", "project", "random", "vectors"])
      run(act, named(VARIANTS, act), `${act}: ours, verified`);
    if (Number(args.large) > 0)
      table(`${args.large} vectors`, compare(script, Object.keys(LARGE), shared, { runs: 1 }), "large: save");
    for (const name of Object.keys(MAKERS)) {
      const size = statSync(join(directory, name, "data-00000.arrow")).size;
      console.log(`\n${name}: ${(size / 1e6).toFixed(1)} MB`);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}
