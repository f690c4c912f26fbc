/*
 * Parquet against its peers: hyparquet with hyparquet-writer and DuckDB in Node, Python's Kura and polars in Python (parquet-peers.py),
 * where the environments are that `KURA_INTEROP=all npm run test:interop` makes. Distinct rows; each measurement is a process of its own, which
 * has done the same act with a thousand rows before the clock starts: modules are loaded then, and code is still cold.
 * node bench/parquet.mjs [--rows 200000] [--vectors 50000] [--conversations 50000] [--runs 3] [--only save,load,…]
 * node bench/parquet.mjs --large 5000000      what a checkpoint of so many rows takes, from a generator to a disk and back
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
import { verified } from "../build/bytes/verified.js";
import { ParquetCheckpointManager } from "../build/checkpoints/parquet-checkpoint-manager.js";
import { jsonlFormat } from "../build/formats/jsonl.js";
import { openTable, readBatches } from "../build/formats/parquet/reader.js";
import { parquetFormat } from "../build/formats/parquet.js";
import { BUILTIN_ROW_TYPES } from "../build/rows/builtin.js";
import { localSource } from "./local-source.mjs";
import { compare, measure, table } from "./measure.mjs";
import { conversations, embeddings, random, summaries } from "./rows.mjs";

const { values: args } = parseArgs({
  options: {
    variant: { type: "string" },
    dir: { type: "string" },
    rows: { type: "string", default: "200000" },
    vectors: { type: "string", default: "50000" },
    conversations: { type: "string", default: "50000" },
    runs: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    large: { type: "string" },
  },
});
const COUNTS = {
  summaries: Number(args.rows),
  embeddings: Number(args.vectors),
  conversations: Number(args.conversations),
};
const MAKERS = { summaries, embeddings, conversations };
const BATCH_ROWS = 10_000;
const WARM_ROWS = 1000;
let base = args.dir;
const path = (name) => join(base, name);

/** Rows in batches, made outside of what is timed: all are there before it begins. */
const batchesOf = (rows) =>
  Array.from({ length: Math.ceil(rows.length / BATCH_ROWS) }, (_, n) =>
    rows.slice(n * BATCH_ROWS, (n + 1) * BATCH_ROWS),
  );

// Ours

async function saveOurs(name, rows, file, options) {
  const descriptor = openSync(path(file), "w");
  const sink = { write: async (chunk) => void writeSync(descriptor, chunk) };
  const format = options === "jsonl" ? jsonlFormat : parquetFormat(options);
  const writer = format.write(BUILTIN_ROW_TYPES[name], sink, name);
  for (const batch of batchesOf(rows)) await writer.write(batch);
  const { pieces } = await writer.finish();
  fsyncSync(descriptor);
  closeSync(descriptor);
  writeFileSync(path(`${file}.pieces`), JSON.stringify(pieces));
}

async function openOurs(name, file, isVerified = true) {
  const source = await localSource(path(file));
  const pieces = isVerified ? JSON.parse(readFileSync(path(`${file}.pieces`), "utf8")) : undefined;
  const options = { type: BUILTIN_ROW_TYPES[name], path: file, pieces, trusted: isVerified };
  const reader = await parquetFormat().read(pieces ? verified(source, pieces, file) : source, options);
  return { reader, close: () => source.close() };
}

async function readOurs(name, file, options = {}, isVerified = true) {
  const { reader, close } = await openOurs(name, file, isVerified);
  let count = 0;
  for await (const batch of reader.batches(options)) count += batch.length;
  await close();
  return count;
}

/** As the process does that is sent ahead of a file that nobody vouches for, and the one behind it. */
async function readForeign(name, file) {
  const source = await localSource(path(file));
  const table = await openTable(source, {
    type: BUILTIN_ROW_TYPES[name],
    path: file,
    pieces: undefined,
    trusted: false,
  });
  let count = 0;
  for await (const batch of readBatches(table, {})) count += batch.length;
  await source.close();
  return count;
}

async function listOurs(name, file) {
  const { reader, close } = await openOurs(name, file);
  const rows = [];
  for await (const batch of reader.batches({})) for (const row of batch) rows.push(row);
  await close();
  return rows.length;
}

/** 100 rows at places that a seed gives, in one open file. */
const PLACES = (() => {
  const next = random(7);
  return Array.from({ length: 100 }, () => Math.floor(next() * COUNTS.summaries));
})();
const places = () => (base === args.dir ? PLACES : PLACES.map((place) => place % WARM_ROWS));

