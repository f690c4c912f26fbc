import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Column, Columns, ColumnValue, Row } from "../../src/rows/column.js";
import { compileDecoder } from "../../src/rows/decode.js";
import { compileEncoder } from "../../src/rows/encode.js";
import { FieldError } from "../../src/rows/field-error.js";
import { fromJsonForm, toJsonForm } from "../../src/rows/json-form.js";
import { compileLossGuard } from "../../src/rows/loss-guard.js";
import { parseLossless, parsePlain } from "../../src/rows/lossless-json.js";
import { writeJson } from "../../src/rows/write-json.js";

const name = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
  fc.constantFrom("constructor", "toString", "metadata", "a.b", '"', "\\"),
);
const isAllowed = (one: string) => !/^(0|[1-9]\d*)$/.test(one) && one !== "__proto__" && one.isWellFormed();
const uniqueNames = fc.uniqueArray(name.filter(isAllowed), { minLength: 1, maxLength: 4 });
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const json = fc
  .jsonValue({ maxDepth: 2 })
  .chain((value) => fc.constantFrom<unknown>(value, { n: 2n ** 70n, z: -0, big: 1e20, v: value }));

interface Typed {
  column: ColumnValue;
  value: fc.Arbitrary<unknown>;
}

/** A column type, and the values it may hold. */
const typed: fc.Arbitrary<Typed> = fc.letrec<{ any: Typed; bare: Typed; struct: Typed }>((tie) => ({
  any: fc
    .tuple(tie("bare"), fc.boolean())
    .map(([{ column, value }, nullable]) =>
      nullable ? { column: { ...column, nullable: true } as ColumnValue, value: fc.option(value) } : { column, value },
    ),
  bare: fc.oneof(
    { maxDepth: 2 },
    fc.constant<Typed>({ column: { type: "text" }, value: text }),
    fc.constant<Typed>({ column: { type: "bool" }, value: fc.boolean() }),
    fc.constant<Typed>({ column: { type: "int32" }, value: fc.integer() }),
    fc.constant<Typed>({ column: { type: "int64" }, value: fc.maxSafeInteger() }),
    fc.constant<Typed>({
      column: { type: "int64", bigint: true },
      value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    }),
    fc.constant<Typed>({ column: { type: "float64" }, value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
    fc.constant<Typed>({ column: { type: "float32" }, value: fc.float({ noNaN: true, noDefaultInfinity: true }) }),
    fc.constant<Typed>({
      column: { type: "timestamp" },
      value: fc.constantFrom("2025-06-10T12:34:56", "2025-06-10 12:34:56.000001+02:00", "0001-01-01T00:00:00Z"),
    }),
    fc.constant<Typed>({
      column: { type: "vector", length: 3 },
      value: fc
        .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 3, maxLength: 3 })
        .map((v) => new Float32Array(v)),
    }),
    fc.constant<Typed>({ column: { type: "json" }, value: json }),
    tie("any").map(
      ({ column, value }): Typed => ({
        column: { type: "list", items: column },
        value: fc.array(value, { maxLength: 3 }),
      }),
    ),
    tie("any").map(
      ({ column, value }): Typed => ({
        column: { type: "map", values: column },
        value: fc.dictionary(
          text.filter((key) => key !== "__proto__"),
          value,
          { maxKeys: 3, noNullPrototype: true },
        ),
      }),
    ),
    tie("struct"),
  ),
  struct: fc.tuple(uniqueNames, fc.array(tie("any"), { minLength: 4, maxLength: 4 })).map(
    ([names, types]): Typed => ({
      column: { type: "struct", fields: names.map((one, index) => ({ ...types[index]!.column, name: one }) as Column) },
      value: fc.record(Object.fromEntries(names.map((one, index) => [one, types[index]!.value])), {
        noNullPrototype: true,
      }) as fc.Arbitrary<unknown>,
    }),
  ),
})).struct;

const rowTypeAndRow = typed.chain(({ column, value }) =>
  value.map((row) => ({ columns: (column as { fields: Columns }).fields, row: { ...(row as Row) } })),
);

function read(columns: Columns, line: string, check: boolean): Row {
  const parsed = parsePlain(line) as Row;
  compileLossGuard(columns, undefined)?.(parsed, line);
  return compileDecoder(columns, { check }).decode(parsed);
}

