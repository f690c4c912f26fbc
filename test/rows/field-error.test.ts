import { expect, it } from "vitest";
import { FieldError, sketch } from "../../src/rows/field-error.js";

it.each<[unknown, string]>([
  [undefined, "nothing"],
  [null, "null"],
  ["a", 'the text "a"'],
  [[1], "a list of 1"],
  [{}, "an object"],
  [Object.create(null), "an object"],
  [new Map(), "a Map"],
  [new (class Answer {})(), "an Answer"],
  [new (class {})(), "an object"],
  [(async function* () {})(), "an AsyncGenerator"],
  [(function* () {})(), "a Generator"],
  [() => 1, "a function"],
  [Symbol("s"), "a symbol"],
])("sketch(%o) names it as one would say it", (value, words) => {
  expect(sketch(value)).toBe(words);
});

it("an error about a value as a whole names no field", () => {
  expect(new FieldError("", "a text is needed").message).toBe("a text is needed");
  expect(new FieldError("a", "a text is needed").message).toBe("a: a text is needed");
});
