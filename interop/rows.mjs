/** Rows that go wrong in lesser hands, by set and checkpoint. */

const TEXT =
  'naïve \u2028\u2029 \u0001\u001f \t\r\n "quoted" \\ / \u007f 日本語 مرحبا 👩‍👩‍👧 e\u0301 \ufeff 😀 </script>';
const NUMBERS = [0, -0, 1, 0.1, 1 / 3, 1e-6, 1e-7, 123456.789, 1e15, 1e16, 1e17, 1e21, 1e22, 1e23, 2 ** 53];
const at = "2025-06-10T12:34:56";

const message = (role, content, created_at = at) => ({ created_at, role, content });

const summary = (chat_id, fields) => ({
  summary: "",
  request: null,
  topic: null,
  languages: null,
  task: null,
  concerning_score: null,
  user_frustration: null,
  assistant_errors: null,
  chat_id,
  metadata: {},
  embedding: null,
  ...fields,
});

const cluster = (id, parent_id, chat_ids, fields) => ({
  id,
  name: `cluster ${id}`,
  description: TEXT,
  slug: `cluster_${id}`,
  chat_ids,
  parent_id,
  count: chat_ids.length,
  ...fields,
});

const clusters = [
  cluster("a", null, []),
  cluster("b", "a", ["1", "2"]),
  cluster("日本", "a", [TEXT], { name: "", slug: "" }),
];

/** The same kinds of values in every row: what a table with one type per column, and a struct with one type per field, can hold. */
const awkward = {
  conversations: [
    { chat_id: "1", created_at: `${at}.789000`, messages: [message("user", TEXT), message("assistant", "")] },
    { chat_id: "2", created_at: `${at}.000001`, messages: [] },
    { chat_id: "3", created_at: "2025-06-10T00:00:00", messages: [message("tool", "{}"), message("system", "\n")] },
  ].map((row, i) => ({
    ...row,
    metadata: {
      intent: [TEXT, "", null][i],
      precise: [9007199254740993n, -9223372036854775807n, 0][i],
      ratio: [0.1, 1e-7, 123456.789][i],
      flag: i === 1,
      tags: [["a", ""], [], ["日本"]][i],
      nested: { deep: { list: [[1, 2], [], [3]][i], empty: ["", null, "x"][i] } },
    },
  })),
  summaries: [
    summary("1", {
      summary: TEXT,
      request: "",
      topic: "t",
      task: "",
      languages: [],
      assistant_errors: ["", TEXT],
      embedding: NUMBERS,
    }),
    summary("2", { languages: ["en", "日本語"], concerning_score: 1, user_frustration: 5, embedding: [] }),
    summary("3", { summary: "s", assistant_errors: [] }),
  ].map((row, i) => ({ ...row, metadata: { precise: [9007199254740993n, 1, null][i], text: TEXT } })),
  clusters,
  meta_clusters: clusters,
  dimensionality: clusters.map(({ count, ...row }, i) => ({
    ...row,
    x_coord: NUMBERS[i],
    y_coord: [-1.5, 1e-7, 1 / 3][i],
    level: i && 1,
    count,
  })),
  embeddings: [
    { chat_id: "1", embedding: Float32Array.of(0.1, -0, 1, 1 / 3, 1e-7, 3.4028234663852886e38, 1e-45) },
    { chat_id: "日本", embedding: Float32Array.of(0, 0.5, -1, 2, 16777216, 0.3, -0.7) },
  ],
};

