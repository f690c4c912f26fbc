import { InputError } from "../errors.js";
import { parsePlain } from "../rows/lossless-json.js";
import { JsonScanner } from "./json-scanner.js";
import type { LayoutKind } from "./loader.js";

export interface Layout {
  readonly kind: LayoutKind;
  /** Of the array in `member`; `before` are the names of the members before it. */
  readonly member?: {
    readonly name: string;
    readonly before: readonly string[];
    readonly start: number;
    readonly line: number;
  };
}

const OPEN_ARRAY = "[".charCodeAt(0);
const CLOSE_ARRAY = "]".charCodeAt(0);
const OPEN_OBJECT = "{".charCodeAt(0);
const CLOSE_OBJECT = "}".charCodeAt(0);
const COLON = ":".charCodeAt(0);
const COMMA = ",".charCodeAt(0);

/**
 * How a file is laid out, by its first bytes. An object may be a line of many, a conversation by itself, or the wrapping of an array: it
 * is a wrapping if the first element of one of its arrays is a conversation, a line if it ends on the line where it begins.
 *
 * @param isWhole Whether `head` is all there is.
 * @returns undefined if that takes more bytes; null if it starts as no JSON array or object does.
 */
export function layoutOf(
  path: string,
  head: Buffer,
  { isWhole, isConversation }: { isWhole: boolean; isConversation: (value: unknown) => boolean },
): Layout | undefined | null {
  const scanner = new JsonScanner(path);
  const start = scanner.skipSpace(head, 0);
  if (start === head.length && !isWhole) return undefined;
  if (head[start] === OPEN_ARRAY) return { kind: "array" };
  if (head[start] !== OPEN_OBJECT) return null;

  const walk = walkObject(path, scanner, head, start, isConversation);
  if (walk.member) return { kind: "member", member: walk.member };
  if (!walk.isOver && !isWhole) return undefined;
  return { kind: walk.isOneLine ? "lines" : "single" };
}

interface Walk {
  /** The object has ended, or is broken. */
  isOver: boolean;
  isOneLine: boolean;
  member?: NonNullable<Layout["member"]>;
}

function walkObject(
  path: string,
  scanner: JsonScanner,
  head: Buffer,
  start: number,
  isConversation: (value: unknown) => boolean,
): Walk {
  const firstLine = scanner.line;
  const walk = (isOver: boolean): Walk => ({ isOver, isOneLine: scanner.line === firstLine });
  try {
    const before: string[] = [];
    let at = start + 1;
    for (;;) {
      const keyStart = scanner.skipSpace(head, at);
      if (keyStart >= head.length) return walk(false);
      if (head[keyStart] === CLOSE_OBJECT) return walk(true);
      const keyEnd = scanner.valueEnd(head, keyStart);
      const colon = keyEnd < 0 ? head.length : scanner.skipSpace(head, keyEnd);
      if (colon < head.length && head[colon] !== COLON) return walk(true);
      const valueStart = scanner.skipSpace(head, colon + 1);
      if (valueStart >= head.length) return walk(false);

      const name = JSON.parse(head.toString("utf8", keyStart, keyEnd)) as string;
      if (head[valueStart] === OPEN_ARRAY && isConversation(firstElement(path, head, valueStart))) {
        return { ...walk(false), member: { name, before, start: valueStart, line: scanner.line } };
      }
      before.push(name);
      const valueEnd = scanner.valueEnd(head, valueStart);
      const next = valueEnd < 0 ? head.length : scanner.skipSpace(head, valueEnd);
      if (next >= head.length) return walk(false);
      if (head[next] !== COMMA) return walk(true);
      at = next + 1;
    }
  } catch (error) {
    // Not JSON: whoever parses it says so, with its place.
    if (error instanceof InputError || error instanceof SyntaxError) return walk(true);
    throw error;
  }
}

/** undefined if there is none, if it is not all there yet, or if it is not JSON. */
function firstElement(path: string, head: Buffer, arrayStart: number): unknown {
  const scanner = new JsonScanner(path);
  const start = scanner.skipSpace(head, arrayStart + 1);
  if (start >= head.length || head[start] === CLOSE_ARRAY) return undefined;
  const end = scanner.valueEnd(head, start);
  if (end < 0) return undefined;
  try {
    return parsePlain(head.toString("utf8", start, end));
  } catch {
    return undefined;
  }
}