async function randomOurs() {
  const { reader, close } = await openOurs("summaries", "ours.summaries.parquet");
  let count = 0;
  for (const rowStart of places())
    for await (const batch of reader.batches({ rowStart, rowEnd: rowStart + 1 })) count += batch.length;
  await close();
  return count;
}

// hyparquet and hyparquet-writer

const list = (name, element) => [
  { name, repetition_type: "OPTIONAL", converted_type: "LIST", logical_type: { type: "LIST" }, num_children: 1 },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", repetition_type: "OPTIONAL", ...element },
];
const STRING = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
const text = (name) => [{ name, repetition_type: "OPTIONAL", ...STRING }];
const json = (name) => [
  { name, repetition_type: "OPTIONAL", type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } },
];
const int = (name) => [{ name, repetition_type: "OPTIONAL", type: "INT32" }];
const HYPARQUET_FIELDS = {
  summaries: [
    ...["summary", "request", "topic"].map((name) => [name, text(name)]),
    ["languages", list("languages", STRING)],
    ["task", text("task")],
    ...["concerning_score", "user_frustration"].map((name) => [name, int(name)]),
    ["assistant_errors", list("assistant_errors", STRING)],
    ["chat_id", text("chat_id")],
    ["metadata", json("metadata")],
    ["embedding", list("embedding", { type: "DOUBLE" })],
  ],
  embeddings: [
    ["chat_id", text("chat_id")],
    ["embedding", list("embedding", { type: "FLOAT" })],
  ],
  conversations: [
    ...["chat_id", "created_at"].map((name) => [name, text(name)]),
    [
      "messages",
      [
        {
          name: "messages",
          repetition_type: "OPTIONAL",
          converted_type: "LIST",
          logical_type: { type: "LIST" },
          num_children: 1,
        },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", repetition_type: "OPTIONAL", num_children: 3 },
        ...["created_at", "role", "content"].map((name) => ({ name, repetition_type: "OPTIONAL", ...STRING })),
      ],
    ],
    ["metadata", json("metadata")],
  ],
};

async function saveHyparquet(name, rows, file, { fields = HYPARQUET_FIELDS[name], codec } = {}) {
  const { ParquetWriter, fileWriter } = await import("hyparquet-writer");
  const schema = [{ name: "root", num_children: fields.length }, ...fields.flatMap(([, elements]) => elements)];
  const writer = new ParquetWriter({ writer: fileWriter(path(file)), schema, codec });
  for (const batch of batchesOf(rows)) {
    const columnData = fields.map(([column]) => ({ name: column, data: batch.map((row) => row[column]) }));
    await writer.write({ columnData, rowGroupSize: BATCH_ROWS });
  }
  await writer.finish();
  sync(file);
}

function sync(file) {
  const descriptor = openSync(path(file));
  fsyncSync(descriptor);
  closeSync(descriptor);
}

async function readHyparquet(file, options = {}) {
  const { asyncBufferFromFile, parquetReadObjects, parquetMetadataAsync } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const buffer = await asyncBufferFromFile(path(file));
  const metadata = await parquetMetadataAsync(buffer);
  if (options.places) {
    let count = 0;
    for (const rowStart of places())
      count += (await parquetReadObjects({ file: buffer, metadata, compressors, rowStart, rowEnd: rowStart + 1 }))
        .length;
    return count;
  }
  const kept = [];
  let count = 0;
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({ file: buffer, metadata, compressors, rowStart, rowEnd, ...options.read });
    count += rows.length;
    if (options.keep) for (const row of rows) kept.push(row);
    rowStart = rowEnd;
  }
  return count;
}

// DuckDB, by its fastest ways of both: a table that is appended to and copied, and rows as JSON

async function duckdb() {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  return (await DuckDBInstance.create(":memory:")).connect();
}

const DUCKDB_TYPES = {
  summaries:
    "summary VARCHAR, request VARCHAR, topic VARCHAR, languages VARCHAR[], task VARCHAR, concerning_score INTEGER, user_frustration INTEGER, assistant_errors VARCHAR[], chat_id VARCHAR, metadata JSON, embedding DOUBLE[]",
  embeddings: "chat_id VARCHAR, embedding FLOAT[]",
  conversations:
    "chat_id VARCHAR, created_at VARCHAR, messages STRUCT(created_at VARCHAR, role VARCHAR, content VARCHAR)[], metadata JSON",
};

