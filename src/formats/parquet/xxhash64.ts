/*
 * XXH64 with seed 0, by which Parquet's bloom filters find their bits. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 * On halves of 32 bits: BigInt takes twenty times as long.
 */

const P1_HIGH = 0x9e3779b1 | 0;
const P1_LOW = 0x85ebca87 | 0;
const P2_HIGH = 0xc2b2ae3d | 0;
const P2_LOW = 0x27d4eb4f;
const P3_HIGH = 0x165667b1;
const P3_LOW = 0x9e3779f9 | 0;
const P4_HIGH = 0x85ebca77 | 0;
const P4_LOW = 0xc2b2ae63 | 0;
const P5_HIGH = 0x27d4eb2f;
const P5_LOW = 0x165667c5;

/** What operations work on, and leave their result in: pairs made anew would cost more than the arithmetic. */
let high = 0;
let low = 0;

const lanes = new Int32Array(8);
/** P1 + P2, P2, 0 and -P1. */
const LANES = Int32Array.of(0x60ea27ee, 0xadc0b5d6, P2_HIGH, P2_LOW, 0, 0, 0x61c8864e, 0x7a143579);
const LANE_ROTATIONS = [1, 7, 12, 18] as const;

const result = { high: 0, low: 0 };

/** @returns The hash as two signed halves of 32 bits; the same object each time. */
export function xxhash64(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly high: number; readonly low: number } {
  let at = start;
  if (end - start >= 32) {
    at = stripes(bytes, start, end);
  } else {
    high = P5_HIGH;
    low = P5_LOW;
  }
  add(0, end - start);
  for (; at + 8 <= end; at += 8) {
    const accHigh = high;
    const accLow = low;
    round(0, 0, word(bytes, at + 4), word(bytes, at));
    high ^= accHigh;
    low ^= accLow;
    rotateLeft(27);
    multiply(P1_HIGH, P1_LOW);
    add(P4_HIGH, P4_LOW);
  }
  if (at + 4 <= end) {
    const accHigh = high;
    const accLow = low;
    high = 0;
    low = word(bytes, at);
    multiply(P1_HIGH, P1_LOW);
    high ^= accHigh;
    low ^= accLow;
    rotateLeft(23);
    multiply(P2_HIGH, P2_LOW);
    add(P3_HIGH, P3_LOW);
    at += 4;
  }
  for (; at < end; at++) {
    const accHigh = high;
    const accLow = low;
    high = 0;
    low = bytes[at]!;
    multiply(P5_HIGH, P5_LOW);
    high ^= accHigh;
    low ^= accLow;
    rotateLeft(11);
    multiply(P1_HIGH, P1_LOW);
  }
  shiftXor(33);
  multiply(P2_HIGH, P2_LOW);
  shiftXor(29);
  multiply(P3_HIGH, P3_LOW);
  low ^= high;
  result.high = high;
  result.low = low;
  return result;
}

/** Stripes of 32 bytes in four lanes, then the lanes into one. @returns Where they end. */
function stripes(bytes: Uint8Array, start: number, end: number): number {
  lanes.set(LANES);
  let at = start;
  for (; at + 32 <= end; at += 32) {
    for (let lane = 0; lane < 8; lane += 2) {
      round(lanes[lane]!, lanes[lane + 1]!, word(bytes, at + lane * 4 + 4), word(bytes, at + lane * 4));
      lanes[lane] = high;
      lanes[lane + 1] = low;
    }
  }
  let sumHigh = 0;
  let sumLow = 0;
  for (let lane = 0; lane < 4; lane++) {
    high = lanes[lane * 2]!;
    low = lanes[lane * 2 + 1]!;
    rotateLeft(LANE_ROTATIONS[lane]!);
    add(sumHigh, sumLow);
    sumHigh = high;
    sumLow = low;
  }
  for (let lane = 0; lane < 8; lane += 2) {
    round(0, 0, lanes[lane]!, lanes[lane + 1]!);
    high ^= sumHigh;
    low ^= sumLow;
    multiply(P1_HIGH, P1_LOW);
    add(P4_HIGH, P4_LOW);
    sumHigh = high;
    sumLow = low;
  }
  return at;
}

function round(accHigh: number, accLow: number, inputHigh: number, inputLow: number): void {
  high = inputHigh;
  low = inputLow;
  multiply(P2_HIGH, P2_LOW);
  add(accHigh, accLow);
  rotateLeft(31);
  multiply(P1_HIGH, P1_LOW);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function add(otherHigh: number, otherLow: number): void {
  const before = low;
  low = (low + otherLow) | 0;
  // The sum wrapped around if it is below either part.
  high = (high + otherHigh + (low >>> 0 < before >>> 0 ? 1 : 0)) | 0;
}

/** The lower halves by digits of 16 bits, whose products and their sums doubles hold exactly. */
function multiply(otherHigh: number, otherLow: number): void {
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const b0 = otherLow & 0xffff;
  const b1 = otherLow >>> 16;
  const first = a1 * b0 + ((a0 * b0) >>> 16);
  const second = a0 * b1 + (first & 0xffff);
  const carried = a1 * b1 + ((first / 0x10000) >>> 0) + ((second / 0x10000) >>> 0);
  high = (carried + Math.imul(high, otherLow) + Math.imul(low, otherHigh)) | 0;
  low = Math.imul(low, otherLow);
}

function rotateLeft(bits: number): void {
  const before = high;
  high = (high << bits) | (low >>> (32 - bits));
  low = (low << bits) | (before >>> (32 - bits));
}

function shiftXor(bits: number): void {
  if (bits > 32) {
    low ^= high >>> (bits - 32);
  } else {
    low ^= (low >>> bits) | (high << (32 - bits));
    high ^= high >>> bits;
  }
}