/** Times with and without an offset, whatever JSON allows in metadata, roots only: nothing of it may be lost on the way to Python's Kura. */
const wild = {
  conversations: ["", ".789000", ".123456Z", "+02:00", ".000001-05:45"].map((rest, i) => ({
    chat_id: `c${i}`,
    created_at: at + rest,
    messages: [message("user", TEXT, at + rest), message("assistant", "", at)].slice(0, i % 3),
    metadata: [
      {},
      { text: TEXT, "": "empty key", "a.b": true },
      { huge: 2n ** 80n, negative: -(2n ** 63n), zero: 0 },
      { small: 1e-7, third: 1 / 3, large: 123456.789 },
      { texts: ["a", ""], ints: [1, 2], floats: [0.5, 2.5], none: [] },
    ][i],
  })),
  summaries: [
    summary("s0", {
      metadata: {
        nested: { a: [null, { b: [[]], c: {} }] },
        mixed: [1, 0.5, "1", true, null],
        huge: [10n ** 30n, -(10n ** 30n)],
      },
    }),
    summary("s1", {
      metadata: { nested: "a text here", mixed: 1, huge: -0.5 },
      embedding: [5e-324, 1.7976931348623157e308, -0],
    }),
    summary("s2", { metadata: {} }),
  ],
  clusters: [cluster("r", null, [])],
};

const mixed = "a field whose values have different types has no column type";
const wide = "integers of more than 64 bits";
const roles = "its Conversation has neither null nor objects in metadata, and no other roles than user and assistant";

const jvm = "Spark comes without a library for brotli";
const codecTwice = {
  writing: true,
  reason: "to_parquet takes no compression: https://github.com/huggingface/datasets/pull/8576",
};
const jsonType = { before: "5.2", reason: "Parquet's JSON has no type there" };
const empties = 'it takes "" and [] for null, as it writes them for it';
const narrow = { writing: true, reason: "its vectors are float32, in which 1e308 is Infinity: refused here" };
const sequence = {
  writing: true,
  package: "datasets",
  from: "4",
  reason: "its features of conversations are none since datasets 4 (AttributeError)",
};
const nan = {
  package: "pandas",
  from: "3",
  reason:
    "Kura asks for None where pandas 3 has NaN for a text that is null (https://pandas.pydata.org/pdeps/0014-string-dtype.html)",
};

/**
 * What a tool cannot hold, and why: limits of theirs, each of them seen; by set and checkpoint, or by one of them. `before` is a version
 * that lifted one, `from` one that brought it, of `package` if it is not of the tool itself; with `writing`, it reads what it cannot write.
 */
const UNFIT = {
  jsonl: {
    "awkward/conversations": { kura: roles },
    "wild/conversations": {
      pandas: wide,
      polars: { before: "2.0", reason: wide },
      duckdb: "objects with few fields in common become maps of JSON texts",
      spark: "a field of no name is dropped",
    },
    "wild/summaries": {
      datasets: wide,
      pandas: wide,
      polars: mixed,
      duckdb: "mixed values become JSON texts",
      spark: "mixed values become texts",
    },
  },
  parquet: {
    conversations: { datasets: jsonType },
    summaries: { datasets: jsonType },
    gzip: { datasets: codecTwice },
    brotli: { datasets: codecTwice, spark: jvm },
    lz4: { datasets: codecTwice },
    zstd: { datasets: codecTwice },
    none: { datasets: codecTwice },
  },
  "parquet-kura-python": {
    "awkward/conversations": { kura: roles },
    summaries: { kura: nan },
    clusters: { kura: nan },
    meta_clusters: { kura: nan },
    dimensionality: { kura: nan },
    embeddings: { kura: "its Parquet manager has four models, and no other" },
  },
  hf: {
    "awkward/conversations": { kura: roles },
    "awkward/summaries": { kura: empties },
    "wild/summaries": { kura: narrow },
    conversations: { kura: sequence },
  },
};

/** @returns {Record<string, object[]>} limits by tool, of which the first that its version has counts */
export function unfitOf(format, set, checkpoint) {
  const unfit = {};
  for (const key of [`${set}/${checkpoint}`, checkpoint, set]) {
    for (const [tool, limit] of Object.entries(UNFIT[format][key] ?? {})) {
      unfit[tool] ??= [];
      unfit[tool].push(typeof limit === "string" ? { reason: limit } : limit);
    }
  }
  return unfit;
}

export const ROWS = { awkward, wild };