/** Through newline-delimited JSON: its appender takes each value by a call of its own, and twice the time. */
async function saveDuckdb(name, rows, file) {
  const connection = await duckdb();
  const between = path("between.jsonl");
  const descriptor = openSync(between, "w");
  for (const batch of batchesOf(rows)) {
    writeSync(descriptor, batch.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  closeSync(descriptor);
  await connection.run(`CREATE TABLE given (${DUCKDB_TYPES[name]})`);
  await connection.run(
    `INSERT INTO given SELECT * FROM read_json('${between}', format = 'newline_delimited', columns = ${structOf(name)})`,
  );
  await connection.run(
    `COPY given TO '${path(file)}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${BATCH_ROWS})`,
  );
  sync(file);
}

function structOf(name) {
  const parts = DUCKDB_TYPES[name].match(/\w+ (?:STRUCT\([^)]*\)\[\]|[\w[\]]+)/g);
  return `{${parts.map((part) => `${part.slice(0, part.indexOf(" "))}: '${part.slice(part.indexOf(" ") + 1)}'`).join(", ")}}`;
}

async function readDuckdb(file, { where = "", columns = "*", keep = false } = {}) {
  const connection = await duckdb();
  const query = `SELECT to_json(t) FROM (SELECT ${columns} FROM '${path(file)}' ${where}) t`;
  const result = await connection.stream(query);
  const kept = [];
  let count = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const value of chunk.getColumnValues(0)) {
      const row = JSON.parse(value);
      if (keep) kept.push(row);
      count++;
    }
  }
  return count;
}

async function randomDuckdb() {
  const connection = await duckdb();
  let count = 0;
  for (const place of places()) {
    const reader = await connection.runAndReadAll(
      `SELECT to_json(t) FROM (SELECT * FROM '${path("ours.summaries.parquet")}' WHERE file_row_number = ${place}) t`
        .replace("SELECT * FROM '", "SELECT * FROM read_parquet('")
        .replace(".parquet'", ".parquet', file_row_number = true)"),
    );
    for (const [row] of reader.getRows()) if (JSON.parse(row)) count++;
  }
  return count;
}

const OURS = (name) => `ours.${name}.parquet`;
const filter = { where: { concerning_score: { gte: 4 } } };
const two = { columns: ["chat_id", "concerning_score"] };

const VARIANTS = {
  "load: ours, verified": () => listOurs("summaries", OURS("summaries")),
  "load: hyparquet": () => readHyparquet(OURS("summaries"), { keep: true }),
  "load: DuckDB": () => readDuckdb(OURS("summaries"), { keep: true }),
  "stream: ours, verified": () => readOurs("summaries", OURS("summaries")),
  "stream: ours, unverified": () => readOurs("summaries", OURS("summaries"), {}, false),
  "stream: hyparquet": () => readHyparquet(OURS("summaries")),
  "stream: DuckDB": () => readDuckdb(OURS("summaries")),
  "filter: ours, verified": () => readOurs("summaries", OURS("summaries"), filter),
  "filter: hyparquet": () => readHyparquet(OURS("summaries"), { read: { filter: { concerning_score: { $gte: 4 } } } }),
  "filter: DuckDB": () => readDuckdb(OURS("summaries"), { where: "WHERE concerning_score >= 4" }),
  "project: ours, verified": () => readOurs("summaries", OURS("summaries"), two),
  "project: hyparquet": () => readHyparquet(OURS("summaries"), { read: two }),
  "project: DuckDB": () => readDuckdb(OURS("summaries"), { columns: "chat_id, concerning_score" }),
  "random: ours, verified": randomOurs,
  "random: hyparquet": () => readHyparquet(OURS("summaries"), { places: true }),
  "random: DuckDB": randomDuckdb,
  "vectors: ours, verified": () => readOurs("embeddings", OURS("embeddings")),
  "vectors: ours, of pyarrow": () => readForeign("embeddings", "pyarrow.embeddings.parquet"),
  "vectors: ours, of pyarrow, all in a dictionary": () => readForeign("embeddings", "pyarrow.dictionary.parquet"),
  "vectors: raw binary, hyparquet": () => readHyparquet("raw.embeddings.parquet", { read: { utf8: false } }),
  "vectors: hyparquet": () => readHyparquet(OURS("embeddings")),
  "vectors: DuckDB": () => readDuckdb(OURS("embeddings")),
  "conversations: ours, verified": () => readOurs("conversations", OURS("conversations")),
  "conversations: hyparquet": () => readHyparquet(OURS("conversations")),
  "conversations: DuckDB": () => readDuckdb(OURS("conversations")),
};

