import type { TextBuffer } from "../columnar/byte-buffer.js";
import { damaged } from "../columnar/damage.js";
import { unpack } from "./hybrid.js";
import { MAX_PAGE_BYTES } from "./limits.js";

/*
 * The delta encodings: differences of integers in blocks, and byte strings by lengths that are encoded so.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC
 */

export interface DeltaBytes {
  readonly bytes: TextBuffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** @returns The values, and where they end. */
export function decodeDeltaInt32(bytes: Uint8Array, count: number): { values: Int32Array; end: number } {
  const values = new Int32Array(count);
  const stream = new DeltaStream(bytes, count);
  let value = Number(BigInt.asIntN(32, stream.first));
  let filled = 0;
  if (count > 0) values[filled++] = value;
  const deltas = new Int32Array(stream.miniblockValues);
  while (filled < count) {
    const least = Number(BigInt.asIntN(32, stream.beginBlock()));
    for (let miniblock = 0; miniblock < stream.miniblocks && filled < count; miniblock++) {
      const wanted = Math.min(stream.miniblockValues, count - filled);
      stream.miniblock(miniblock, wanted, 32, (at, bitWidth) => unpack(bytes, at, bitWidth, deltas, 0, wanted));
      for (let index = 0; index < wanted; index++) {
        value = (value + least + deltas[index]!) | 0;
        values[filled++] = value;
      }
    }
  }
  return { values, end: stream.at };
}

/** @returns Two words for each, the lower first. */
export function decodeDeltaInt64(bytes: Uint8Array, count: number): Int32Array {
  const values = new BigInt64Array(count);
  const stream = new DeltaStream(bytes, count);
  let value = BigInt.asIntN(64, stream.first);
  let filled = 0;
  if (count > 0) values[filled++] = value;
  while (filled < count) {
    const least = stream.beginBlock();
    for (let miniblock = 0; miniblock < stream.miniblocks && filled < count; miniblock++) {
      const wanted = Math.min(stream.miniblockValues, count - filled);
      stream.miniblock(miniblock, wanted, 64, (at, bitWidth) => {
        for (let index = 0; index < wanted; index++) {
          value = BigInt.asIntN(64, value + least + bitsAt(bytes, at * 8 + index * bitWidth, bitWidth));
          values[filled++] = value;
        }
      });
    }
  }
  return new Int32Array(values.buffer);
}

function bitsAt(bytes: Uint8Array, bit: number, bitWidth: number): bigint {
  let value = 0n;
  let at = bit;
  for (let have = 0; have < bitWidth; ) {
    const taken = Math.min(8 - (at & 7), bitWidth - have);
    const part = (bytes[at >> 3]! >> (at & 7)) & ((1 << taken) - 1);
    value |= BigInt(part) << BigInt(have);
    have += taken;
    at += taken;
  }
  return value;
}

export function decodeDeltaLengths(bytes: Uint8Array, count: number): DeltaBytes {
  const { values: lengths, end } = decodeDeltaInt32(bytes, count);
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  let at = end;
  for (let index = 0; index < count; index++) {
    starts[index] = at;
    at += lengths[index]!;
    if (lengths[index]! < 0 || at > bytes.length) damaged("a value reaches over the end of its page");
    ends[index] = at;
  }
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as TextBuffer, starts, ends };
}

/** Each value is the beginning of the one before it, and a rest. */
export function decodeDeltaByteArrays(page: Uint8Array, count: number): DeltaBytes {
  const { values: shared, end } = decodeDeltaInt32(page, count);
  const rests = decodeDeltaLengths(page.subarray(end), count);
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const before = index === 0 ? 0 : ends[index - 1]! - starts[index - 1]!;
    if (shared[index]! < 0 || shared[index]! > before) damaged("a value begins as more than the one before it");
    starts[index] = total;
    total += shared[index]! + rests.ends[index]! - rests.starts[index]!;
    if (total > MAX_PAGE_BYTES) damaged(`the values of a page have more than ${MAX_PAGE_BYTES} bytes`);
    ends[index] = total;
  }
  const bytes = Buffer.allocUnsafe(total) as TextBuffer;
  for (let index = 0; index < count; index++) {
    const start = starts[index]!;
    if (index > 0) bytes.copyWithin(start, starts[index - 1]!, starts[index - 1]! + shared[index]!);
    bytes.set(rests.bytes.subarray(rests.starts[index]!, rests.ends[index]!), start + shared[index]!);
  }
  return { bytes, starts, ends };
}

/** The headers of DELTA_BINARY_PACKED: of all, and of each block. */
class DeltaStream {
  readonly first: bigint;
  readonly miniblocks: number;
  readonly miniblockValues: number;
  at = 0;
  readonly #bytes: Uint8Array;
  #widths = 0;

  constructor(bytes: Uint8Array, count: number) {
    this.#bytes = bytes;
    const blockValues = Number(this.#varint());
    this.miniblocks = Number(this.#varint());
    const total = Number(this.#varint());
    this.first = this.#zigzag();
    this.miniblockValues = blockValues / this.miniblocks;
    const isPossible =
      this.miniblocks > 0 && this.miniblocks <= 512 && this.miniblockValues % 8 === 0 && blockValues <= 1 << 20;
    if (!isPossible && total > 1) damaged(`differences in ${this.miniblocks} blocks of ${this.miniblockValues}`);
    if (total !== count) damaged(`a page holds ${total} differences and claims ${count} values`);
    if (!isPossible) this.miniblockValues = 0;
  }

  /** @returns The least difference of the block. */
  beginBlock(): bigint {
    const least = this.#zigzag();
    this.#widths = this.at;
    this.at += this.miniblocks;
    if (this.at > this.#bytes.length) damaged("a block of differences is cut off");
    return least;
  }

  /** Writers may leave out what follows the last value. */
  miniblock(index: number, wanted: number, widest: number, decode: (at: number, bitWidth: number) => void): void {
    const bitWidth = this.#bytes[this.#widths + index]!;
    if (bitWidth > widest || this.at + Math.ceil((wanted * bitWidth) / 8) > this.#bytes.length)
      damaged("a block of differences is cut off");
    decode(this.at, bitWidth);
    this.at = Math.min(this.at + (bitWidth * this.miniblockValues) / 8, this.#bytes.length);
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) return damaged("a block of differences is cut off");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return damaged("a difference has more than 64 bits");
  }
}
