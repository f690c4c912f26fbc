import type { ByteSource } from "../../bytes/byte-source.js";
import { NewerFormatError } from "../../errors.js";
import { decodeLine, encodeLine, lowByteFirst, MAX_LINE_BYTES } from "./answer-line.js";
import { ENTRY_WORDS } from "./key-index.js";

/*
 * A segment is written by one process, from its first line to its last:
 *
 *   {"format":1}                       what this is
 *   {"key":…}                          answers, in the order in which they were kept
 *   {"index":"…"}                      when it is sealed: where each answer is, so that opening reads no answers
 *   {"sealed":1,"index":     98304}    always of the same length, so that it can be found from the end
 *
 * A segment whose writer died has no index; it ends in a line that may be torn, and is read from the beginning.
 */

const FORMAT = 1;
const READ_BYTES = 1 << 20;

export const HEADER = encodeLine(JSON.stringify({ format: FORMAT }));

export interface ScannedLine {
  readonly offset: number;
  /** With its end. This and `json` are valid until the next lines are asked for. */
  readonly bytes: Buffer;
  /** Undefined if these are not the bytes that were written. */
  readonly json: Buffer | undefined;
}

/**
 * The lines of a segment from `start`, which is a line's, to the last whole one; `end` is where that ends. Memory: a megabyte, or the
 * longest line.
 *
 * @throws {NewerFormatError} If it was written by a version that this one does not know.
 */
export async function* scanLines(
  source: ByteSource,
  start: number,
  { path, signal }: { path: string; signal?: AbortSignal | undefined },
): AsyncGenerator<{ lines: ScannedLine[]; end: number }> {
  let held: Buffer = Buffer.alloc(0);
  let heldAt = start;
  let skipping = false;
  for (let at = start; at < source.byteLength; ) {
    // As much again as is held: a long line is joined a few times only.
    const to = Math.min(source.byteLength, at + Math.max(READ_BYTES, held.length));
    const bytes = await source.read(at, to, { signal });
    const buffer =
      held.length === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.concat([held, bytes]);
    at = to;
    const lines: ScannedLine[] = [];
    let lineAt = 0;
    for (let lineEnd = buffer.indexOf(0x0a); lineEnd >= 0; lineEnd = buffer.indexOf(0x0a, lineAt)) {
      const json = skipping ? undefined : decodeLine(buffer.subarray(lineAt, lineEnd));
      if (json && heldAt + lineAt === 0) assertKnown(json, path);
      lines.push({ offset: heldAt + lineAt, bytes: buffer.subarray(lineAt, lineEnd + 1), json });
      skipping = false;
      lineAt = lineEnd + 1;
    }
    held = buffer.subarray(lineAt);
    heldAt += lineAt;
    if (held.length > MAX_LINE_BYTES) {
      skipping = true;
      heldAt += held.length;
      held = Buffer.alloc(0);
    }
    if (lines.length > 0) yield { lines, end: heldAt };
  }
}

/** The two lines that seal a segment of so many bytes. */
export function encodeIndex(entries: Uint32Array, byteLength: number): Buffer {
  const bytes = lowByteFirst(Buffer.from(new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength)));
  return Buffer.concat([encodeLine(JSON.stringify({ index: bytes.toString("base64") })), encodeTrailer(byteLength)]);
}

/**
 * Where the answers of a sealed segment are: `ENTRY_WORDS` words each, as in `KeyIndex`. Undefined if it is not sealed, or its index is not
 * what was written: then it is to be scanned.
 */
export async function readIndex(source: ByteSource, path: string): Promise<Uint32Array | undefined> {
  const trailer = await readTrailer(source, path);
  if (!trailer) return undefined;
  const json = jsonOf(await source.read(trailer.index, source.byteLength - TRAILER_BYTES));
  const { index } = json ? (JSON.parse(json.toString()) as { index?: unknown }) : {};
  if (typeof index !== "string") return undefined;
  const bytes = lowByteFirst(Buffer.from(index, "base64"));
  return new Uint32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / 4 / ENTRY_WORDS) * ENTRY_WORDS);
}

export async function isSealed(source: ByteSource, path: string): Promise<boolean> {
  return (await readTrailer(source, path)) !== undefined;
}

async function readTrailer(source: ByteSource, path: string): Promise<{ index: number } | undefined> {
  const start = source.byteLength - TRAILER_BYTES;
  const trailer = start < 0 ? undefined : jsonOf(await source.read(start, source.byteLength));
  if (!trailer?.subarray(0, SEALED_START.length).equals(SEALED_START)) return undefined;
  assertKnown(trailer, path);
  const { index } = JSON.parse(trailer.toString()) as { index?: unknown };
  return typeof index === "number" && index >= 0 && index <= start ? { index } : undefined;
}

function encodeTrailer(indexAt: number): Buffer {
  return encodeLine(`{"sealed":${FORMAT},"index":${String(indexAt).padStart(16)}}`);
}
const TRAILER_BYTES = encodeTrailer(0).length;
const SEALED_START = Buffer.from('{"sealed":');

function jsonOf(bytes: Uint8Array): Buffer | undefined {
  if (bytes.at(-1) !== 0x0a) return undefined;
  return decodeLine(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - 1));
}

function assertKnown(json: Buffer, path: string): void {
  const { format, sealed = format } = JSON.parse(json.toString()) as { format?: unknown; sealed?: unknown };
  if (typeof sealed === "number" && sealed > FORMAT) throw new NewerFormatError(path, String(sealed), FORMAT);
}
