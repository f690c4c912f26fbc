import { endianness } from "node:os";

const EXPONENTS = 2048;
const MANTISSAS = 2048;
/** Bits of the upper half's mantissa that are below those of the table. */
const REST = 9;

/**
 * What powers of positive numbers are looked up in: of each exponent that a float64 can have, 2 to it, and of `MANTISSAS` mantissas and the one
 * that follows, each raised to the power of `exponent`.
 */
export function powerTable(exponent: number): Float64Array {
  return Float64Array.from({ length: EXPONENTS + MANTISSAS + 1 }, (_, at) =>
    at < EXPONENTS ? 2 ** (exponent * (at - 1023)) : (1 + (at - EXPONENTS) / MANTISSAS) ** exponent,
  );
}

/**
 * x to the power that the table is of, to six digits, at a twentieth of the cost of `**`: the number's exponent and the first bits of its mantissa
 * each look up their part, with a straight line between two of the latter.
 */
export function powerBy(table: Float64Array): (x: number) => number {
  const number = new Float64Array(1);
  const halves = new Uint32Array(number.buffer);
  const upper = endianness() === "LE" ? 1 : 0;
  return (x) => {
    number[0] = x;
    const bits = halves[upper]!;
    const mantissa = bits & 0xfffff;
    const at = EXPONENTS + (mantissa >>> REST);
    const low = table[at]!;
    const part = (mantissa & ((1 << REST) - 1)) / (1 << REST);
    return table[bits >>> 20]! * (low + (table[at + 1]! - low) * part);
  };
}
