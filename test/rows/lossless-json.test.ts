import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldError } from "../../src/rows/field-error.js";
import { MAX_INTEGER_DIGITS, MAX_JSON_DEPTH } from "../../src/rows/json-limits.js";
import { parseLossless, parsePlain, RISKY_JSON } from "../../src/rows/lossless-json.js";
import { writeJson } from "../../src/rows/write-json.js";

// Values are compared by node:assert: Vitest takes a member "constructor" for a class.

const anyBigint = fc.oneof(
  fc.bigInt({ min: 2n ** 53n, max: 10n ** 40n }),
  fc.bigInt({ min: -(10n ** 40n), max: -(2n ** 53n) }),
);
const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer().map(Number),
  fc.constantFrom(
    0,
    -0,
    1e15,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 53 + 2,
    1e16,
    -1e17,
    1e21,
    5e-324,
    Number.MAX_VALUE,
    1e-6,
    1e-7,
  ),
);
const anyKey = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.nat(20).map(String),
  fc.constantFrom("__proto__", "constructor", "toJSON", "", '"', "\\"),
);
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    anyNumber,
    anyBigint,
    fc.string({ unit: "binary" }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(anyKey, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** The same value in other words: space, exponents, escapes, fractions. */
function respell(value: unknown, random: () => number): string {
  const space = () => ["", "", " ", "\n\t "][Math.floor(random() * 4)]!;
  if (Array.isArray(value))
    return `[${space()}${value.map((item) => respell(item, random)).join(`${space()},${space()}`)}${space()}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}${space()}:${space()}${respell(item, random)}`,
    );
    return `{${space()}${members.reverse().join(`${space()},${space()}`)}${space()}}`;
  }
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "number") return JSON.stringify(value);
  if (Object.is(value, -0)) return "-0.0";
  if (!Number.isSafeInteger(value)) return value.toExponential();
  return [String(value), `${value}.0`, `${value}e0`, `${value}.00E+0`][Math.floor(random() * 4)]!;
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("writeJson() and parseLossless()", () => {
  it("any JSON value comes out as it went in", () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const text = writeJson(value);
        expect(JSON.parse(text)).toBeDefined();
        deepStrictEqual(parseLossless(text), value);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("parseLossless() gives what JSON.parse gives where there are no large integers", () => {
    const plain = fc.oneof(
      fc.json(),
      fc.json().map((text) => ` ${text}\n`),
      fc.double().map((n) => JSON.stringify([n])),
    );
    fc.assert(
      fc.property(plain, (text) => {
        fc.pre(!/\d{16}/.test(text));
        deepStrictEqual(parseLossless(text), JSON.parse(text));
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  it("parsePlain() gives the keys that are spelled, whatever was parsed before", () => {
    const key = fc.array(fc.constantFrom("\\", '"', "\n", "ü", "a", ":", ","), { minLength: 1, maxLength: 3 });
    const pair = fc.tuple(
      key.map((chars) => chars.join("")),
      fc.jsonValue({ maxDepth: 1 }),
    );
    const members = fc.uniqueArray(pair, { minLength: 1, maxLength: 4, selector: ([name]) => name });
    const escaped = (text: string) =>
      `"${[...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
    fc.assert(
      fc.property(members, fc.constantFrom(JSON.stringify, escaped), (pairs, spell) => {
        const text = pairs.map(([name, value]) => `${spell(name)} : ${JSON.stringify(value)}`).join(",");
        const expected = Object.fromEntries(pairs);
        // Minus zero is a number of its own, and JSON.stringify does not spell it.
        fc.pre(!JSON.stringify(pairs, (_, value) => (Object.is(value, -0) ? "-0" : value)).includes('"-0"'));
        deepStrictEqual(parsePlain(`{${text}}`), expected);
        deepStrictEqual(parsePlain(`[1e3,{"n":{${text}}}]`), [1000, { n: expected }]);
      }),
      { numRuns: 3000, seed: 5 },
    );
  });

  it("a value is written back in the words it was read in, without the space, until it changes", () => {
    fc.assert(
      fc.property(anyJson, fc.nat(), (value, seed) => {
        fc.pre(typeof value === "object" && value !== null);
        const text = respell(value, random(seed));
        const read = parseLossless(text);
        deepStrictEqual(read, value);
        const written = writeJson(read);
        deepStrictEqual(parseLossless(written), value);
        // Space between tokens is what may go; inside strings it stays.
        const squeeze = (one: string) =>
          one.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token[0] === '"' ? token : ""));
        expect(written).toBe(squeeze(text));
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it("texts that JSON.parse would change are found risky", () => {
    for (const text of ["1.0", "-0", "1e2", "1E2", "12345678901234567890", '{"1":0}', '{ "10" : 0}', "[ -0.0]"]) {
      expect(RISKY_JSON.test(`:${text}`), text).toBe(true);
    }
    for (const text of [
      '{"turns":3,"ok":true}',
      '"v1.2 at 2025-06-30"',
      '"3f2504e0-4f89-11d3-9a0c"',
      '{"a1":[1,22,-3]}',
    ]) {
      expect(RISKY_JSON.test(`:${text}`), text).toBe(false);
    }
  });

  it("every text that is not risky means the same to JSON.parse", () => {
    fc.assert(
      fc.property(anyJson, fc.nat(), (value, seed) => {
        const text = respell(value, random(seed));
        fc.pre(!RISKY_JSON.test(`:${text}`));
        deepStrictEqual(JSON.parse(text), parseLossless(text));
      }),
      { numRuns: 2000, seed: 4 },
    );
  });

  it("a changed value is written as it now is, and what did not change in it keeps its words", () => {
    const value = parseLossless('{"10":1.0,"2":{"a":1.0,"b":[2.0]},"c":3.0}') as Record<string, unknown>;
    expect(writeJson({ ...value })).toBe('{"2":{"a":1.0,"b":[2.0]},"10":1,"c":3}');
    value["c"] = 4;
    expect(writeJson(value)).toBe('{"2":{"a":1.0,"b":[2.0]},"10":1,"c":4}');
    value["c"] = 3;
    expect(writeJson(value)).toBe('{"10":1.0,"2":{"a":1.0,"b":[2.0]},"c":3.0}');
  });

  it("numbers keep their identity: -0, integers beyond 2^53, bigint", () => {
    expect(writeJson([0, -0, 2 ** 53, 1e21, 2n ** 53n])).toBe("[0,-0.0,9.007199254740992e+15,1e+21,9007199254740992]");
    expect(parseLossless("[-0,9007199254740993,1e16,-123456789012345678901234567890]")).toStrictEqual([
      -0,
      9007199254740993n,
      1e16,
      -123456789012345678901234567890n,
    ]);
  });

  it("writeJson() refuses what JSON cannot hold, naming the place", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = [cyclic];
    const refused: [unknown, string, RegExp][] = [
      [{ a: [1, undefined] }, "a[1]", /nothing is not JSON/],
      [{ a: { b: () => 1 } }, "a.b", /function/],
      [{ a: new Date(0) }, "a", /a Date is not JSON/],
      [[new Map()], "[0]", /a Map/],
      [{ a: Number.NaN }, "a", /NaN/],
      [{ a: Number.NEGATIVE_INFINITY }, "a", /-Infinity/],
      [{ a: "\ud83d" }, "a", /surrogate/],
      [{ "\udc00": 1 }, "\udc00", /surrogate/],
      [{ a: 5n }, "a", /would come back as a number/],
      [{ a: 10n ** BigInt(MAX_INTEGER_DIGITS) }, "a", /digits/],
      [{ a: Symbol("x") }, "a", /symbol/],
    ];
    for (const [value, field, reason] of refused) {
      expect(() => writeJson(value)).toThrow(
        expect.objectContaining({ name: "Error", field, reason: expect.stringMatching(reason) }),
      );
    }
    expect(() => writeJson(cyclic)).toThrow(/contains itself/);
    expect(writeJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(writeJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });

  it("hostile texts are refused in bounded time, by a sentence", () => {
    const deep = (depth: number) => `${"[".repeat(depth)}1.0${"]".repeat(depth)}`;
    expect(writeJson(parseLossless(deep(MAX_JSON_DEPTH)))).toBe(deep(MAX_JSON_DEPTH));
    expect(() => parseLossless(deep(MAX_JSON_DEPTH + 1))).toThrow(/nested/);
    expect(() => parseLossless(deep(1_000_000))).toThrow(FieldError);
    expect(() => parseLossless("9".repeat(10_000_000))).toThrow(/digits/);
    expect(() => parseLossless("[1e999]")).toThrow(/too large/);
  });

  it("half a surrogate pair that was read by its escape is not written by it", () => {
    expect(() => writeJson(parseLossless('{"a":1.0,"b":"\\ud83d"}'))).toThrow(/surrogate/);
  });

  it("a key that is there twice counts by its last value", () => {
    const value = parseLossless('{"a":1.5,"b":2,"a":3}');
    expect(value).toStrictEqual({ a: 3, b: 2 });
    expect(parseLossless(writeJson(value))).toStrictEqual({ a: 3, b: 2 });
  });
});
