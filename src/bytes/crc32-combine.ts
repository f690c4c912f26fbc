/** The polynomial of CRC-32, lowest power first in the highest bit, as checksums are. */
const POLYNOMIAL = 0xedb88320;
/** One: x to the power of zero. */
const ONE = 0x80000000;

/** x to the powers 8, 16, 32 …: what each bit of a number of bytes shifts by. */
const SHIFTS = Array.from({ length: 31 }, (_, bit) => {
  let shift = ONE >>> 8;
  for (let squared = 0; squared < bit; squared++) shift = multiply(shift, shift);
  return shift;
});

/**
 * The CRC-32 of two runs of bytes, one behind the other, from those of both.
 *
 * A checksum is a remainder of polynomials: what more bytes do to the first one is a shift. So bytes that are in a page and in a piece are
 * gone through once.
 */
export function combineCrc32(first: number, second: number, secondByteLength: number): number {
  let shifted = first;
  for (let bit = 0, rest = secondByteLength; rest > 0; bit++, rest >>>= 1)
    if (rest & 1) shifted = multiply(shifted, SHIFTS[bit]!);
  return (shifted ^ second) >>> 0;
}

/** Modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return product >>> 0;
}
