import { Damage, damaged } from "./damage.js";

/*
 * LZ4 blocks, which Parquet calls LZ4_RAW. https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 * Own code: the packages for it are native, unmaintained, or know frames only.
 */

const MIN_MATCH = 4;
/** The last match begins at least 12 bytes before the end, and the last 5 bytes are literals. */
const LAST_MATCH_START = 12;
const LAST_LITERALS = 5;
const MAX_DISTANCE = 0xffff;
const HASH_BITS = 16;
/** After 2^6 failures to find a match the search takes steps of two, and so on. */
const SKIP_TRIGGER = 6;

const table = new Int32Array(1 << HASH_BITS);

export function lz4Compress(input: Uint8Array): Uint8Array {
  const out = new Uint8Array(input.length + Math.ceil(input.length / 255) + 16);
  table.fill(-1);
  let at = 0;
  let anchor = 0;
  let to = 0;
  let misses = 1 << SKIP_TRIGGER;
  const limit = input.length - LAST_MATCH_START;
  while (at < limit) {
    const word = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = table[slot]!;
    table[slot] = at;
    if (candidate < 0 || at - candidate > MAX_DISTANCE || !sameWord(input, candidate, at)) {
      at += misses++ >> SKIP_TRIGGER;
      continue;
    }
    misses = 1 << SKIP_TRIGGER;
    let start = at;
    let match = candidate;
    while (start > anchor && match > 0 && input[start - 1] === input[match - 1]) {
      start--;
      match--;
    }
    let end = at + MIN_MATCH;
    for (let from = candidate + MIN_MATCH; end < input.length - LAST_LITERALS && input[end] === input[from]; from++)
      end++;
    to = writeSequence(out, to, input, anchor, start, start - match, end - start);
    anchor = end;
    at = end;
  }
  to = writeSequence(out, to, input, anchor, input.length, 0, 0);
  return out.subarray(0, to);
}

function sameWord(input: Uint8Array, a: number, b: number): boolean {
  return (
    input[a] === input[b] &&
    input[a + 1] === input[b + 1] &&
    input[a + 2] === input[b + 2] &&
    input[a + 3] === input[b + 3]
  );
}

/** Literals, then a match; the last sequence has none. */
function writeSequence(
  out: Uint8Array,
  start: number,
  input: Uint8Array,
  literalStart: number,
  literalEnd: number,
  distance: number,
  matchLength: number,
): number {
  const literals = literalEnd - literalStart;
  const extra = matchLength - MIN_MATCH;
  let to = start;
  out[to++] = (Math.min(literals, 15) << 4) | (matchLength > 0 ? Math.min(extra, 15) : 0);
  if (literals >= 15) to = writeLength(out, to, literals - 15);
  if (literals > 64) out.set(input.subarray(literalStart, literalEnd), to);
  else for (let index = 0; index < literals; index++) out[to + index] = input[literalStart + index]!;
  to += literals;
  if (matchLength === 0) return to;
  out[to++] = distance & 0xff;
  out[to++] = distance >> 8;
  return extra >= 15 ? writeLength(out, to, extra - 15) : to;
}

function writeLength(out: Uint8Array, start: number, length: number): number {
  let to = start;
  let rest = length;
  for (; rest >= 255; rest -= 255) out[to++] = 255;
  out[to++] = rest;
  return to;
}

/** @throws {Damage} If the block does not decompress to exactly so many bytes. */
export function lz4Decompress(input: Uint8Array, byteLength: number): Uint8Array {
  const out = new Uint8Array(byteLength);
  if (decompressBlock(input, out, 0) !== byteLength)
    damaged("a compressed page does not hold as many bytes as it claims");
  return out;
}

/**
 * What Parquet's old codec LZ4 really is: blocks in Hadoop's frames; some writers wrote a bare block.
 *
 * @throws {Damage} If neither decompresses to exactly so many bytes.
 */
export function lz4HadoopDecompress(input: Uint8Array, byteLength: number): Uint8Array {
  const out = new Uint8Array(byteLength);
  return decompressFrames(input, out) ? out : lz4Decompress(input, byteLength);
}

/**
 * A frame is the length of its bytes and blocks that make them, each behind its own length; both lengths are big-endian. Hadoop
 * compresses 256 kB at a time: a page of more is a frame of several blocks.
 */
function decompressFrames(input: Uint8Array, out: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  try {
    let to = 0;
    for (let at = 0; at < input.length; ) {
      const frameEnd = to + view.getUint32(at);
      if (frameEnd > out.length) return false;
      at += 4;
      while (to < frameEnd) {
        const blockEnd = at + 4 + view.getUint32(at);
        if (blockEnd > input.length) return false;
        to = decompressBlock(input.subarray(at + 4, blockEnd), out.subarray(0, frameEnd), to);
        at = blockEnd;
      }
    }
    return to === out.length;
  } catch (error) {
    // Lengths or blocks that are none.
    if (error instanceof Damage || error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * Into `out` from `start` on.
 *
 * @param earliest From where on it may repeat what is before it: frames of others link their blocks.
 * @returns Where it ends.
 * @throws {Damage} If it is no block, or does not fit.
 */
export function decompressBlock(input: Uint8Array, out: Uint8Array, start: number, earliest = start): number {
  let at = 0;
  let to = start;
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble < 15) return total;
    for (let byte = 255; byte === 255; total += byte) {
      if (at >= input.length) damaged("a compressed page is cut off");
      byte = input[at++]!;
    }
    return total;
  };
  while (at < input.length) {
    const token = input[at++]!;
    const literals = length(token >> 4);
    if (at + literals > input.length || to + literals > out.length) damaged("a compressed page is not LZ4");
    if (literals > 16) out.set(input.subarray(at, at + literals), to);
    else for (let index = 0; index < literals; index++) out[to + index] = input[at + index]!;
    at += literals;
    to += literals;
    if (at === input.length) break;
    if (at + 2 > input.length) damaged("a compressed page is cut off");
    const distance = input[at]! | (input[at + 1]! << 8);
    at += 2;
    const matchLength = length(token & 0xf) + MIN_MATCH;
    if (distance === 0 || distance > to - earliest || to + matchLength > out.length)
      damaged("a compressed page is not LZ4");
    if (distance >= matchLength && matchLength > 16) out.copyWithin(to, to - distance, to - distance + matchLength);
    else for (let index = 0; index < matchLength; index++) out[to + index] = out[to - distance + index]!;
    to += matchLength;
  }
  return to;
}
