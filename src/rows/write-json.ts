import { FieldError, sketch, within } from "./field-error.js";
import { MAX_INTEGER_DIGITS, MAX_JSON_DEPTH } from "./json-limits.js";
import { type JsonLine, TextLine } from "./json-line.js";
import { parseLossless } from "./lossless-json.js";
import { spellNumber } from "./spell-number.js";
import { recall } from "./spellings.js";

/**
 * A JSON value as compact text that reads back (by `parseLossless`) as the same value. Members that are undefined are absent.
 *
 * What JavaScript's own JSON would change is spelled so that it does not: -0 as -0.0, and numbers that are integers beyond 2^53 with an
 * exponent, since without one they would read back as bigint. A value that came from a text which said the same in other words
 * (1.0 for 1, key "10" before "2") is written in those words.
 *
 * @throws {FieldError} For what JSON cannot hold, or what would not come out as it went in.
 */
export function writeJson(value: unknown): string {
  const line = new TextLine();
  write(value, line, 0);
  return line.text;
}

/** The same into any line. */
export function writeJsonTo(value: unknown, line: JsonLine): void {
  write(value, line, 0);
}

function write(value: unknown, line: JsonLine, depth: number): void {
  if (typeof value === "string") line.quoted(value);
  else if (typeof value === "number") line.ascii(spellNumber(value));
  else if (typeof value === "boolean") line.ascii(value ? "true" : "false");
  else if (typeof value === "bigint") line.ascii(spellBigint(value));
  else if (value === null) line.ascii("null");
  else if (typeof value === "object") writeContainer(value, line, depth);
  else throw new FieldError("", `${sketch(value)} is not JSON`);
}

function spellBigint(value: bigint): string {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
    throw new FieldError("", `bigint ${value} would come back as a number; use a number, or a column of type int64`);
  }
  const text = String(value);
  if (text.length > MAX_INTEGER_DIGITS)
    throw new FieldError("", `an integer of ${text.length} digits is more than the ${MAX_INTEGER_DIGITS} allowed`);
  return text;
}

function writeContainer(value: object, line: JsonLine, depth: number): void {
  if (depth >= MAX_JSON_DEPTH)
    throw new FieldError("", `it is nested more than ${MAX_JSON_DEPTH} deep, or contains itself`);
  const spelling = recall(value);
  if (spelling !== undefined && sameJson(parseLossless(spelling), value)) line.json(spelling);
  else if (Array.isArray(value)) writeArray(value, line, depth + 1);
  else writeObject(value as Record<string, unknown>, line, depth + 1);
}

/** What else to give. */
const INSTEAD: Readonly<Record<string, string>> = {
  "a Date": "give its toISOString()",
  "a Float32Array": 'give its column the type "vector" (rowType), or convert it to a list',
  "a Map": "give Object.fromEntries() of it",
  "a Set": "give Array.from() of it",
};

function writeArray(items: readonly unknown[], line: JsonLine, depth: number): void {
  line.ascii("[");
  for (let index = 0; index < items.length; index++) {
    if (index > 0) line.ascii(",");
    try {
      write(items[index], line, depth);
    } catch (error) {
      throw within(`[${index}]`, error);
    }
  }
  line.ascii("]");
}

function writeObject(value: Record<string, unknown>, line: JsonLine, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new FieldError("", `${sketch(value)} is not JSON; ${INSTEAD[sketch(value)] ?? "convert it to plain values"}`);
  let separator = "{";
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    line.ascii(separator);
    separator = ",";
    try {
      line.quoted(key);
      line.ascii(":");
      write(member, line, depth);
    } catch (error) {
      throw within(key, error);
    }
  }
  line.ascii(separator === "{" ? "{}" : "}");
}

/** Equal as JSON values: -0 is not 0, the order of keys does not count, a member that is undefined is absent. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).filter((key) => right[key] !== undefined).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]));
}
