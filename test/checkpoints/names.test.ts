import { expect, it } from "vitest";
import { checkpointName, isCheckpointName } from "../../src/checkpoints/names.js";

it.each([
  ["summaries", "summaries"],
  ["summaries.jsonl", "summaries"],
  ["summaries.parquet", "summaries"],
  ["a.b", "a.b"],
  ["A_1-x", "A_1-x"],
  ["jsonl", "jsonl"],
  ["x.JSONL", "x.JSONL"],
  ["x".repeat(100), "x".repeat(100)],
])("checkpointName(%j) is %j, and is listed as that", (given, name) => {
  expect(checkpointName(given)).toBe(name);
  expect(isCheckpointName(name)).toBe(true);
});

it.each([
  "",
  ".jsonl",
  ".",
  "..",
  "../x",
  "a/b",
  "a\\b",
  "/etc/passwd",
  "C:x",
  ".kura",
  ".hidden",
  "x.",
  "a..b",
  "con",
  "NUL.x",
  "com1.jsonl",
  "lpt9.a",
  "ü",
  "ａ",
  "a b",
  "a\0b",
  "a\n",
  "-\u200d",
  "x".repeat(101),
  "x.jsonl.jsonl",
  "x.parquet.jsonl",
  "~",
  "$(x)",
  "*",
])("checkpointName(%j) is refused, and is not listed", (given) => {
  expect(() => checkpointName(given)).toThrow(TypeError);
  expect(isCheckpointName(given)).toBe(false);
});

it("what is no text is refused", () => {
  for (const given of [undefined, null, 5, {}, ["x"]])
    expect(() => checkpointName(given as never)).toThrow(/^Cannot use .+ as the name of a checkpoint: it is a text$/);
});