const RAW_FIELDS = [
  ["chat_id", text("chat_id")],
  ["embedding", [{ name: "embedding", repetition_type: "OPTIONAL", type: "BYTE_ARRAY" }]],
];

const saveRaw = (rows, file) => saveHyparquet("embeddings", rows, file, { fields: RAW_FIELDS, codec: "UNCOMPRESSED" });

/** Vectors as each writer wants them are made before the clock starts. */
const asArray = (row) => ({ ...row, embedding: Array.from(row.embedding) });
const asBytes = (row) => ({ ...row, embedding: new Uint8Array(row.embedding.buffer) });
const SAVES = Object.fromEntries(
  Object.keys(MAKERS).flatMap((name) => {
    const given = name === "embeddings" ? asArray : undefined;
    return [
      [`save ${name}: ours`, { name, save: (rows) => saveOurs(name, rows, "saved.parquet", {}) }],
      [`save ${name}: hyparquet-writer`, { name, given, save: (rows) => saveHyparquet(name, rows, "saved.parquet") }],
      [`save ${name}: DuckDB`, { name, given, save: (rows) => saveDuckdb(name, rows, "saved.parquet") }],
    ];
  }),
);
SAVES["save embeddings: ours, uncompressed"] = {
  name: "embeddings",
  save: (rows) => saveOurs("embeddings", rows, "saved.parquet", { compression: "none" }),
};
SAVES["save embeddings: raw binary, hyparquet-writer"] = {
  name: "embeddings",
  given: asBytes,
  save: (rows) => saveRaw(rows, "saved.parquet"),
};

/** As it is used: by a manager, on a disk, verified. */
const manager = () => new ParquetCheckpointManager(path("large"));

async function counted(rows) {
  let count = 0;
  for await (const _ of rows) count++;
  return count;
}

const LARGE = {
  "large: save from a generator": async () =>
    (await manager().saveCheckpoint("summaries", summaries(Number(args.large)), "summaries")).rows,
  "large: stream row by row": () => counted(manager().streamCheckpoint("summaries", "summaries")),
  "large: filter, 3 % found, streamed": () => counted(manager().streamCheckpoint("summaries", "summaries", filter)),
  "large: project two columns": () => counted(manager().streamCheckpoint("summaries", "summaries", two)),
};

const script = fileURLToPath(import.meta.url);

const COMPRESSIONS = ["none", "snappy", "lz4", "gzip", "zstd", "brotli"];

/** Python's: the acts, and the environments that interop/run.sh makes. With pandas 3, Kura cannot load texts that are null. */
const PEERS = {
  "Kura (Python)": { tool: "kura", venv: "older" },
  "polars (Python)": { tool: "polars", venv: "current" },
};
const PEER_ACTS = {
  ...Object.fromEntries(Object.keys(MAKERS).map((name) => [`save ${name}`, `save ${name}`])),
  ...Object.fromEntries(["load", "stream", "filter", "project", "random"].map((act) => [act, `${act} summaries`])),
  vectors: "load embeddings",
  conversations: "load conversations",
};

function peerCommand(variant) {
  const [act, peer] = variant.split(": ");
  if (!Object.hasOwn(PEERS, peer)) return undefined;
  const { tool } = PEERS[peer];
  const count =
    act.includes("vectors") || act.includes("embeddings")
      ? COUNTS.embeddings
      : act.includes("conversations")
        ? COUNTS.conversations
        : COUNTS.summaries;
  return [
    pythonOf(peer),
    fileURLToPath(new URL("parquet-peers.py", import.meta.url)),
    tool,
    PEER_ACTS[act],
    args.dir,
    String(count),
  ];
}

const pythonOf = (peer) => fileURLToPath(new URL(`../interop/.venv-${PEERS[peer].venv}/bin/python`, import.meta.url));

/** Kura has no model of vectors, and so no way to keep them in Parquet. */
const peersOf = (act) =>
  Object.keys(PEERS)
    .filter((peer) => existsSync(pythonOf(peer)) && !(PEERS[peer].tool === "kura" && /vectors|embeddings/.test(act)))
    .map((peer) => `${act}: ${peer}`);

