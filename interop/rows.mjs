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

/** What a tool cannot hold, and why: limits of theirs, each of them seen; `before` the version that lifted one. */
export const UNFIT = {
  "awkward/conversations": {
    kura: "its Conversation has neither null nor objects in metadata, and no other roles than user and assistant",
  },
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
};

export const ROWS = { awkward, wild };
