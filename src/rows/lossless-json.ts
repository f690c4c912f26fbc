import { FieldError, within } from "./field-error.js";
import { MAX_INTEGER_DIGITS, MAX_JSON_DEPTH } from "./json-limits.js";
import { spellNumber } from "./spell-number.js";
import { remember } from "./spellings.js";

/**
 * What plain JSON.parse would change: a number with a fraction or exponent may lose its spelling, sixteen digits may be more than a
 * double holds, minus zero, and keys that JavaScript sorts first. Text inside strings may match too; that only costs time.
 */
export const RISKY_JSON = /[:,[\s](?:-0|-?\d{16}|-?\d+[.eE])|[{,\s]"\d+"\s*:/;

/**
 * What JSON.parse is specified to make of a text. From V8 12.9 on (Node 23) it may give a key that is spelled with an escape as one that
 * ends there, once an object with such a key was seen: after `{"a":[],"\\\\":0}`, `{"a":0,"\\u0062":0}` has no "b" but a "\\"
 * (nodejs/node#63785, open in Node 26).
 *
 * @throws {SyntaxError} As JSON.parse.
 */
export function parsePlain(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return MISTAKES_KEYS && hasEscapedKey(text) ? new LosslessParser(text, { isPlain: true }).parse() : value;
}

const MISTAKES_KEYS = (() => {
  JSON.parse('{"mistakes keys":[],"\\\\":0}');
  return !Object.hasOwn(JSON.parse('{"mistakes keys":0,"\\u0062":0}') as object, "b");
})();

function hasEscapedKey(text: string): boolean {
  for (let at = text.indexOf("\\"); at >= 0; at = text.indexOf("\\", at)) {
    at = endOfString(text, at);
    while (text.charCodeAt(at) <= 0x20) at++;
    if (text[at] === ":") return true;
  }
  return false;
}

/**
 * Parse text that JSON.parse has accepted: the same values, but integers beyond 2^53 are bigint, and objects and arrays remember
 * their spelling where it is not the one `writeJson` would choose.
 *
 * @throws {FieldError} For a number too large for a double, an integer of thousands of digits, and absurd nesting.
 */
export function parseLossless(text: string): unknown {
  return new LosslessParser(text).parse();
}

/** Put the lossless values of some members into a row that JSON.parse made of the same text. */
export function restoreMembers(row: Record<string, unknown>, text: string, names: ReadonlySet<string>): void {
  new LosslessParser(text).restore(row, names);
}

/** Of one text. The outermost is always remembered; those inside matter when a part of it changes, and hostile texts have millions. */
const MAX_INNER_SPELLINGS = 10_000;

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /[^,\]} \t\n\r]*/y;
const NEXT_BRACKET = /["[\]{}]/g;

class LosslessParser {
  readonly #text: string;
  /** Numbers are doubles, and nothing remembers its spelling. */
  readonly #isPlain: boolean;
  #at = 0;
  /** Whether what was read of the innermost container has a spelling of its own; whether it holds what could not be saved. */
  #spelled = false;
  #broken = false;
  #remembered = 0;

  constructor(text: string, { isPlain = false } = {}) {
    this.#text = text;
    this.#isPlain = isPlain;
  }

  parse(): unknown {
    this.#space();
    return this.#value(0);
  }

  restore(row: Record<string, unknown>, names: ReadonlySet<string>): void {
    this.#space();
    this.#at++;
    while (this.#toNextMember()) {
      const key = this.#key();
      const start = this.#at;
      this.#skip();
      if (!names.has(key)) continue;
      try {
        // From a text of its own: what it remembers must not keep the whole line in memory.
        define(row, key, parseLossless(Buffer.from(this.#text.slice(start, this.#at)).toString()));
      } catch (error) {
        throw within(key, error);
      }
    }
  }

  #value(depth: number): unknown {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === "{" || first === "[") return this.#container(first === "[", depth);
    return this.#scalar();
  }

  #container(isArray: boolean, depth: number): object {
    if (depth >= MAX_JSON_DEPTH) throw new FieldError("", `it is nested more than ${MAX_JSON_DEPTH} deep`);
    const start = this.#at++;
    const [spelledBefore, brokenBefore] = [this.#spelled, this.#broken];
    this.#spelled = false;
    this.#broken = false;
    const value = isArray ? this.#items(depth + 1) : this.#members(depth + 1);
    this.#at++;
    if (!this.#isPlain && this.#spelled && !this.#broken && (depth === 0 || this.#remembered++ < MAX_INNER_SPELLINGS))
      remember(value, this.#text.slice(start, this.#at));
    this.#spelled ||= spelledBefore;
    this.#broken ||= brokenBefore;
    return value;
  }

  #items(depth: number): unknown[] {
    const items: unknown[] = [];
    for (this.#space(); this.#text[this.#at] !== "]"; this.#space()) {
      if (this.#text[this.#at] === ",") {
        this.#at++;
        this.#space();
      }
      try {
        items.push(this.#value(depth));
      } catch (error) {
        throw within(`[${items.length}]`, error);
      }
    }
    return items;
  }

  #members(depth: number): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    const keys: string[] = [];
    while (this.#toNextMember()) {
      const key = this.#key();
      keys.push(key);
      try {
        define(value, key, this.#value(depth));
      } catch (error) {
        throw within(key, error);
      }
    }
    const kept = Object.keys(value);
    if (kept.length !== keys.length || kept.some((key, index) => key !== keys[index])) this.#spelled = true;
    return value;
  }

  /** To the key of the next member, or to the closing brace. */
  #toNextMember(): boolean {
    this.#space();
    if (this.#text[this.#at] === ",") {
      this.#at++;
      this.#space();
    }
    return this.#text[this.#at] !== "}";
  }

  #key(): string {
    const key = this.#string();
    this.#space();
    this.#at++; // the colon
    this.#space();
    return key;
  }

  #string(): string {
    const start = this.#at;
    this.#at = endOfString(this.#text, start);
    const content = this.#text.slice(start + 1, this.#at - 1);
    if (!content.includes("\\")) return content;
    const value = JSON.parse(this.#text.slice(start, this.#at)) as string;
    // What could not be saved by itself must not be saved by its spelling either.
    if (!value.isWellFormed()) this.#broken = true;
    return value;
  }

  #scalar(): unknown {
    const start = this.#at;
    SCALAR.lastIndex = start;
    SCALAR.test(this.#text);
    this.#at = SCALAR.lastIndex;
    const text = this.#text.slice(start, this.#at);
    if (text === "true") return true;
    if (text === "false") return false;
    if (text === "null") return null;
    const value = Number(text);
    if (this.#isPlain) return value;
    const isInteger = /^-?\d+$/.test(text);
    if (isInteger && text.length > MAX_INTEGER_DIGITS)
      throw new FieldError("", `an integer of ${text.length} digits is more than the ${MAX_INTEGER_DIGITS} allowed`);
    if (isInteger && !Number.isSafeInteger(value)) return BigInt(text);
    if (!Number.isFinite(value)) throw new FieldError("", `the number ${text.slice(0, 40)} is too large for a double`);
    if (spellNumber(value) !== text) this.#spelled = true;
    return value;
  }

  #space(): void {
    if (this.#text.charCodeAt(this.#at) > 0x20) return;
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  /** Past a value, without making it. */
  #skip(): void {
    const first = this.#text[this.#at];
    if (first === '"') {
      this.#at = endOfString(this.#text, this.#at);
    } else if (first === "{" || first === "[") {
      let depth = 0;
      do {
        NEXT_BRACKET.lastIndex = this.#at;
        NEXT_BRACKET.test(this.#text);
        this.#at = NEXT_BRACKET.lastIndex;
        const char = this.#text[this.#at - 1];
        if (char === '"') this.#at = endOfString(this.#text, this.#at - 1);
        else depth += char === "{" || char === "[" ? 1 : -1;
      } while (depth > 0);
    } else {
      SCALAR.lastIndex = this.#at;
      SCALAR.test(this.#text);
      this.#at = SCALAR.lastIndex;
    }
  }
}

/** Just past the closing quote of the string that opens, or has an escape, at `start`. */
function endOfString(text: string, start: number): number {
  let end = start;
  do end = text.indexOf('"', end + 1);
  while (isEscaped(text, end));
  return end + 1;
}

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
