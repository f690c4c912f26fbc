import type { ByteSource } from "../../bytes/byte-source.js";
import type { Piece } from "../../bytes/piece.js";
import { CorruptCheckpointError } from "../../errors.js";

/** More at once is not faster (bench/jsonl.mjs). */
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/**
 * Of one row's line, in bytes. V8's limit for a string is 512 MB, but JSON.parse makes up to forty times as much of a hostile text,
 * and a process dies where its heap ends: 1 to 4 GB by default.
 */
export const MAX_LINE_BYTES = 32 << 20;

/** A Buffer with the method behind `toString("utf8", start, end)`: in every Node, undeclared, and a tenth of a load faster. */
export type SliceableBuffer = Buffer & { utf8Slice(start: number, end: number): string };

/** Bytes of whole lines, good until the next block is asked for. */
export type LineBlock = SliceableBuffer;

export interface LineBlockOptions {
  /** Where to begin: the start of a line, and of a piece if pieces are known. */
  start: number;
  pieces: readonly Piece[] | undefined;
  path: string;
  /** The number of the first line that was not in a block yet, from 1: for messages. */
  nextLine: () => number;
  signal: AbortSignal | undefined;
}

/**
 * A file from `start` in blocks of whole lines, about a megabyte each; a longer line makes a longer block. Only the last block may end
 * without a newline. Where pieces are known they are the blocks: they end where rows end.
 *
 * @throws {CorruptCheckpointError} For a line that is longer than MAX_LINE_BYTES.
 */
export function lineBlocks(source: ByteSource, options: LineBlockOptions): AsyncGenerator<LineBlock> {
  return options.pieces ? pieceBlocks(source, options.pieces, options) : chunkBlocks(source, options);
}

async function* pieceBlocks(
  source: ByteSource,
  pieces: readonly Piece[],
  { start, signal }: LineBlockOptions,
): AsyncGenerator<LineBlock> {
  const memory = new Uint8Array(CHUNK_BYTES * 2);
  let next = pieces.findIndex((piece) => piece.byteEnd > start);
  for (let at = start; at < source.byteLength; ) {
    signal?.throwIfAborted();
    let to = pieces[next++]!.byteEnd;
    while (next < pieces.length && pieces[next]!.byteEnd - at <= CHUNK_BYTES) to = pieces[next++]!.byteEnd;
    yield asBuffer(await source.read(at, to, { signal, into: memory }));
    at = to;
  }
}

async function* chunkBlocks(
  source: ByteSource,
  { start, path, nextLine, signal }: LineBlockOptions,
): AsyncGenerator<LineBlock> {
  const memory = new Uint8Array(CHUNK_BYTES);
  // The line that the last chunk began and did not end, in pieces: joining them one by one would be quadratic.
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  for (let at = start; at < source.byteLength; ) {
    signal?.throwIfAborted();
    const to = Math.min(source.byteLength, at + CHUNK_BYTES);
    const chunk = asBuffer(await source.read(at, to, { signal, into: memory }));
    at = to;
    const isLast = at === source.byteLength;
    const firstEnd = begun.length === 0 ? 0 : isLast ? endOfLine(chunk, 0) : chunk.indexOf(NEWLINE) + 1;
    const lastEnd = isLast ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
    if (firstEnd > 0) {
      yield Buffer.concat([...begun, chunk.subarray(0, firstEnd)]) as SliceableBuffer;
      begun = [];
      begunBytes = 0;
    }
    if (lastEnd > firstEnd) yield chunk.subarray(firstEnd, lastEnd) as SliceableBuffer;
    if (lastEnd === chunk.length) continue;
    begun.push(Uint8Array.from(chunk.subarray(lastEnd)));
    begunBytes += chunk.length - lastEnd;
    if (begunBytes > MAX_LINE_BYTES) {
      const line = nextLine();
      const reason = `the line is longer than the ${MAX_LINE_BYTES} bytes that a row may have`;
      throw new CorruptCheckpointError(path, reason, { line, row: line - 1 });
    }
  }
}

function endOfLine(bytes: Buffer, start: number): number {
  const newline = bytes.indexOf(NEWLINE, start);
  return newline < 0 ? bytes.length : newline + 1;
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): SliceableBuffer {
  return Buffer.from(buffer, byteOffset, byteLength) as SliceableBuffer;
}