describe("compileEncoder() and compileDecoder()", () => {
  it("any row of any row type comes out as it went in, checked or trusted", () => {
    fc.assert(
      fc.property(rowTypeAndRow, ({ columns, row }) => {
        const line = compileEncoder(columns)(row);
        expect(line).not.toContain("\n");
        for (const check of [true, false]) deepStrictEqual(read(columns, line, check), row);
        expect(compileEncoder(columns)(read(columns, line, true))).toBe(line);
      }),
      { numRuns: 2000, seed: 11 },
    );
  });

  it("members may be in any order, with space and escapes, in files of others", () => {
    fc.assert(
      fc.property(rowTypeAndRow, ({ columns, row }) => {
        const line = compileEncoder(columns)(row);
        const members = columns.map((column) => {
          const only = compileEncoder([column])({ [column.name]: row[column.name] });
          const escaped = JSON.stringify(column.name).replace(/[a-z]/g, (char) =>
            /["\\]/.test(column.name) ? char : `\\u00${char.charCodeAt(0).toString(16)}`,
          );
          return `${escaped} : ${only.slice(JSON.stringify(column.name).length + 2, -1)}`;
        });
        const shuffled = `{ ${members.reverse().join(" , ")} }`;
        deepStrictEqual(read(columns, shuffled, true), row);
        expect(compileEncoder(columns)(read(columns, shuffled, true))).toBe(line);
      }),
      { numRuns: 1000, seed: 12 },
    );
  });

  it("absent and undefined are written, and read, as null; unknown fields are left out and told", () => {
    const columns: Columns = [
      { name: "a", type: "text", nullable: true },
      { name: "constructor", type: "text", nullable: true },
      { name: "b", type: "struct", fields: [{ name: "c", type: "int32", nullable: true }] },
    ];
    const encode = compileEncoder(columns);
    expect(encode({ b: {} })).toBe('{"a":null,"constructor":null,"b":{"c":null}}');
    expect(encode({ b: { c: 1 }, a: undefined, unknown: undefined })).toBe('{"a":null,"constructor":null,"b":{"c":1}}');
    const decoder = compileDecoder(columns, { check: true });
    expect(decoder.decode({ x: 1, b: { c: 2, y: 1 }, a: "t" })).toStrictEqual({
      a: "t",
      constructor: null,
      b: { c: 2 },
    });
    expect(decoder.decode({ z: 1, b: {}, a: null })).toStrictEqual({ a: null, constructor: null, b: { c: null } });
    expect(Object.keys(decoder.decode({ b: {} }))).toEqual(["a", "constructor", "b"]);
    expect([...decoder.unknownFields]).toEqual(["x", "z"]);
    expect(compileEncoder([])({})).toBe("{}");
  });

  const summary: Columns = [
    { name: "text", type: "text", nullable: true },
    { name: "count", type: "int32", nullable: true },
    { name: "id", type: "int64", nullable: true },
    { name: "big", type: "int64", bigint: true, nullable: true },
    { name: "x", type: "float64", nullable: true },
    { name: "f", type: "float32", nullable: true },
    { name: "at", type: "timestamp", nullable: true },
    { name: "ok", type: "bool", nullable: true },
    { name: "vector", type: "vector", length: 2, nullable: true },
    {
      name: "messages",
      type: "list",
      nullable: true,
      items: { type: "struct", fields: [{ name: "role", type: "text" }] },
    },
    { name: "map", type: "map", values: { type: "int32" }, nullable: true },
    { name: "meta", type: "json", nullable: true },
  ];

  it.each<[Row, string, RegExp]>([
    [{ text: 1 }, "text", /a text is needed, it is 1/],
    [{ text: "\ud800x" }, "text", /surrogate/],
    [{ count: 1.5 }, "count", /an integer of 32 bits/],
    [{ count: 2 ** 31 }, "count", /32 bits/],
    [{ count: "1" }, "count", /it is the text "1"/],
    [{ id: 2 ** 53 }, "id", /safe integer/],
    [{ big: 1 }, "big", /a bigint of 64 bits/],
    [{ big: 2n ** 63n }, "big", /64 bits/],
    [{ x: Number.NaN }, "x", /finite/],
    [{ x: Number.POSITIVE_INFINITY }, "x", /finite/],
    [{ f: 0.1 }, "f", /float32 holds exactly/],
    [{ f: 1e300 }, "f", /float32/],
    [{ at: "yesterday" }, "at", /ISO 8601/],
    [{ at: "2025-13-01T00:00:00" }, "at", /ISO 8601/],
    [{ at: new Date(0) }, "at", /it is a Date/],
    [{ ok: 1 }, "ok", /true or false/],
    [{ vector: [1, 2] }, "vector", /a Float32Array is needed, it is a list of 2/],
    [{ vector: new Float32Array(3) }, "vector", /a vector of 2 is needed, it has 3/],
    [{ vector: new Float32Array([0, Number.NaN]) }, "vector[1]", /finite/],
    [{ messages: [{ role: "a" }, { role: null }] }, "messages[1].role", /a text is needed, it is null/],
    [{ messages: [{ role: "a", rol: 1 }] }, "messages[0].rol", /no such field; it has role/],
    [{ messages: "x" }, "messages", /a list/],
    [{ map: { a: 1, "b.c": "x" } }, "map.b.c", /32 bits/],
    [{ map: { "\ud800": 1 } }, "map.\ud800", /surrogate/],
    [{ meta: { a: [new Date(0)] } }, "meta.a[0]", /a Date is not JSON/],
    [{ meta: { v: new Float32Array(2) } }, "meta.v", /a Float32Array is not JSON; give its column the type "vector"/],
    [{ meta: { v: new Map() } }, "meta.v", /give Object.fromEntries/],
    [{ map: new Map([["a", 1]]) }, "map", /an object is needed, it is a Map/],
    [{ texts: 1 }, "texts", /no such field/],
  ])("save refuses %o by its field", (row, field, reason) => {
    expect(() => compileEncoder(summary)(row)).toThrow(FieldError);
    expect(() => compileEncoder(summary)(row)).toThrow(
      expect.objectContaining({ field, reason: expect.stringMatching(reason) }),
    );
  });

  it.each<[string, string]>([
    ['{"text":1}', "text"],
    ['{"text":"\\ud800"}', "text"],
    ['{"count":1.5}', "count"],
    ['{"id":9007199254740993}', "id"],
    ['{"big":9223372036854775808}', "big"],
    ['{"big":1.5}', "big"],
    ['{"x":"1"}', "x"],
    ['{"x":1e999}', "x"],
    ['{"f":1e300}', "f"],
    ['{"at":"2025-06-10"}', "at"],
    ['{"vector":[1,2,3]}', "vector"],
    ['{"vector":[1,null]}', "vector[1]"],
    ['{"vector":[1,1e300]}', "vector[1]"],
    ['{"messages":[{"role":"a"},{}]}', "messages[1].role"],
    ['{"messages":[null]}', "messages[0]"],
    ['{"map":{"a":null}}', "map.a"],
    ['{"meta":{"x":1e999}}', "meta.x"],
  ])("load of unverified bytes refuses %s by its field", (line, field) => {
    expect(() => read(summary, line, true)).toThrow(expect.objectContaining({ field }));
  });

  it.each([
    [1749558896000, "2025-06-10T12:34:56Z"],
    [1749558896, "2025-06-10T12:34:56Z"],
    [20000000000, "2603-10-11T11:33:20Z"],
    [20000000001, "1970-08-20T11:33:20.001000Z"],
    [-20000000001, "1969-05-14T12:26:39.999000Z"],
    [0, "1970-01-01T00:00:00Z"],
  ])("load takes the number %d for a time, as pydantic does", (number, time) => {
    expect(compileDecoder([{ name: "at", type: "timestamp" }], { check: true }).decode({ at: number })).toEqual({
      at: time,
    });
  });

  it.each([0.5, 1e15, -1e15, 1e300, true])("load refuses %d for a time", (value) => {
    const { decode } = compileDecoder([{ name: "at", type: "timestamp" }], { check: true });
    expect(() => decode({ at: value })).toThrow(
      `an ISO 8601 timestamp such as 2025-06-30T12:00:00.123456+02:00 is needed, it is ${value}`,
    );
  });

  it("load takes integers for floats, and short spellings of float32", () => {
    const row = read(summary, '{"x":1,"f":0.1,"big":5,"vector":[1,0.1]}', true);
    expect(row).toMatchObject({ x: 1, f: Math.fround(0.1), big: 5n, vector: new Float32Array([1, 0.1]) });
  });
});

describe("toJsonForm() and fromJsonForm()", () => {
  it("any row comes out of JSON as it went in, and what does not fit its column as well", () => {
    const kept = (row: Row, columns: Columns) =>
      fromJsonForm(parseLossless(writeJson(toJsonForm(row, columns))) as Row, columns);
    fc.assert(
      fc.property(rowTypeAndRow, json, ({ columns, row }, other) => {
        expect(kept(row, columns)).toEqual(row);
        const misfit = { ...row, [columns[0]!.name]: other, more: other };
        const isTaken = ["vector", "int64"].some((type) => JSON.stringify(columns[0]).includes(`"type":"${type}"`));
        if (!isTaken) expect(kept(misfit, columns)).toEqual(misfit);
      }),
      { numRuns: 500, seed: 12 },
    );
    const columns: Columns = [
      { name: "vector", type: "vector" },
      { name: "big", type: "int64", bigint: true },
    ];
    for (const row of [{ vector: [1, "x"], big: "many" }, { vector: "none", big: 1.5 }, { vector: null }, {}])
      expect(kept(row, columns)).toEqual(row);
  });
});
