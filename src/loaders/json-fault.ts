/** Where a text stops being JSON. */
export interface JsonFault {
  /** Index of the first character, or of the word, that no JSON has there; the length of the text if it only ends too early. */
  readonly at: number;
  /** `more`: a whole value stands before it. */
  readonly kind: "ends early" | "more" | "strange";
}

const SPACE = /[ \t\n\r]*/y;
/** Whatever is neither space, text nor punctuation: what should be a number, true, false or null. */
const WORD = /[^\s,:"[\]{}]*/y;
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const ESCAPE = /(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const BROKEN_ESCAPE = /(?:u[\dA-Fa-f]{0,3})?/y;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

type Expected = "value" | "first item" | "first key" | "key" | "colon" | "comma or end" | "nothing";

/**
 * The first fault of a text, or undefined for JSON. Finds itself what JSON.parse found, since the errors of that differ between versions
 * of V8 and mostly have no position.
 */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ("array" | "object")[] = [];
  let expected: Expected = "value";
  const afterValue = (): Expected => (open.length === 0 ? "nothing" : "comma or end");
  const fault = (where: number): JsonFault => ({ at: where, kind: where < text.length ? "strange" : "ends early" });

  let at = matchEnd(SPACE, text, 0);
  for (; at < text.length; at = matchEnd(SPACE, text, at)) {
    const char: string = text[at]!;
    const wantsValue: boolean = expected === "value" || expected === "first item";
    if (expected === "nothing") return { at, kind: "more" };
    if (char === '"' && (wantsValue || expected === "key" || expected === "first key")) {
      const end = textEnd(text, at + 1);
      if (end.isFault) return fault(end.at);
      at = end.at;
      expected = wantsValue ? afterValue() : "colon";
    } else if ((char === "[" || char === "{") && wantsValue) {
      open.push(char === "[" ? "array" : "object");
      expected = char === "[" ? "first item" : "first key";
      at++;
    } else if (char === "]" && open.at(-1) === "array" && (expected === "first item" || expected === "comma or end")) {
      open.pop();
      expected = afterValue();
      at++;
    } else if (char === "}" && open.at(-1) === "object" && (expected === "first key" || expected === "comma or end")) {
      open.pop();
      expected = afterValue();
      at++;
    } else if (char === "," && expected === "comma or end") {
      expected = open.at(-1) === "array" ? "value" : "key";
      at++;
    } else if (char === ":" && expected === "colon") {
      expected = "value";
      at++;
    } else if (wantsValue) {
      const end = matchEnd(WORD, text, at);
      if (!SCALAR.test(text.slice(at, end))) return fault(end === text.length && open.length > 0 ? end : at);
      at = end;
      expected = afterValue();
    } else {
      return fault(at);
    }
  }
  return expected === "nothing" ? undefined : fault(text.length);
}

/** From the first character inside a text: behind its closing quotation mark, or where its fault is. */
function textEnd(text: string, start: number): { at: number; isFault: boolean } {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return { at: at + 1, isFault: false };
    if (code < 0x20) return { at, isFault: true };
    if (code !== BACKSLASH) continue;
    const end = matchEnd(ESCAPE, text, at + 1);
    if (end === at + 1) return { at: matchEnd(BROKEN_ESCAPE, text, at + 1), isFault: true };
    at = end - 1;
  }
  return { at: text.length, isFault: true };
}

/** Where the match of a sticky pattern, which may be empty, ends. */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
