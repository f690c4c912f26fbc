import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Columns, Row } from "../../src/rows/column.js";
import { type Condition, compileCondition, type FieldTest, type Scalar } from "../../src/rows/condition.js";

const holds = (condition: unknown, row: Row, columns?: Columns) =>
  compileCondition(condition as Condition, columns).test(row);

describe("compileCondition()", () => {
  it.each<[unknown, Row, boolean]>([
    [{}, {}, true],
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: "1" }, false],
    [{ a: 1 }, { a: 1n }, true],
    [{ a: 2n ** 53n }, { a: 2n ** 53n + 1n }, false],
    [{ a: { gt: 2 ** 53 } }, { a: 2n ** 53n + 1n }, true],
    [{ a: { gt: "b" } }, { a: 3 }, false],
    [{ a: { lte: "b" } }, { a: 3 }, false],
    [{ a: { ne: 1 } }, { a: 2 }, true],
    [{ a: { ne: 1 } }, { a: "1" }, true],
    [{ a: { ne: 1 } }, { a: null }, false],
    [{ a: null }, { a: null }, true],
    [{ a: null }, {}, true],
    [{ a: { isNull: false } }, { a: 0 }, true],
    [{ a: { isNull: true } }, { a: "" }, false],
    [{ a: { in: [1, "x"] } }, { a: "x" }, true],
    [{ a: { in: [] } }, { a: "x" }, false],
    [{ a: { gte: 1, lt: 3 } }, { a: 3 }, false],
    [{ a: { contains: "yth" } }, { a: "python" }, true],
    [{ a: { contains: "py" } }, { a: ["py", "x"] }, true],
    [{ a: { contains: "p" } }, { a: ["py", "x"] }, false],
    [{ a: { contains: 1 } }, { a: "1" }, false],
    [{ a: { contains: 0.5 } }, { a: new Float32Array([1, 0.5]) }, true],
    [{ "a.b.c": 1 }, { a: { b: { c: 1 } } }, true],
    [{ "a.b.c": null }, { a: { b: 1 } }, true],
    [{ "a.b.c": 1 }, { a: { "b.c": 1 } }, true],
    [{ "a.b.c": 1 }, { "a.b": { c: 1 } }, true],
    [{ "a.b.c": 1 }, { "a.b.c": 1 }, true],
    [{ "a.b.c": 1 }, { a: { "b.c": 1, b: { c: 2 } } }, true],
    [{ "a.b.c": 2 }, { a: { "b.c": 1, b: { c: 2 } } }, false],
    [{ "a.b.c": 1 }, { a: { "b.d": 1, b: { c: 1 } } }, true],
    [{ "a.length": 1 }, { a: ["x"] }, true],
    [{ "a.toString": { isNull: false } }, { a: {} }, false],
    [{ toString: null }, {}, true],
    [{ and: [{ a: 1 }, { b: 2 }] }, { a: 1, b: 3 }, false],
    [{ or: [{ a: 1 }, { b: 2 }] }, { a: 0, b: 2 }, true],
    [{ or: [] }, {}, false],
    [{ and: [] }, {}, true],
    [{ not: { a: 1 } }, { a: null }, true],
    [{ a: undefined }, { a: 1 }, true],
    [{ a: { gte: Number.NaN } }, { a: 1 }, false],
  ])("%o of %o is %s", (condition, row, expected) => {
    expect(holds(condition, row)).toBe(expected);
  });

  it("compares timestamps as instants, and texts by code unit", () => {
    const columns: Columns = [
      { name: "at", type: "timestamp" },
      { name: "text", type: "text" },
      { name: "inner", type: "struct", fields: [{ name: "times", type: "list", items: { type: "timestamp" } }] },
    ];
    const row = {
      at: "2025-06-10T12:34:56.789012+02:00",
      text: "2025-06-10T12:34:56.789012+02:00",
      inner: { times: ["0001-01-01T00:00:00"] },
    };
    const yes: unknown[] = [
      { at: "2025-06-10T10:34:56.789012Z" },
      { at: "2025-06-10 10:34:56.789012" },
      { at: { gt: "2025-06-10T10:34:56.789011999Z", lt: "2025-06-10T10:34:56.789012001Z" } },
      { at: { gte: "2025-06-10", lt: "2025-06-11" } },
      { at: { lt: "2025-06-10T11:00:00+00:00" } },
      { "inner.times": { contains: "0001-01-01" } },
      { text: { gt: "2025-06-10T11:00:00+00:00" } },
    ];
    for (const condition of yes) expect(holds(condition, row, columns), JSON.stringify(condition)).toBe(true);
    expect(holds({ text: "2025-06-10T10:34:56.789012Z" }, row, columns)).toBe(false);
    expect(() => compileCondition({ at: { gte: "yesterday" } }, columns)).toThrow(
      'Cannot filter by "at": it is a timestamp, and "yesterday" is neither one nor a date (ISO 8601)',
    );
  });

  it("refuses unknown tests, columns and values in a sentence", () => {
    const columns: Columns = [
      { name: "score", type: "int32" },
      { name: "a.b", type: "text" },
    ];
    const refused: [unknown, string][] = [
      [
        { score: { greater: 4 } },
        'Cannot filter by "score": unknown test "greater"; tests are eq, ne, in, gt, gte, lt, lte, contains, isNull',
      ],
      [{ score: { gt: null } }, 'Cannot filter by "score": test "gt" needs a text, number or boolean'],
      [{ score: { in: 4 } }, 'Cannot filter by "score": test "in" needs an array'],
      [{ score: { isNull: 1 } }, 'test "isNull" needs true or false'],
      [{ score: [4] }, "a list of 1 is neither a value nor an object of tests"],
      [{ scores: 4 }, 'Cannot filter by "scores": there is no column "scores"; there are score, a.b'],
      [{ or: { score: 4 } }, 'Cannot filter by "or": it needs an array of conditions'],
      [{ not: 4 }, "a condition is an object of fields"],
      [{ score: /4/ }, 'Cannot filter by "score": a RegExp is neither a value nor an object of tests'],
      [{ score: new Date(0) }, "a Date is neither a value nor an object of tests; give its toISOString()"],
      [{ score: { gte: new Date(0) } }, "needs a text, number or boolean; it is a Date; give its toISOString()"],
      [{ score: { eq: [4] } }, 'it is a list of 1; test "in" takes a list'],
      [new Map([["score", 4]]), "Cannot filter by a Map: a condition is an object of fields"],
      [{ and: [4] }, "a condition is an object of fields"],
    ];
    for (const [condition, message] of refused)
      expect(() => compileCondition(condition as Condition, columns)).toThrow(message);
    expect(holds({ "a.b": "x" }, { "a.b": "x" }, columns)).toBe(true);
  });

  it("refuses what no value of the column's type can meet, and names the type", () => {
    const columns: Columns = [
      { name: "score", type: "int32" },
      { name: "flag", type: "bool", nullable: true },
      { name: "text", type: "text" },
      { name: "at", type: "timestamp" },
      { name: "tags", type: "list", items: { type: "text", nullable: true } },
      { name: "vector", type: "vector", length: 2 },
      { name: "inner", type: "struct", fields: [{ name: "count", type: "int64", bigint: true }] },
      { name: "map", type: "map", values: { type: "float64" } },
      { name: "json", type: "json" },
    ];
    const refused: [Condition, string][] = [
      [
        { score: "4" },
        'Cannot filter by "score": its type is int32, with which the text "4" does not compare; give a number',
      ],
      [{ score: { in: [4, true] } }, "its type is int32, with which true does not compare; give a number"],
      [{ score: { contains: 4 } }, 'its type is int32, and "contains" is for texts and lists'],
      [{ flag: 1 }, "its type is bool, with which 1 does not compare; give true or false"],
      [{ text: { gt: 4 } }, "its type is text, with which 4 does not compare; give a text"],
      [{ text: { contains: 4 } }, "its type is text, with which 4 does not compare; give a text"],
      [{ at: 5 }, "its type is timestamp, with which 5 does not compare; give a text"],
      [{ tags: "a" }, 'its type is list<text or null>, with which the text "a" does not compare; use "contains"'],
      [{ tags: { contains: 4 } }, "its type is text, with which 4 does not compare; give a text"],
      [{ vector: 1 }, 'its type is vector<2>, with which 1 does not compare; use "contains"'],
      [{ vector: { contains: "1" } }, 'its type is float32, with which the text "1" does not compare; give a number'],
      [
        { inner: 4 },
        "its type is struct<count: int64 (bigint)>, with which 4 does not compare; name one of its fields",
      ],
      [{ "inner.size": 4 }, 'Cannot filter by "inner.size": there is no field "size"; there are count'],
      [{ "text.length": 4 }, 'Cannot filter by "text.length": what "length" would be a field of has the type text'],
      [{ "map.any": { ne: "x" } }, 'its type is float64, with which the text "x" does not compare; give a number'],
      [{ not: { or: [{ score: "4" }] } }, "its type is int32"],
    ];
    for (const [condition, message] of refused)
      expect(() => compileCondition(condition, columns), JSON.stringify(condition)).toThrow(message);
    const fine: Condition[] = [
      { score: 4.5 },
      { score: 4n },
      { "inner.count": 4 },
      { "map.any": 1 },
      { json: "x" },
      { json: { contains: 4 } },
      { "json.a.b": true },
      { tags: { isNull: true } },
      { at: { contains: "2025" } },
    ];
    for (const condition of fine) expect(() => compileCondition(condition, columns)).not.toThrow();
  });

  it("takes a dot for a part of a name where one holds it: of the longest", () => {
    const number = { type: "float64" } as const;
    const columns: Columns = [
      {
        name: "s",
        type: "struct",
        fields: [
          { name: "a.b", type: "text" },
          { name: "a", type: "struct", fields: [{ name: "c", ...number }] },
        ],
      },
      { name: "m", type: "map", values: number },
      { name: "x.y", type: "struct", fields: [{ name: "z", ...number }] },
    ];
    const row = { s: { "a.b": "text", a: { c: 1 } }, m: { "k.l": 2 }, "x.y": { z: 3 } };
    for (const condition of [{ "s.a.b": "text" }, { "s.a.c": 1 }, { "m.k.l": 2 }, { "x.y.z": 3 }]) {
      expect(holds(condition, row, columns)).toBe(true);
    }
    expect(holds({ "m.k": 2 }, row, columns)).toBe(false);
    expect(() => holds({ "s.a.d": 1 }, row, columns)).toThrow(/no field "d"; there are c/);
    expect([...compileCondition({ "x.y.z": 3 }, columns).fields]).toEqual(["x.y"]);
  });

  it("tells which fields it looks at", () => {
    const condition = { a: 1, "b.c": 2, or: [{ d: 3 }, { not: { and: [{ a: 2 }, { e: null }] } }] };
    expect([...compileCondition(condition as Condition).fields].sort()).toEqual(["a", "b", "d", "e"]);
  });

  it("selects what a naive filter selects", () => {
    const scalar = fc.oneof(
      fc.integer({ min: -2, max: 2 }),
      fc.constantFrom("", "a", "b", "ab", true, false, 1n, 2n ** 60n, 0.5),
    );
    const value = fc.oneof(scalar, fc.constant(null), fc.array(scalar, { maxLength: 3 }));
    const row = fc.record({ x: value, y: value, z: fc.record({ w: value }) }, { requiredKeys: [] });
    const test = fc.record(
      {
        eq: scalar,
        ne: scalar,
        in: fc.array(scalar, { maxLength: 3 }),
        gt: scalar,
        gte: scalar,
        lt: scalar,
        lte: scalar,
        contains: scalar,
        isNull: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const condition = fc.letrec<{ any: Condition }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.dictionary(fc.constantFrom("x", "y", "z.w"), fc.oneof(scalar, fc.constant(null), test), { maxKeys: 2 }),
        fc.record({ and: fc.array(tie("any"), { maxLength: 2 }) }),
        fc.record({ or: fc.array(tie("any"), { maxLength: 2 }) }),
        fc.record({ not: tie("any") }),
      ) as fc.Arbitrary<Condition>,
    })).any;
    fc.assert(
      fc.property(condition, fc.array(row, { maxLength: 8 }), (wanted, rows) => {
        const { test } = compileCondition(wanted);
        expect(rows.filter(test)).toEqual(rows.filter((one) => naive(wanted, one)));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

function naive(condition: Condition, row: Row): boolean {
  return Object.entries(condition).every(([name, wanted]) => {
    if (name === "and") return (wanted as Condition[]).every((one) => naive(one, row));
    if (name === "or") return (wanted as Condition[]).some((one) => naive(one, row));
    if (name === "not") return !naive(wanted as Condition, row);
    const value = name === "z.w" ? (row["z"] as Row | undefined)?.["w"] : row[name];
    const tests = (typeof wanted === "object" && wanted !== null ? wanted : { eq: wanted }) as FieldTest;
    if (wanted === null) return value == null;
    return Object.entries(tests).every(([test, one]) => {
      if (test === "isNull") return (value == null) === one;
      if (value == null) return false;
      const isNumber = (a: unknown) => typeof a === "number" || typeof a === "bigint";
      const comparable = (a: unknown, b: unknown) =>
        !Array.isArray(a) && ((isNumber(a) && isNumber(b)) || typeof a === typeof b);
      const equal = (a: unknown, b: unknown) =>
        comparable(a, b) && !((a as Scalar) < (b as Scalar) || (a as Scalar) > (b as Scalar));
      const scalar = one as Scalar;
      switch (test) {
        case "eq":
          return equal(value, scalar);
        case "ne":
          return !equal(value, scalar);
        case "in":
          return (one as Scalar[]).some((each) => equal(value, each));
        case "gt":
          return comparable(value, scalar) && (value as Scalar) > scalar;
        case "gte":
          return comparable(value, scalar) && (value as Scalar) >= scalar;
        case "lt":
          return comparable(value, scalar) && (value as Scalar) < scalar;
        case "lte":
          return comparable(value, scalar) && (value as Scalar) <= scalar;
        default:
          return Array.isArray(value)
            ? value.some((each) => equal(each, scalar))
            : typeof value === "string" && typeof scalar === "string" && value.includes(scalar);
      }
    });
  });
}
