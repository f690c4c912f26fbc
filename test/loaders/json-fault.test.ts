import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonFault } from "../../src/loaders/json-fault.js";

const SEED = 20250304;

const json = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, "\t"))
  .map(([value, indent]) => JSON.stringify([value, { k: value }], undefined, indent));

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

it("every text has a fault if, and only if, JSON.parse refuses it", () => {
  const insert = fc.constantFrom(
    "",
    '"',
    "\\",
    "\\u12",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "0",
    "-",
    ".",
    "e",
    "x",
    "\n",
    "\u00a0",
    "NaN",
    " ",
  );
  let refused = 0;
  fc.assert(
    fc.property(json, fc.nat(), insert, fc.nat({ max: 3 }), (text, place, added, removed) => {
      const at = place % text.length;
      const changed = text.slice(0, at) + added + text.slice(at + removed);
      const fault = jsonFault(changed);
      expect(fault === undefined, changed).toBe(isJson(changed));
      if (!fault) return;
      refused++;
      // What stands before it has no fault, but that it ends.
      const before = changed.slice(0, fault.at);
      const whole = fault.kind === "more" ? undefined : { at: before.length, kind: "ends early" };
      expect(jsonFault(before), changed).toEqual(whole);
    }),
    { seed: SEED, numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(500);
});

it("every text that is cut short ends early, at its end", () => {
  fc.assert(
    fc.property(json, fc.nat(), (text, place) => {
      const cut = text.slice(0, place % text.length);
      expect(jsonFault(cut), cut).toEqual({ at: cut.length, kind: "ends early" });
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

it.each([
  ['{"a": NaN}', 6, "strange"],
  ['{"a": -Infinity, "b": 1}', 6, "strange"],
  ['{"a": 01}', 6, "strange"],
  ['{"a": 1.}', 6, "strange"],
  ['{"a": 1,}', 8, "strange"],
  ["{'a': 1}", 1, "strange"],
  ['{"a" 1}', 5, "strange"],
  ['{"a": "x\ty"}', 8, "strange"],
  ['{"a": "\\x"}', 8, "strange"],
  ['{"a": "\\u12G4"}', 11, "strange"],
  ['{"a": [1 2]}', 9, "strange"],
  ['{"a": [1}', 8, "strange"],
  ['{"a": 1} {', 9, "more"],
  ['{"a": 1}]', 8, "more"],
  ['\ufeff{"a": 1}', 0, "strange"],
  ['{"a": tru', 9, "ends early"],
  ["", 0, "ends early"],
])("%j", (text, at, kind) => expect(jsonFault(text)).toEqual({ at, kind }));

it("nesting and texts of any size are looked through", () => {
  const deep = `${"[".repeat(300_000)}1${"]".repeat(299_999)}`;
  expect(jsonFault(deep)).toEqual({ at: deep.length, kind: "ends early" });
  expect(jsonFault(`["${"x".repeat(5_000_000)}", NaN]`)).toEqual({ at: 5_000_005, kind: "strange" });
});
