import { describe, expect, it } from "vitest";
import type { Columns } from "../../src/rows/column.js";
import { RowHash } from "../../src/rows/row-hash.js";
import { writeJson } from "../../src/rows/write-json.js";

const COLUMNS: Columns = [
  { name: "a", type: "json" },
  { name: "list", type: "list", items: { type: "json" } },
  { name: "b", type: "json" },
];

describe("RowHash.jsonText", () => {
  it("takes what was spelled for the hash, in whatever order values are asked for, and spells what was not", () => {
    const hash = new RowHash(COLUMNS);
    for (const turn of [1, 2]) {
      const row = { a: { turn, big: 2n ** 70n }, list: [{ n: 1 }, ["x", null], "text", -0], b: { é: "\n" } };
      const { a, list, b } = row;
      const values = [a, ...list, b];
      const texts = values.map((value) => writeJson(value));
      hash.add(row);
      // What is spelled only now would show it.
      for (const value of values) if (typeof value === "object") Object.assign(value, { later: true });
      expect(values.map((value) => hash.jsonText(value))).toEqual(texts);
      expect([b, list[3], a, a, list[1]].map((value) => hash.jsonText(value))).toEqual(
        [5, 4, 0, 0, 2].map((index) => texts[index]),
      );
      expect(hash.jsonText({ other: turn })).toBe(`{"other":${turn}}`);
    }
  });
});
