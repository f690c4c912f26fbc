/*
 * JSON without loss, in both directions (DESIGN promise 1).
 *
 * Reading: integers beyond 2^53 become bigint; all else is what JSON.parse gives. Writing: what JavaScript cannot tell apart by itself
 * is spelled so that it reads back the same: -0 as -0.0, and numbers that are integers beyond 2^53 with an exponent, since without
 * one they would read back as bigint.
 *
 * Files of others hold texts that say the same in other words: 1.0 for 1, keys "10" before "2". JavaScript cannot keep those in a
 * value, so the text of such a value is remembered beside it and written back if the value still says the same.
 */

const spellings = new WeakMap<object, string>();

/** Whether this very value was read from text that plain JSON.stringify would not give back. */
export function hasOwnSpelling(value: object): boolean {
  return spellings.has(value);
}

/** Thrown by `writeJson`; `path` leads to the value, "" for the value itself. */
export class JsonValueError extends Error {
  readonly path: string;
  readonly reason: string;
  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}

/**
 * A value as compact JSON text. Members that are undefined are absent.
 *
 * @throws {JsonValueError} For what JSON cannot hold, or what would not come out as it went in.
 */
export function writeJson(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    const text = spellings.get(value);
    if (text !== undefined && sameJson(parseLossless(text), value)) return text;
  }
  return write(value, "", undefined);
}

function write(value: unknown, path: string, ancestors: Ancestors | undefined): string {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed())
        throw new JsonValueError(path, "it holds half of a surrogate pair, which is not Unicode");
      return JSON.stringify(value);
    case "number":
      return writeNumber(value, path);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
        throw new JsonValueError(
          path,
          `bigint ${value} would come back as a number; use a number, or a column of type int64`,
        );
      }
      return String(value);
    case "object":
      return value === null ? "null" : writeObject(value, path, ancestors);
    default:
      throw new JsonValueError(path, `${typeof value === "undefined" ? "undefined" : `a ${typeof value}`} is not JSON`);
  }
}

function writeNumber(value: number, path: string): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "-0.0" : String(value);
  if (!Number.isFinite(value)) throw new JsonValueError(path, `${value} is not JSON`);
  return Number.isInteger(value) ? value.toExponential() : String(value);
}

interface Ancestors {
  readonly value: object;
  readonly above: Ancestors | undefined;
}

function writeObject(value: object, path: string, above: Ancestors | undefined): string {
  for (let ancestor = above; ancestor; ancestor = ancestor.above) {
    if (ancestor.value === value) throw new JsonValueError(path, "it contains itself");
  }
  const ancestors = { value, above };
  let text = "";
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      text += (index === 0 ? "" : ",") + write(value[index], `${path}[${index}]`, ancestors);
    }
    return `[${text}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new JsonValueError(
      path,
      `a ${value.constructor?.name ?? "class instance"} is not JSON; convert it to plain values`,
    );
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    if (!key.isWellFormed())
      throw new JsonValueError(path, "a key holds half of a surrogate pair, which is not Unicode");
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${write(member, path === "" ? key : `${path}.${key}`, ancestors)}`;
  }
  return `{${text}}`;
}

/**
 * What plain JSON.parse and JSON.stringify would change: a number with a fraction or exponent may lose its spelling, sixteen digits may
 * be more than a double holds, minus zero, and keys that JavaScript sorts first. Text inside strings may match too; that only costs time.
 */
export const RISKY_JSON = /\d[.eE]|\d{16}|-0|"\d+"\s*:/;

/** Parse text that JSON.parse has accepted. */
export function parseLossless(text: string): unknown {
  return new LosslessParser(text).value().value;
}

/** Put the lossless values of some members into a row that JSON.parse made of the same text. */
export function restoreMembers(row: Record<string, unknown>, text: string, names: ReadonlySet<string>): void {
  new LosslessParser(text).restore(row, names);
}

interface Parsed {
  readonly value: unknown;
  /** Compact text with the source's own numbers and key order. */
  readonly text: string;
}

class LosslessParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): Parsed {
    this.#space();
    const first = this.#text[this.#at];
    if (first === "{") return this.#object();
    if (first === "[") return this.#array();
    if (first === '"') return this.#string();
    return this.#scalar();
  }

  restore(row: Record<string, unknown>, names: ReadonlySet<string>): void {
    this.#space();
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== "}"; this.#space()) {
      if (this.#text[this.#at] === ",") {
        this.#at++;
        this.#space();
      }
      const key = this.#string().value as string;
      this.#space();
      this.#at++; // the colon
      if (names.has(key)) define(row, key, this.value().value);
      else this.#skip();
    }
  }

  #skip(): void {
    this.#space();
    let depth = 0;
    do {
      const char = this.#text[this.#at]!;
      if (char === '"') this.#string();
      else if (char === "{" || char === "[") {
        depth++;
        this.#at++;
      } else if (char === "}" || char === "]") {
        depth--;
        this.#at++;
      } else if (depth === 0) this.#scalar();
      else this.#at++;
    } while (depth > 0);
  }

  #object(): Parsed {
    const value: Record<string, unknown> = {};
    let text = "";
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== "}"; this.#space()) {
      if (this.#text[this.#at] === ",") {
        this.#at++;
        this.#space();
      }
      const key = this.#string();
      this.#space();
      this.#at++; // the colon
      const member = this.value();
      define(value, key.value as string, member.value);
      text += `${text === "" ? "" : ","}${key.text}:${member.text}`;
    }
    this.#at++;
    return remember(value, `{${text}}`);
  }

  #array(): Parsed {
    const value: unknown[] = [];
    let text = "";
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== "]"; this.#space()) {
      if (this.#text[this.#at] === ",") this.#at++;
      const item = this.value();
      text += (value.length === 0 ? "" : ",") + item.text;
      value.push(item.value);
    }
    this.#at++;
    return remember(value, `[${text}]`);
  }

  #string(): Parsed {
    const start = this.#at;
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (isEscaped(this.#text, end));
    this.#at = end + 1;
    const value = JSON.parse(this.#text.slice(start, end + 1)) as string;
    return { value, text: JSON.stringify(value) };
  }

  #scalar(): Parsed {
    const start = this.#at;
    while (this.#at < this.#text.length && !END_OF_SCALAR.includes(this.#text[this.#at]!)) this.#at++;
    const text = this.#text.slice(start, this.#at);
    const value = JSON.parse(text) as unknown;
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      throw new JsonValueError("", `the number ${text.slice(0, 40)} is too large for a double`);
    }
    const isLargeInteger = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(text);
    return { value: isLargeInteger ? BigInt(text) : value, text };
  }

  #space(): void {
    while (SPACE.includes(this.#text[this.#at] ?? "x")) this.#at++;
  }
}

const SPACE = " \t\n\r";
const END_OF_SCALAR = `,]}${SPACE}`;

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

/** As JSON.parse does it: "__proto__" is a member like any other. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

function remember(value: object, text: string): Parsed {
  try {
    if (write(value, "", undefined) !== text) spellings.set(value, text);
  } catch (error) {
    // What could not be saved by itself (half a surrogate pair) must not be saved by its text either.
    if (!(error instanceof JsonValueError)) throw error;
  }
  return { value, text };
}

/** Equal as JSON values: -0 is not 0, the order of keys does not count. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const keys = Object.keys(a);
  const others = Object.keys(b).filter((key) => (b as Record<string, unknown>)[key] !== undefined);
  if (keys.length !== others.length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
