import { FieldError, sketch, within } from "./field-error.js";
import { MAX_INTEGER_DIGITS, MAX_JSON_DEPTH } from "./json-limits.js";
import { parseLossless } from "./lossless-json.js";
import { spellNumber } from "./spell-number.js";
import { recall } from "./spellings.js";

// All but: space to U+FFFF without quote, backslash and surrogates. A text without these is its own JSON between quotes, and most are.
const NEEDS_CARE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** @throws {FieldError} For half a surrogate pair. */
export function quote(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new FieldError("", "the text holds half of a surrogate pair, which is not Unicode");
  return JSON.stringify(text);
}

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
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return spellNumber(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return spellBigint(value);
    case "object":
      return value === null ? "null" : writeContainer(value, depth);
    default:
      throw new FieldError("", `${sketch(value)} is not JSON`);
  }
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

function writeContainer(value: object, depth: number): string {
  if (depth >= MAX_JSON_DEPTH)
    throw new FieldError("", `it is nested more than ${MAX_JSON_DEPTH} deep, or contains itself`);
  const spelling = recall(value);
  if (spelling !== undefined && sameJson(parseLossless(spelling), value)) return spelling;
  return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value as Record<string, unknown>, depth + 1);
}

/** What else to give. */
const INSTEAD: Readonly<Record<string, string>> = {
  "a Date": "give its toISOString()",
  "a Float32Array": 'give its column the type "vector" (rowType), or convert it to a list',
  "a Map": "give Object.fromEntries() of it",
  "a Set": "give Array.from() of it",
};

function writeArray(items: readonly unknown[], depth: number): string {
  let text = "";
  for (let index = 0; index < items.length; index++) {
    try {
      text += (index === 0 ? "" : ",") + write(items[index], depth);
    } catch (error) {
      throw within(`[${index}]`, error);
    }
  }
  return `[${text}]`;
}

function writeObject(value: Record<string, unknown>, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new FieldError("", `${sketch(value)} is not JSON; ${INSTEAD[sketch(value)] ?? "convert it to plain values"}`);
  let text = "";
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    try {
      text += `${text === "" ? "" : ","}${quote(key)}:${write(member, depth)}`;
    } catch (error) {
      throw within(key, error);
    }
  }
  return `{${text}}`;
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