async function prepare(counts) {
  mkdirSync(base, { recursive: true });
  const sizes = {};
  for (const [name, make] of Object.entries(MAKERS)) {
    const rows = [...make(counts[name])];
    await saveOurs(name, rows, OURS(name), {});
    await saveOurs(name, rows, `${name}.jsonl`, "jsonl");
    sizes[name] = { jsonl: statSync(path(`${name}.jsonl`)).size };
    for (const compression of base === args.dir ? COMPRESSIONS : []) {
      await saveOurs(name, rows, "size.parquet", { compression });
      sizes[name][compression] = statSync(path("size.parquet")).size;
    }
  }
  await saveRaw([...embeddings(counts.embeddings)].map(asBytes), "raw.embeddings.parquet");
  writeFileSync(path("sizes.json"), JSON.stringify(sizes));
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
  await prepare({ summaries: WARM_ROWS, embeddings: WARM_ROWS, conversations: WARM_ROWS });
  base = args.dir;
  await prepare(COUNTS);
  console.log("{}");
} else if (args.variant in SAVES) {
  const { name, given = (row) => row, save } = SAVES[args.variant];
  const warm = Array.from(MAKERS[name](WARM_ROWS), given);
  const rows = Array.from(MAKERS[name](COUNTS[name]), given);
  await measureWarm(async () => void (await save(base === args.dir ? rows : warm)));
} else if (args.variant in LARGE) {
  await measure(LARGE[args.variant]);
} else if (args.variant) {
  await measureWarm(VARIANTS[args.variant]);
} else if (args.large) {
  inDirectory((directory) => {
    const results = compare(script, Object.keys(LARGE), ["--dir", directory, "--large", args.large], { runs: 1 });
    table(`${args.large} summaries`, results, Object.keys(LARGE)[0]);
    console.log(`rows: ${[...results.values()].map(({ check }) => check).join(", ")}`);
  });
} else {
  inDirectory(compareAll);
}

function inDirectory(act) {
  const directory = mkdtempSync(join(tmpdir(), "kura-bench-"));
  args.dir = directory;
  try {
    act(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function compareAll(directory) {
  const shared = [
    "--dir",
    directory,
    ...["rows", "vectors", "conversations"].flatMap((name) => [`--${name}`, args[name]]),
  ];
  const named = (all, prefix) => Object.keys(all).filter((name) => name.startsWith(prefix));
  const only = args.only === "" ? undefined : args.only.split(",");
  const run = (act, names, floor) => {
    if (only && !only.includes(act.split(" ")[0])) return;
    const variants = [...names, ...peersOf(act)].filter((name) =>
      name.includes("of pyarrow") ? existsSync(join(directory, "pyarrow.embeddings.parquet")) : true,
    );
    table(act, compare(script, variants, shared, { runs: Number(args.runs), commandOf: peerCommand }), floor);
  };
  compare(script, ["prepare"], shared, { runs: 1 });
  for (const peer of Object.keys(PEERS)) {
    if (!existsSync(pythonOf(peer)))
      console.log(`(without ${peer}: KURA_INTEROP=all npm run test:interop makes its environment)`);
    else
      compare(script, [`prepare: ${peer}`], shared, {
        runs: 1,
        commandOf: () => [...peerCommand(`load: ${peer}`).slice(0, 3), "prepare", directory, "0"],
      });
  }
  console.log(
    `${args.rows} summaries, ${args.vectors} x 384 vectors, ${args.conversations} conversations, Node ${process.version}`,
  );
  for (const name of Object.keys(MAKERS)) run(`save ${name}`, named(SAVES, `save ${name}`), `save ${name}: ours`);
  for (const act of ["load", "stream", "filter", "project", "random", "vectors", "conversations"])
    run(act, named(VARIANTS, act), `${act}: ours, verified`);
  const sizes = JSON.parse(readFileSync(join(directory, "sizes.json"), "utf8"));
  console.log("\nSizes in MB, and how many times smaller than JSONL\n");
  console.log(`| rows | jsonl | ${COMPRESSIONS.join(" | ")} |`);
  console.log(`|---|---|${COMPRESSIONS.map(() => "---|").join("")}`);
  for (const [name, size] of Object.entries(sizes)) {
    const cells = COMPRESSIONS.map(
      (one) => `${(size[one] / 1e6).toFixed(1)} (${(size.jsonl / size[one]).toFixed(1)}x)`,
    );
    console.log(`| ${name} | ${(size.jsonl / 1e6).toFixed(1)} | ${cells.join(" | ")} |`);
  }
}
