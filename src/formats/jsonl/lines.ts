import { constants, isUtf8 } from "node:buffer";
import type { ByteSource } from "../../bytes/byte-source.js";
import type { Piece } from "../../bytes/piece.js";
import { CorruptCheckpointError } from "../../errors.js";

/** Larger ones cost more in fresh memory than they save in calls (bench/jsonl.mjs). */
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** A Buffer with the method behind `toString("utf8", start, end)`: in every Node, undeclared, and a tenth of a load faster. */
export type SliceableBuffer = Buffer & { utf8Slice(start: number, end: number): string };

/** Bytes of whole lines. */
export type LineBlock = SliceableBuffer;

/**
 * A file from `start` in blocks of whole lines, about a megabyte each; a longer line makes a longer block. Only the last block may end
 * without a newline. Where pieces are known they are the blocks: they end where rows end.
 */
export async function* lineBlocks(
  source: ByteSource,
  {
    start,
    pieces,
    path,
    signal,
  }: { start: number; pieces: readonly Piece[] | undefined; path: string; signal: AbortSignal | undefined },
): AsyncGenerator<LineBlock> {
  const ends = pieces?.map((piece) => piece.byteEnd).filter((end) => end > start);
  let rest: Buffer[] = [];
  for (let at = start, next = 0; at < source.byteLength; ) {
    signal?.throwIfAborted();
    let to = Math.min(source.byteLength, at + CHUNK_BYTES);
    if (ends) {
      to = ends[next++]!;
      while (next < ends.length && ends[next]! - at <= CHUNK_BYTES) to = ends[next++]!;
    }
    const read = await source.read(at, to, { signal });
    const chunk = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
    at = to;
    const isWhole = ends !== undefined || at === source.byteLength;
    const end = isWhole ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield (
        rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...rest, chunk.subarray(0, end)])
      ) as SliceableBuffer;
      rest = [];
    }
    if (end < chunk.length) rest.push(chunk.subarray(end));
    if (rest.length * CHUNK_BYTES > constants.MAX_STRING_LENGTH) {
      throw new CorruptCheckpointError(
        path,
        `a line is longer than the ${constants.MAX_STRING_LENGTH} characters that fit into a string`,
      );
    }
  }
}

/** @throws {CorruptCheckpointError} For bytes that no UTF-8 text has. */
export function assertUtf8(bytes: Buffer, path: string, firstLine: number): void {
  if (isUtf8(bytes)) return;
  let line = firstLine;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  const isUtf16 = firstLine === 1 && (bytes.readUInt16BE(0) === 0xfffe || bytes.readUInt16BE(0) === 0xfeff);
  throw new CorruptCheckpointError(
    path,
    isUtf16 ? "it is UTF-16, not UTF-8; convert it" : "it is not UTF-8; convert it",
    { line },
  );
}
