import { spellFloat } from "./spell-float.js";

/**
 * A float32 by the shortest digits from which `Math.fround` gives it back: 0.1, where the same value as a double is
 * 0.10000000149011612. About half the bytes, and faster to write and to read, than those (bench/jsonl.mjs); numpy prints the same.
 */
export function spellFloat32(value: number): string {
  if (value === 0) return spellFloat(value);
  for (let precision = 1; precision < MOST_DIGITS; precision++) {
    const short = Number(value.toPrecision(precision));
    if (Math.fround(short) === value) return spellFloat(short);
  }
  return spellFloat(Number(value.toPrecision(MOST_DIGITS)));
}

/** Tell any two float32 apart. */
const MOST_DIGITS = 9;

/** `[0.1,1.0]`: each number as `spellFloat32` spells it. All must be finite. */
export function spellVector(vector: Float32Array): string {
  if (scratch.length < vector.length * MOST_CHARS + 1)
    scratch = Buffer.allocUnsafeSlow(vector.length * MOST_CHARS * 2 + 1);
  let end = 0;
  scratch[end++] = OPENING_BRACKET;
  for (let index = 0; index < vector.length; index++) {
    if (index > 0) scratch[end++] = COMMA;
    end = writeFloat32(vector[index]!, end);
  }
  scratch[end++] = CLOSING_BRACKET;
  return scratch.toString("latin1", 0, end);
}

// "-1.1754943e-38" and a comma, with room.
const MOST_CHARS = 24;
const [ZERO, MINUS, POINT, COMMA, OPENING_BRACKET, CLOSING_BRACKET] = [48, 45, 46, 44, 91, 93] as const;
let scratch = Buffer.alloc(0);

/** Digits are put into bytes, not strings: a tenth of the time of `String(value)`, and most of a save of vectors. */
function writeFloat32(value: number, at: number): number {
  const magnitude = Math.abs(value);
  let decimals = magnitude >= 1e-4 && magnitude < 16 ? FEWEST_DECIMALS : MOST_DECIMALS + 1;
  for (; decimals <= MOST_DECIMALS; decimals++) {
    const scale = SCALES[decimals]!;
    const digits = Math.round(magnitude * scale);
    // Both are exact and division rounds correctly, so this is the very double that a reader makes of the text.
    if (digits <= INT32_MAX && Math.fround(digits / scale) === magnitude)
      return writeDecimals(value < 0, digits, decimals, at);
  }
  const text = spellFloat32(value);
  return at + scratch.write(text, at, "latin1");
}

// Below 16, half the distance to the next float32 is less than half of 1e-6: if fewer decimals do, six give the same digits and zeros.
const FEWEST_DECIMALS = 6;
// Nine digits of 1e-4.
const MOST_DECIMALS = 13;
const INT32_MAX = 2 ** 31 - 1;
const SCALES = Float64Array.from({ length: MOST_DECIMALS + 1 }, (_, decimals) => 10 ** decimals);

function writeDecimals(isNegative: boolean, digits: number, decimals: number, at: number): number {
  let rest = digits | 0;
  let places = decimals;
  while (places > 1 && rest % 10 === 0) {
    rest = (rest / 10) | 0;
    places--;
  }
  if (isNegative) scratch[at++] = MINUS;
  const point = at + (rest >= 10 * SCALES[places]! ? 2 : 1);
  const end = point + 1 + places;
  for (let place = end - 1; place > point; place--) {
    const tenth = (rest / 10) | 0;
    scratch[place] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  scratch[point] = POINT;
  for (let place = point - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0;
    scratch[place] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}
