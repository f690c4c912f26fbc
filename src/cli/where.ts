import { displayWidth } from "../pipeline/visualise-text.js";
import type { Condition, FieldTest, Scalar } from "../rows/condition.js";
import { UsageError } from "./failure.js";

/**
 * `--where` as a condition. Nothing of it is ever evaluated as code.
 *
 *   any      = all { "or" all }
 *   all      = one { "and" one }
 *   one      = "not" one | "(" any ")" | field test
 *   test     = ( "=" | "==" | "!=" | ">" | ">=" | "<" | "<=" | "contains" ) value | "in" "(" value { "," value } ")" | "is" [ "not" ] "null"
 *   field    = name { "." name }        name = letters, digits, "_", "-" or anything in backticks
 *   value    = 'text' | "text" | number | true | false
 *
 * Words of the grammar may be in any case; a field called like one is put in backticks. In quotes, a backslash escapes as in JSON.
 *
 * @throws {UsageError} That shows the place and says what was expected there.
 */
export function parseWhere(text: string): Condition {
  const parser = new Parser(text);
  const condition = parser.any();
  parser.end();
  return condition;
}

interface Token {
  readonly kind: "word" | "name" | "value" | "sign" | "end";
  /** As written; for a backtick name, without the backticks. */
  readonly text: string;
  readonly value?: Scalar;
  readonly start: number;
}

