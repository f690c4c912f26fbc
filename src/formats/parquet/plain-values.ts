import type { ByteBuffer } from "../columnar/byte-buffer.js";
import type { PhysicalType } from "./metadata.js";

/** How values of one kind are written in PLAIN encoding, and what may be known of many. */
export interface PlainType {
  readonly physical: PhysicalType;
  /** Of every value, or undefined where each begins with its length. */
  readonly width: number | undefined;
  /** Whether values that occur again are worth being looked for. Not of floats: they seldom do, and a Map takes 0 and -0 for one. */
  readonly hasDictionary: boolean;
  put(out: ByteBuffer, value: never): void;
  range(): Range<never> | undefined;
}

/** The least and the greatest of the values it was shown. */
export interface Range<V> {
  extend(value: V): void;
  /** In PLAIN encoding, texts without length; undefined where there is no value. */
  bounds(): Bounds | undefined;
}

export interface Bounds {
  readonly min: Uint8Array;
  /** Undefined if there is no short text above all values. */
  readonly max: Uint8Array | undefined;
  readonly isMinExact: boolean;
  readonly isMaxExact: boolean;
}

export const TEXT: PlainType = {
  physical: "BYTE_ARRAY",
  width: undefined,
  hasDictionary: true,
  put: (out, value: string) => {
    out.reserve(4 + value.length * 3);
    const { bytes, length: start } = out;
    const byteLength = bytes.utf8Write(value, start + 4);
    bytes.writeUInt32LE(byteLength, start);
    out.length = start + 4 + byteLength;
  },
  range: () => new TextRange(),
};

/** One byte a value; pages pack eight into one. */
export const BOOL: PlainType = {
  physical: "BOOLEAN",
  width: 1,
  hasDictionary: false,
  put: (out, value: boolean) => out.byte(value ? 1 : 0),
  range: () => new NumberRange((out, value: boolean) => out.writeUInt8(value ? 1 : 0), 1),
};

export const INT32: PlainType = number("INT32", 4, true, (bytes, value: number, at) => bytes.writeInt32LE(value, at));
export const INT64: PlainType = number("INT64", 8, true, writeSafeInteger);
export const BIGINT: PlainType = number("INT64", 8, true, (bytes, value: bigint, at) =>
  bytes.writeBigInt64LE(value, at),
);
export const FLOAT: PlainType = number("FLOAT", 4, false, (bytes, value: number, at) => bytes.writeFloatLE(value, at));
export const DOUBLE: PlainType = number("DOUBLE", 8, false, (bytes, value: number, at) =>
  bytes.writeDoubleLE(value, at),
);

function number<V extends number | bigint>(
  physical: PhysicalType,
  width: number,
  isInteger: boolean,
  write: (bytes: Buffer, value: V, at: number) => unknown,
): PlainType {
  return {
    physical,
    width,
    hasDictionary: isInteger,
    put: (out, value: V) => {
      out.reserve(width);
      write(out.bytes, value, out.length);
      out.length += width;
    },
    range: () => new NumberRange((bytes, value: V) => write(bytes, value, 0), width),
  };
}

function writeSafeInteger(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32LE(value | 0, at);
  bytes.writeInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

class NumberRange<V extends number | bigint | boolean> implements Range<V> {
  #min: V | undefined;
  #max: V | undefined;
  readonly #write: (bytes: Buffer, value: V) => unknown;
  readonly #width: number;

  constructor(write: (bytes: Buffer, value: V) => unknown, width: number) {
    this.#write = write;
    this.#width = width;
  }

  extend(value: V): void {
    if (this.#min === undefined || value < this.#min) this.#min = value;
    if (this.#max === undefined || value > this.#max) this.#max = value;
  }

  bounds(): Bounds | undefined {
    if (this.#min === undefined || this.#max === undefined) return undefined;
    // Zeros compare as equal: the format wants the lower one for the least, the upper one for the greatest.
    const min = this.#min === 0 ? (-0 as V) : this.#min;
    const max = this.#max === 0 ? (0 as V) : this.#max;
    return { min: this.#plain(min), max: this.#plain(max), isMinExact: true, isMaxExact: true };
  }

  #plain(value: V): Uint8Array {
    const bytes = Buffer.alloc(this.#width);
    this.#write(bytes, value);
    return bytes;
  }
}

/** In the order of their bytes, which is not that of JavaScript's strings where characters beyond U+FFFF are. */
class TextRange implements Range<string> {
  #min: string | undefined;
  #max: string | undefined;

  extend(value: string): void {
    if (this.#min === undefined || isBelow(value, this.#min)) this.#min = value;
    if (this.#max === undefined || isBelow(this.#max, value)) this.#max = value;
  }

  bounds(): Bounds | undefined {
    if (this.#min === undefined || this.#max === undefined) return undefined;
    const min = Buffer.from(this.#min);
    const max = Buffer.from(this.#max);
    const least = min.subarray(0, startOfCharacter(min, LONGEST_BOUND));
    const greatest = max.length <= LONGEST_BOUND ? max : textAbove(max);
    return {
      min: least,
      max: greatest,
      isMinExact: least.length === min.length,
      isMaxExact: greatest?.length === max.length,
    };
  }
}

const LONGEST_BOUND = 64;

/** In the order of their UTF-8, without making it. */
function isBelow(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) < rank(right);
  }
  return a.length < b.length;
}

/** Surrogates, which stand for characters beyond all others, go behind the units that follow them. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** At or before `at`, where a character of the UTF-8 begins. */
function startOfCharacter(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) return bytes.length;
  let start = at;
  while ((bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}

/** A short text that is above all that begin as this one does: its last ASCII character is raised, which keeps it UTF-8. */
function textAbove(bytes: Uint8Array): Uint8Array | undefined {
  for (let end = startOfCharacter(bytes, LONGEST_BOUND); end > 0; end--) {
    const last = bytes[end - 1]!;
    if (last >= 0x7f) continue;
    const above = Uint8Array.from(bytes.subarray(0, end));
    above[end - 1] = last + 1;
    return above;
  }
  return undefined;
}
