import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseWhere } from "../../src/cli/where.js";
import { type Condition, compileCondition } from "../../src/rows/condition.js";

describe("parseWhere", () => {
  it.each<[string, Condition]>([
    ["a = 1", { a: { eq: 1 } }],
    ["a == -1.5e3", { a: { eq: -1500 } }],
    ["a != 'x'", { a: { ne: "x" } }],
    ["a>=.5", { a: { gte: 0.5 } }],
    ["a = 9007199254740993", { a: { eq: 9007199254740993n } }],
    ["a = -9007199254740993", { a: { eq: -9007199254740993n } }],
    ["a = TRUE", { a: { eq: true } }],
    ['a CONTAINS "it\'s"', { a: { contains: "it's" } }],
    [String.raw`a = 'it\'s \\ \n \u00e9'`, { a: { eq: "it's \\ \n é" } }],
    ["a in (1, 'b', false)", { a: { in: [1, "b", false] } }],
    ["a is null", { a: { isNull: true } }],
    ["a IS NOT NULL", { a: { isNull: false } }],
    ["metadata.intent = 'x'", { "metadata.intent": { eq: "x" } }],
    ["metadata.2024.06 = 1", { "metadata.2024.06": { eq: 1 } }],
    ["metadata.`my field` = 1", { "metadata.my field": { eq: 1 } }],
    ["`in` = 1 and `a``b` = 2", { and: [{ in: { eq: 1 } }, { "a`b": { eq: 2 } }] }],
    ["sprache-größe > 1", { "sprache-größe": { gt: 1 } }],
    ["a = 1 or b = 2 and c = 3", { or: [{ a: { eq: 1 } }, { and: [{ b: { eq: 2 } }, { c: { eq: 3 } }] }] }],
    ["not a = 1 and b = 2", { and: [{ not: { a: { eq: 1 } } }, { b: { eq: 2 } }] }],
    ["not (a = 1 or not b = 2)", { not: { or: [{ a: { eq: 1 } }, { not: { b: { eq: 2 } } }] } }],
    ["__proto__ = 1", Object.fromEntries([["__proto__", { eq: 1 }]])],
  ])("%s", (text, condition) => expect(parseWhere(text)).toEqual(condition));

  it("reads the long example of the help", () => {
    const text =
      "concerning_score >= 4 and (topic contains 'python' or topic is null) and not metadata.intent in ('a','b')";
    expect(parseWhere(text)).toEqual({
      and: [
        { concerning_score: { gte: 4 } },
        { or: [{ topic: { contains: "python" } }, { topic: { isNull: true } }] },
        { not: { "metadata.intent": { in: ["a", "b"] } } },
      ],
    });
  });

  it("points at what it does not understand", () => {
    const messages = [
      "",
      "a",
      "a >",
      "a = python",
      "a = null",
      "a = 'x",
      "a in 1",
      "a in ()",
      "(a = 1",
      "a = 1 b = 2",
      "a = 1)",
      "a is 3",
      "and = 1",
      "`and` = 1",
      "a = 12abc",
      "a = 1e999",
      "a ~ 1",
      String.raw`a = '\q'`,
      `${"long ".repeat(3)}${"a = 1 and ".repeat(20)}`,
      "長い = 要約",
    ].map((text) => {
      try {
        return `${text} was accepted: ${JSON.stringify(parseWhere(text))}`;
      } catch (error) {
        return (error as Error).message.replace("Cannot understand --where: ", "");
      }
    });
    expect(`\n${messages.join("\n")}\n`).toMatchInlineSnapshot(`
      "
      expected a field, "not" or "("
        
        ^
      expected a test of a: = != > >= < <= contains in (…), is null, is not null
        a
         ^
      expected a value
        a >
           ^
      expected a value; a text is in quotes: 'python'
        a = python
            ^
      expected a value; null is tested by "is null"
        a = null
            ^
      expected a closing '
        a = 'x
            ^
      expected "(" and a list of values
        a in 1
             ^
      expected a value
        a in ()
              ^
      expected "and", "or" or ")"
        (a = 1
              ^
      expected "and", "or" or the end
        a = 1 b = 2
              ^
      expected "and", "or" or the end
        a = 1)
             ^
      expected "null" or "not null"
        a is 3
             ^
      expected a field, "not" or "("; a field of this name is written \`and\`
        and = 1
        ^
      a field called "and" cannot be tested
        \`and\` = 1
        ^
      expected a value; a text is in quotes: '12abc'
        a = 12abc
            ^
      expected a number that is not beyond 1.8e308
        a = 1e999
            ^
      expected a field, a test, a value or a parenthesis
        a ~ 1
          ^
      expected one of \\\\ \\' \\" \\n \\t \\r \\b \\f \\uXXXX; a backslash itself is written \\\\
        a = '\\q'
             ^
      expected a test of long: = != > >= < <= contains in (…), is null, is not null
        long long long a = 1 and a = 1 and 
             ^
      expected a value; a text is in quotes: '要約'
        長い = 要約
               ^
      "
    `);
  });

  it("refuses nesting that would exhaust the stack", () => {
    expect(() => parseWhere("(".repeat(100_000))).toThrow("at most 200 levels");
    expect(() => parseWhere(`${"not ".repeat(100_000)}a = 1`)).toThrow("at most 200 levels");
    expect(parseWhere(Array.from({ length: 5000 }, () => "a = 1").join(" or "))).toHaveProperty("or.4999");
  });
});

