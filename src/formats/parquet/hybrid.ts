import type { ByteBuffer } from "../columnar/byte-buffer.js";
import { damaged } from "../columnar/damage.js";

/*
 * Parquet's RLE / bit-packing hybrid, in which levels and indexes into a dictionary are written: runs of one value, and groups of
 * eight values packed into bits. https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */

/** A run's header is a varint that counts groups; 63 of them are the most that one byte counts. */
const MOST_PACKED = 63 * 8;

export class HybridEncoder {
  readonly #out: ByteBuffer;
  readonly #bitWidth: number;
  readonly #packed = new Int32Array(MOST_PACKED);
  #packedCount = 0;

  constructor(out: ByteBuffer, bitWidth: number) {
    this.#out = out;
    this.#bitWidth = bitWidth;
  }

  push(value: number, count: number): void {
    let rest = count;
    // Packed values come in groups of eight: the last one is filled before a run may follow.
    while (rest > 0 && (rest < 8 || this.#packedCount % 8 !== 0)) {
      if (this.#packedCount === MOST_PACKED) this.#flush();
      this.#packed[this.#packedCount++] = value;
      rest--;
    }
    if (rest === 0) return;
    this.#flush();
    this.#out.varint(rest * 2);
    for (let bits = 0; bits < this.#bitWidth; bits += 8) this.#out.byte((value >>> bits) & 0xff);
  }

  finish(): void {
    while (this.#packedCount % 8 !== 0) this.#packed[this.#packedCount++] = 0;
    this.#flush();
  }

  #flush(): void {
    const count = this.#packedCount;
    if (count === 0) return;
    this.#packedCount = 0;
    const groups = count / 8;
    this.#out.varint((groups << 1) | 1);
    pack(this.#packed, count, this.#bitWidth, this.#out);
  }
}

/** The lowest bit first, of a multiple of eight values. Sixteen bits at a time: more would not fit beside what is left of the ones before. */
function pack(values: Int32Array, count: number, bitWidth: number, out: ByteBuffer): void {
  out.reserve((count * bitWidth) / 8);
  const { bytes } = out;
  let at = out.length;
  let bits = 0;
  let have = 0;
  for (let index = 0; index < count; index++) {
    for (let shift = 0; shift < bitWidth; shift += 16) {
      bits |= ((values[index]! >>> shift) & 0xffff) << have;
      for (have += Math.min(16, bitWidth - shift); have >= 8; have -= 8) {
        bytes[at++] = bits;
        bits >>>= 8;
      }
    }
  }
  out.length = at;
}

/** How many bits a value up to this one takes. */
export function bitWidthOf(largest: number): number {
  return 32 - Math.clz32(largest);
}

/** What is counted on the way: of runs at once, which is why it is counted there. */
export interface Tally {
  /** Which value is counted. */
  readonly of: number;
  count: number;
  largest: number;
}

/**
 * Fill `out` with the values of a hybrid stream.
 *
 * @throws {Damage} If it ends too early, or a run is impossible.
 */
export function decodeHybrid(
  bytes: Uint8Array,
  start: number,
  end: number,
  bitWidth: number,
  out: Uint8Array | Int32Array,
  tally?: Tally,
): void {
  if (bitWidth > 32) damaged(`values of ${bitWidth} bits`);
  let at = start;
  for (let filled = 0; filled < out.length; ) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) damaged("a run of levels or indexes is cut off");
      const byte = bytes[at++]!;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const isPacked = header % 2 === 1;
    const count = Math.floor(header / 2);
    if (isPacked) {
      const wanted = Math.min(count * 8, out.length - filled);
      const packedEnd = at + count * bitWidth;
      // The last group may be cut where its values end.
      if (count === 0 || at + Math.ceil((wanted * bitWidth) / 8) > end) damaged("packed levels or indexes are cut off");
      unpack(bytes, at, bitWidth, out, filled, wanted);
      if (tally) countEach(out, filled, filled + wanted, tally);
      filled += wanted;
      at = Math.min(packedEnd, end);
    } else {
      const byteWidth = (bitWidth + 7) >> 3;
      if (count === 0 || at + byteWidth > end) damaged("a run of levels or indexes is cut off");
      let value = 0;
      for (let byte = 0; byte < byteWidth; byte++) value |= bytes[at++]! << (byte * 8);
      const runEnd = Math.min(filled + count, out.length);
      out.fill(value, filled, runEnd);
      if (tally) countRun(value, runEnd - filled, tally);
      filled = runEnd;
    }
  }
}

function countRun(value: number, count: number, tally: Tally): void {
  if (value === tally.of) tally.count += count;
  if (value > tally.largest) tally.largest = value;
}

export function countEach(values: Uint8Array | Int32Array, start: number, end: number, tally: Tally): void {
  const { of } = tally;
  let { count, largest } = tally;
  for (let index = start; index < end; index++) {
    const value = values[index]!;
    if (value === of) count++;
    if (value > largest) largest = value;
  }
  tally.count = count;
  tally.largest = largest;
}

/** Values of `bitWidth` bits each, the lowest bit first. */
export function unpack(
  bytes: Uint8Array,
  start: number,
  bitWidth: number,
  out: Uint8Array | Int32Array,
  from: number,
  count: number,
): void {
  if (bitWidth === 0) {
    out.fill(0, from, from + count);
    return;
  }
  let at = start;
  let to = from;
  if (bitWidth === 1) {
    for (; to < from + count; to += 8) {
      const byte = bytes[at++]!;
      // What is behind the last one is written over, or outside of the array, which ignores it.
      out[to] = byte & 1;
      out[to + 1] = (byte >> 1) & 1;
      out[to + 2] = (byte >> 2) & 1;
      out[to + 3] = (byte >> 3) & 1;
      out[to + 4] = (byte >> 4) & 1;
      out[to + 5] = (byte >> 5) & 1;
      out[to + 6] = (byte >> 6) & 1;
      out[to + 7] = (byte >> 7) & 1;
    }
    return;
  }
  if (bitWidth <= 24) {
    const mask = (1 << bitWidth) - 1;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // A value lies within four bytes, which are read at once where there are four.
    const last = Math.min(count, Math.floor(((bytes.length - 4 - start) * 8) / bitWidth));
    for (let bit = 0; to < from + last; to++, bit += bitWidth)
      out[to] = (view.getUint32(start + (bit >> 3), true) >>> (bit & 7)) & mask;
  }
  if (to === from + count) return;
  const modulus = 2 ** bitWidth;
  const bit = (to - from) * bitWidth;
  at = start + (bit >> 3);
  let have = bit & 7 ? 8 - (bit & 7) : 0;
  let bits = have > 0 ? bytes[at++]! >> (bit & 7) : 0;
  for (; to < from + count; to++) {
    for (; have < bitWidth; have += 8) bits += bytes[at++]! * 2 ** have;
    out[to] = bits % modulus;
    bits = Math.floor(bits / modulus);
    have -= bitWidth;
  }
}

/** Levels in BIT_PACKED, which old files have: without runs, the highest bit first. */
export function unpackHighFirst(bytes: Uint8Array, start: number, bitWidth: number, out: Uint8Array): number {
  const byteLength = Math.ceil((out.length * bitWidth) / 8);
  if (start + byteLength > bytes.length) damaged("packed levels are cut off");
  let bit = start * 8;
  for (let index = 0; index < out.length; index++) {
    let value = 0;
    for (let width = 0; width < bitWidth; width++, bit++)
      value = (value << 1) | ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1);
    out[index] = value;
  }
  return start + byteLength;
}
