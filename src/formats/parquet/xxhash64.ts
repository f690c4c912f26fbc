/*
 * XXH64 with seed 0, by which Parquet's bloom filters find their bits. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 * On pairs of 32 bits: BigInt takes twenty times as long.
 */

type Pair = readonly [high: number, low: number];

const P1: Pair = [0x9e3779b1, 0x85ebca87];
const P2: Pair = [0xc2b2ae3d, 0x27d4eb4f];
const P3: Pair = [0x165667b1, 0x9e3779f9];
const P4: Pair = [0x85ebca77, 0xc2b2ae63];
const P5: Pair = [0x27d4eb2f, 0x165667c5];

/** The result of the last operation: pairs made anew would cost more than the arithmetic. */
let high = 0;
let low = 0;

const lanes = new Int32Array(8);

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
    [high, low] = P5;
  }
  add(0, end - start);
  for (; at + 8 <= end; at += 8) {
    const [accHigh, accLow] = [high, low];
    round(0, 0, word(bytes, at + 4), word(bytes, at));
    xor(accHigh, accLow);
    rotateLeft(27);
    multiply(P1);
    add(P4[0], P4[1]);
  }
  if (at + 4 <= end) {
    const [accHigh, accLow] = [high, low];
    high = 0;
    low = word(bytes, at);
    multiply(P1);
    xor(accHigh, accLow);
    rotateLeft(23);
    multiply(P2);
    add(P3[0], P3[1]);
    at += 4;
  }
  for (; at < end; at++) {
    const [accHigh, accLow] = [high, low];
    high = 0;
    low = bytes[at]!;
    multiply(P5);
    xor(accHigh, accLow);
    rotateLeft(11);
    multiply(P1);
  }
  shiftXor(33);
  multiply(P2);
  shiftXor(29);
  multiply(P3);
  shiftXor(32);
  result.high = high | 0;
  result.low = low | 0;
  return result;
}

const result = { high: 0, low: 0 };

/** Stripes of 32 bytes in four lanes, then the lanes into one. @returns Where they end. */
function stripes(bytes: Uint8Array, start: number, end: number): number {
  setLane(0, ...sum(P1, P2));
  setLane(1, P2[0], P2[1]);
  setLane(2, 0, 0);
  setLane(3, ...negative(P1));
  let at = start;
  for (; at + 32 <= end; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      round(lanes[lane * 2]!, lanes[lane * 2 + 1]!, word(bytes, at + lane * 8 + 4), word(bytes, at + lane * 8));
      setLane(lane, high, low);
    }
  }
  let [sumHigh, sumLow] = [0, 0];
  for (const [lane, bits] of [1, 7, 12, 18].entries()) {
    high = lanes[lane * 2]!;
    low = lanes[lane * 2 + 1]!;
    rotateLeft(bits);
    add(sumHigh, sumLow);
    [sumHigh, sumLow] = [high, low];
  }
  for (let lane = 0; lane < 4; lane++) {
    round(0, 0, lanes[lane * 2]!, lanes[lane * 2 + 1]!);
    xor(sumHigh, sumLow);
    multiply(P1);
    add(P4[0], P4[1]);
    [sumHigh, sumLow] = [high, low];
  }
  return at;
}

function setLane(lane: number, laneHigh: number, laneLow: number): void {
  lanes[lane * 2] = laneHigh;
  lanes[lane * 2 + 1] = laneLow;
}

function round(accHigh: number, accLow: number, inputHigh: number, inputLow: number): void {
  high = inputHigh;
  low = inputLow;
  multiply(P2);
  add(accHigh, accLow);
  rotateLeft(31);
  multiply(P1);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function add(otherHigh: number, otherLow: number): void {
  const lowSum = (low >>> 0) + (otherLow >>> 0);
  low = lowSum | 0;
  high = (high + otherHigh + (lowSum > 0xffffffff ? 1 : 0)) | 0;
}

function xor(otherHigh: number, otherLow: number): void {
  high ^= otherHigh;
  low ^= otherLow;
}

/** By digits of 16 bits, whose products and their sums doubles hold exactly. */
function multiply([otherHigh, otherLow]: Pair): void {
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
  const rotated = (high << bits) | (low >>> (32 - bits));
  low = (low << bits) | (high >>> (32 - bits));
  high = rotated;
}

function shiftXor(bits: number): void {
  if (bits === 32) {
    low ^= high;
  } else if (bits > 32) {
    low ^= high >>> (bits - 32);
  } else {
    low ^= (low >>> bits) | (high << (32 - bits));
    high ^= high >>> bits;
  }
}

function sum(a: Pair, b: Pair): Pair {
  [high, low] = a;
  add(b[0], b[1]);
  return [high, low];
}

function negative([otherHigh, otherLow]: Pair): Pair {
  return sum([~otherHigh, ~otherLow], [0, 1]);
}
