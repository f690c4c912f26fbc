import { expect, it } from "vitest";
import type { Columns, Row } from "../../src/rows/column.js";
import { compileLossGuard } from "../../src/rows/loss-guard.js";

const columns: Columns = [
  { name: "text", type: "text" },
  { name: "metadata", type: "json" },
  { name: "embedding", type: "list", items: { type: "float64" }, nullable: true },
];
const BIG = 12345678901234567890n;

function restored(line: string, only?: ReadonlySet<string>): Row {
  const row = JSON.parse(line) as Row;
  compileLossGuard(columns, only)?.(row, line);
  return row;
}

it.each<[string, string]>([
  ["in its place", `{"text":"t","metadata":{"n":${BIG}},"embedding":null}`],
  ["before long floats", `{"text":"t","metadata":{"n":${BIG}},"embedding":[0.1,0.25]}`],
  [
    "behind its own name in a text",
    `{"text":"\\"metadata\\":{} and metadata","metadata":{"n":${BIG}},"embedding":null}`,
  ],
  [
    "beside members with the names of columns",
    `{"text":"t","metadata":{"embedding":null,"metadata":1,"n":${BIG}},"embedding":null}`,
  ],
  ["in another order", `{"embedding":[0.5],"metadata":{"n":${BIG}},"text":"t"}`],
  ["with fewer fields", `{"metadata":{"n":${BIG}}}`],
  ["twice, the last counts", `{"text":"t","metadata":{},"embedding":[0.5],"metadata":{"n":${BIG}}}`],
  ["twice, under a name with escapes", `{"text":"t","metadata":{},"embedding":[0.5],"met\\u0061data":{"n":${BIG}}}`],
  ["under a name with escapes", `{"text":"t","met\\u0061data":{"n":${BIG}},"embedding":null}`],
  [
    "before a longer text that is there twice",
    `{"text":"","metadata":{"n":${BIG}},"text":"${"x".repeat(99)}","embedding":null}`,
  ],
])("compileLossGuard() finds a large integer %s", (_, line) => {
  expect(restored(line)["metadata"]).toMatchObject({ n: BIG });
});

it("compileLossGuard() leaves alone what is not wanted, and rows without risk", () => {
  const line = `{"text":"t","metadata":{"n":${BIG}},"embedding":null}`;
  expect(restored(line, new Set(["text"]))).toEqual(JSON.parse(line));
  expect(compileLossGuard([{ name: "text", type: "text" }], undefined)).toBeUndefined();
  const inner = { n: 1, s: "v1.5" };
  const row = { text: "t", metadata: inner, embedding: [0.1] };
  compileLossGuard(columns, undefined)?.(row, JSON.stringify(row));
  expect(row.metadata).toBe(inner);
});
