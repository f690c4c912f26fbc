import { InputError } from "../errors.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** How many bytes of a text are looked at one by one before `indexOf` is called: it is fast, but a call costs as much as this many. */
const SHORT_TEXT_BYTES = 32;

const PLAIN = 1;
const SPACE = 2;
const NEWLINE = 3;
const COMMA = 4;
const OPEN = 5;
const CLOSE = 6;
const TEXT = 7;

/** What a byte is outside of a text. All but these, left at 0, is not JSON there; NaN and Infinity are left to JSON.parse, whose error is read. */
const KIND = new Uint8Array(256);
for (const [chars, kind] of [
  ["-+.0123456789eE:truefalsenullNaNInfinity", PLAIN],
  [" \t\r", SPACE],
  ["\n", NEWLINE],
  [",", COMMA],
  ["[{", OPEN],
  ["]}", CLOSE],
  ['"', TEXT],
] as const) {
  for (const char of chars) KIND[char.charCodeAt(0)] = kind;
}

export function isSpace(byte: number): boolean {
  return KIND[byte] === SPACE || KIND[byte] === NEWLINE;
}

/**
 * Finds where a JSON value ends, over any number of chunks. Knows texts, escapes and depth, not grammar: what lies between start and end is
 * for JSON.parse to judge. A byte that no JSON has outside of a text is refused at once, so that a lost quotation mark is found where it
 * is and does not swallow the rest of the file.
 */
export class JsonScanner {
  /** 1-based, of the byte that comes next. Line ends inside texts are not counted: JSON has none there. */
  line: number;
  /** Where the chunk that is scanned starts in the file. */
  chunkStart = 0;
  readonly #path: string;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;

  constructor(path: string, line = 1) {
    this.#path = path;
    this.line = line;
  }

  /**
   * @param at Where the value starts, or, for a value that began in an earlier chunk, 0.
   * @returns The index after its last byte; -1 if it goes on in the next chunk.
   */
  valueEnd(bytes: Buffer, at: number): number {
    const end = bytes.length;
    let depth = this.#depth;
    let index = at;
    let isComplete = false;
    while (index < end && !isComplete) {
      if (this.#isInText) {
        index = this.#textEnd(bytes, index);
        if (index < 0) break;
        isComplete = depth === 0;
        continue;
      }
      switch (KIND[bytes[index]!]) {
        case PLAIN:
          index++;
          break;
        case TEXT:
          this.#isInText = true;
          index++;
          break;
        case COMMA:
        case SPACE:
          // At depth 0 only a number or a word can be open: it ends before this.
          if (depth === 0) isComplete = true;
          else index++;
          break;
        case NEWLINE:
          if (depth === 0) isComplete = true;
          else {
            this.line++;
            index++;
          }
          break;
        case OPEN:
          depth++;
          index++;
          break;
        case CLOSE:
          if (depth === 0) isComplete = true;
          else {
            depth--;
            index++;
            isComplete = depth === 0;
          }
          break;
        default:
          throw this.#strange(bytes, index);
      }
    }
    this.#depth = depth;
    return isComplete ? index : -1;
  }

  /** @returns The index of the next byte that is no space; the length of `bytes` if there is none. */
  skipSpace(bytes: Buffer, at: number): number {
    let index = at;
    for (; index < bytes.length; index++) {
      const kind = KIND[bytes[index]!];
      if (kind === NEWLINE) this.line++;
      else if (kind !== SPACE) break;
    }
    return index;
  }

  #textEnd(bytes: Buffer, at: number): number {
    const end = bytes.length;
    let index = at;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      index++;
    }
    while (index < end) {
      const near = Math.min(end, index + SHORT_TEXT_BYTES);
      while (index < near) {
        const byte = bytes[index];
        if (byte === QUOTE) {
          this.#isInText = false;
          return index + 1;
        }
        index += byte === BACKSLASH ? 2 : 1;
      }
      if (index >= end) break;
      const quote = bytes.indexOf(QUOTE, index);
      const stop = quote < 0 ? end : quote;
      let backslashes = 0;
      while (stop - 1 - backslashes >= index && bytes[stop - 1 - backslashes] === BACKSLASH) backslashes++;
      const isEscaped = backslashes % 2 === 1;
      if (quote >= 0 && !isEscaped) {
        this.#isInText = false;
        return quote + 1;
      }
      index = stop + (isEscaped ? 1 : 0);
    }
    this.#isEscaped = index > end;
    return -1;
  }

  #strange(bytes: Buffer, index: number): InputError {
    const byte = bytes[index]!;
    const shown = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16)}`;
    return new InputError(
      this.#path,
      `${shown} at byte ${this.chunkStart + index} is not JSON: it is outside of a text; a quotation mark may be missing before it`,
      { damaged: true, line: this.line },
    );
  }
}