const COMPARISONS: Readonly<Record<string, keyof FieldTest>> = {
  "=": "eq",
  "==": "eq",
  "!=": "ne",
  ">": "gt",
  ">=": "gte",
  "<": "lt",
  "<=": "lte",
  contains: "contains",
};
const WORDS = ["and", "or", "not", "is", "in", "null", "contains", "true", "false"];
/** Members of a condition that are no fields. */
const COMBINATORS = ["and", "or", "not"];
/** Deeper than anybody types; the parser and the test that is made of it are recursive. */
const MAX_DEPTH = 200;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  any(): Condition {
    const parts = [this.#all()];
    while (this.#takes("or")) parts.push(this.#all());
    return parts.length === 1 ? parts[0]! : { or: parts };
  }

  end(): void {
    if (this.#next.kind !== "end") throw this.#expected('"and", "or" or the end');
  }

  #all(): Condition {
    const parts = [this.#one()];
    while (this.#takes("and")) parts.push(this.#one());
    return parts.length === 1 ? parts[0]! : { and: parts };
  }

  #one(): Condition {
    if (++this.#depth > MAX_DEPTH)
      throw problem(this.#text, this.#next.start, `at most ${MAX_DEPTH} levels are allowed`);
    try {
      if (this.#takes("not")) return { not: this.#one() };
      if (!this.#takes("(")) return this.#fieldTest();
      const inner = this.any();
      if (!this.#takes(")")) throw this.#expected('"and", "or" or ")"');
      return inner;
    } finally {
      this.#depth--;
    }
  }

  #fieldTest(): Condition {
    const field = this.#field();
    const operator = this.#next;
    const comparison = COMPARISONS[keyword(operator)];
    if (comparison && operator.kind !== "name") {
      this.#at++;
      return { [field]: { [comparison]: this.#value() } };
    }
    if (this.#takes("in")) return { [field]: { in: this.#list() } };
    if (this.#takes("is")) {
      const isNull = !this.#takes("not");
      if (!this.#takes("null")) throw this.#expected(isNull ? '"null" or "not null"' : '"null"');
      return { [field]: { isNull } };
    }
    throw this.#expected(`a test of ${field}: = != > >= < <= contains in (…), is null, is not null`);
  }

  #field(): string {
    const start = this.#next.start;
    const names = [this.#name('a field, "not" or "("')];
    while (this.#takes(".")) names.push(this.#name("the rest of the field"));
    const [first] = names;
    if (names.length === 1 && COMBINATORS.includes(first!)) {
      throw problem(this.#text, start, `a field called "${first}" cannot be tested`);
    }
    return names.join(".");
  }

  #name(what: string): string {
    const token = this.#next;
    const isField = token.kind === "name" || (token.kind === "word" && !WORDS.includes(keyword(token)));
    if (!isField) {
      const isReserved = token.kind === "word";
      throw this.#expected(isReserved ? `${what}; a field of this name is written \`${token.text}\`` : what);
    }
    this.#at++;
    return token.text;
  }

  #list(): Scalar[] {
    if (!this.#takes("(")) throw this.#expected('"(" and a list of values');
    const values = [this.#value()];
    while (this.#takes(",")) values.push(this.#value());
    if (!this.#takes(")")) throw this.#expected('"," or ")"');
    return values;
  }

  #value(): Scalar {
    const token = this.#next;
    const word = keyword(token);
    const value = token.kind === "word" && (word === "true" || word === "false") ? word === "true" : token.value;
    if (value === undefined) {
      const hint =
        word === "null"
          ? '; null is tested by "is null"'
          : token.kind === "word"
            ? `; a text is in quotes: '${token.text}'`
            : "";
      throw this.#expected(`a value${hint}`);
    }
    this.#at++;
    return value;
  }

  #takes(word: string): boolean {
    const token = this.#next;
    if ((token.kind !== "word" && token.kind !== "sign") || keyword(token) !== word) return false;
    this.#at++;
    return true;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #expected(what: string): UsageError {
    return problem(this.#text, this.#next.start, `expected ${what}`);
  }
}

function keyword({ kind, text }: Token): string {
  return kind === "word" ? text.toLowerCase() : kind === "sign" ? text : "";
}

const SPACE = /\s*/y;
const NUMBER = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\p{L}\p{N}_])/iuy;
const WORD = /[\p{L}\p{N}_$][\p{L}\p{M}\p{N}_$-]*/uy;
const SIGN = /==|!=|>=|<=|[=<>(),.]/y;
const BACKTICK_NAME = /`((?:[^`]|``)+)`/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let start = skip(SPACE, text, 0); ; start = skip(SPACE, text, start)) {
    if (start === text.length) return [...found, { kind: "end", text: "", start }];
    const { token, end } = tokenAt(text, start, found.at(-1));
    found.push(token);
    start = end;
  }
}

function tokenAt(text: string, start: number, before: Token | undefined): { token: Token; end: number } {
  const take = (kind: Token["kind"], written: string, end: number, value?: Scalar) => ({
    token: { kind, text: written, start, ...(value !== undefined && { value }) },
    end,
  });
  const first = text[start]!;
  if (first === "'" || first === '"') {
    const { value, end } = quoted(text, start);
    return take("value", text.slice(start, end), end, value);
  }
  if (first === "`") {
    const name = match(BACKTICK_NAME, text, start);
    if (!name) throw problem(text, start, "expected a name and a closing backtick");
    return take("name", name[1]!.replaceAll("``", "`"), start + name[0].length);
  }
  // In `metadata.2024` neither ".2024" nor "2024" is a number.
  const isInField = before?.text === "." || (first === "." && (before?.kind === "word" || before?.kind === "name"));
  const number = isInField ? null : match(NUMBER, text, start);
  if (number) return take("value", number[0], start + number[0].length, numberOf(number[0], text, start));
  const word = match(WORD, text, start);
  if (word) return take("word", word[0], start + word[0].length);
  const sign = match(SIGN, text, start);
  if (sign) return take("sign", sign[0], start + sign[0].length);
  throw problem(text, start, "expected a field, a test, a value or a parenthesis");
}

/** Integers that a number would round are bigint. */
function numberOf(spelled: string, text: string, start: number): number | bigint {
  const value = Number(spelled);
  if (!Number.isFinite(value)) throw problem(text, start, "expected a number that is not beyond 1.8e308");
  if (Number.isSafeInteger(value) || !/^[+-]?\d+$/.test(spelled)) return value;
  return BigInt(spelled.replace(/^\+/, ""));
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

function quoted(text: string, start: number): { value: string; end: number } {
  const quote = text[start]!;
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === quote) return { value, end: at + 1 };
    if (character !== "\\") {
      value += character;
      continue;
    }
    at++;
    const escaped = text[at] ?? "";
    if (escaped === "u") {
      const digits = text.slice(at + 1, at + 5);
      if (!/^[0-9a-f]{4}$/i.test(digits)) throw problem(text, at - 1, "expected four hexadecimal digits after \\u");
      value += String.fromCharCode(Number.parseInt(digits, 16));
      at += 4;
    } else if (Object.hasOwn(ESCAPES, escaped)) value += ESCAPES[escaped];
    else if (escaped === "" || /[\\/'"`]/.test(escaped)) value += escaped;
    else
      throw problem(
        text,
        at - 1,
        `expected one of \\\\ \\' \\" \\n \\t \\r \\b \\f \\uXXXX; a backslash itself is written \\\\`,
      );
  }
  throw problem(text, start, `expected a closing ${quote}`);
}

function match(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}

function skip(pattern: RegExp, text: string, start: number): number {
  return start + (match(pattern, text, start)?.[0].length ?? 0);
}

/** The part of the text around the place, on one line, with a caret below. */
function problem(text: string, at: number, reason: string): UsageError {
  const from = Math.max(0, at - 50);
  const shown = text.slice(from, at + 30).replace(/\s/g, " ");
  const lead = from > 0 ? "…" : "";
  const caret = " ".repeat(lead.length + displayWidth(shown.slice(0, at - from)));
  return new UsageError(`Cannot understand --where: ${reason}\n  ${lead}${shown}\n  ${caret}^`);
}