const scalar = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt().filter((value) => value > 2n ** 53n || value < -(2n ** 53n)),
  fc.boolean(),
);
const name = fc.constantFrom("a", "b", "in", "null", "my field", "x`y", "ключ");
const field = fc.oneof(
  name,
  fc.tuple(name, name).map((names) => names.join(".")),
);
const comparison = fc.constantFrom("eq", "ne", "gt", "gte", "lt", "lte", "contains");
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small" },
    fc.tuple(field, comparison, scalar).map(([path, test, value]): Condition => ({ [path]: { [test]: value } })),
    fc
      .tuple(field, fc.array(scalar, { minLength: 1, maxLength: 3 }))
      .map(([path, values]): Condition => ({ [path]: { in: values } })),
    fc.tuple(field, fc.boolean()).map(([path, isNull]): Condition => ({ [path]: { isNull } })),
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((and): Condition => ({ and })),
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((or): Condition => ({ or })),
    tie("condition").map((not): Condition => ({ not })),
  ),
}));
const value = fc.oneof(scalar, fc.constant(null), fc.array(scalar, { maxLength: 3 }));
const row = fc.dictionary(name, fc.oneof(value, fc.dictionary(name, value)));

describe("a printed condition", () => {
  it("is understood as the same", () => {
    fc.assert(
      fc.property(condition, fc.array(row, { maxLength: 8 }), (wanted, rows) => {
        const { test } = compileCondition(parseWhere(print(wanted)));
        const expected = compileCondition(wanted).test;
        expect(rows.map(test)).toEqual(rows.map(expected));
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

const SIGNS: Record<string, string> = {
  eq: "=",
  ne: "!=",
  gt: ">",
  gte: ">=",
  lt: "<",
  lte: "<=",
  contains: "contains",
};

function print(wanted: Condition): string {
  const [[key, inner] = ["", undefined]] = Object.entries(wanted);
  if (key === "and" || key === "or") return `(${(inner as Condition[]).map(print).join(` ${key} `)})`;
  if (key === "not") return `not ${print(inner as Condition)}`;
  const path = key
    .split(".")
    .map((part) => `\`${part.replaceAll("`", "``")}\``)
    .join(".");
  const [[test, asked] = ["", undefined]] = Object.entries(inner as object);
  if (test === "isNull") return `${path} is ${asked ? "" : "not "}null`;
  if (test === "in") return `${path} in (${(asked as unknown[]).map(printScalar).join(", ")})`;
  return `${path} ${SIGNS[test]} ${printScalar(asked)}`;
}

function printScalar(asked: unknown): string {
  return typeof asked === "string" ? JSON.stringify(asked) : Object.is(asked, -0) ? "-0" : String(asked);
}
