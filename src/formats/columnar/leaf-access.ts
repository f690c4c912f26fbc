import { isUtf8 } from "node:buffer";
import type { ColumnValue } from "../../rows/column.js";
import {
  asFloat32,
  asFloat64,
  asInt32,
  asSafeInteger,
  asTimestamp,
  INT64_MAX,
  refuse,
} from "../../rows/column-rules.js";
import { compileDecoder } from "../../rows/decode.js";
import { FieldError } from "../../rows/field-error.js";
import { assertShallow, mayBeTooDeep } from "../../rows/json-depth.js";
import { parseLossless, parsePlain, RISKY_JSON } from "../../rows/lossless-json.js";
import type { TextBuffer } from "./byte-buffer.js";
import { float16 } from "./float16.js";
import { dateText, decimalText, hexText, instantText, int96Text, timeText } from "./foreign-texts.js";
import type { Stored } from "./stored.js";
import type { Values } from "./values.js";

/** Value `index`, as it is wanted. */
export type Access = (index: number) => unknown;

/** How values are made what is wanted. */
export type AccessTo = (values: Values) => Access;

export interface AccessOptions {
  /** The bytes are what was saved under exactly these columns. */
  isTrusted: boolean;
  /** A row type says what values may be; without one they are what they are, NaN too. */
  isTyped: boolean;
}

type Convert = (value: never) => unknown;

const TEXTS: readonly Stored["kind"][] = ["text", "uuid", "bytes", "date", "time", "decimal"];
const NUMBERS: readonly Stored["kind"][] = ["int32", "uint32", "int64", "uint64", "float16", "float32", "float64"];
const INTEGERS: readonly Stored["kind"][] = ["int32", "uint32", "int64", "uint64"];

/** Or undefined if a leaf of this kind cannot be read as that. */
export function leafAccess(stored: Stored, wanted: ColumnValue, options: AccessOptions): AccessTo | undefined {
  const { kind } = stored;
  const isChecked = options.isTyped && !options.isTrusted;
  const from = (convert?: Convert) => natural(stored, options, convert);
  if (kind === "nothing") return () => () => null;
  switch (wanted.type) {
    case "text":
      return TEXTS.includes(kind) ? from() : undefined;
    case "timestamp":
      if (kind === "text") return from(isChecked ? asTimestamp : undefined);
      return kind === "timestamp" || kind === "int96" ? from() : undefined;
    case "bool":
      return kind === "bool" ? from() : undefined;
    case "int32":
      if (!NUMBERS.includes(kind)) return undefined;
      return from(kind === "int32" ? undefined : asInt32);
    case "int64":
      if (wanted.bigint) return INTEGERS.includes(kind) ? naturalBigint(stored) : undefined;
      if (!NUMBERS.includes(kind)) return undefined;
      return from(INTEGERS.includes(kind) ? undefined : asSafeInteger);
    case "float64":
      if (kind === "decimal") return from(Number);
      if (!NUMBERS.includes(kind)) return undefined;
      return from(isChecked ? asFloat64 : undefined);
    case "float32":
      if (!NUMBERS.includes(kind)) return undefined;
      if (INTEGERS.includes(kind)) return from(asFloat32);
      if (kind === "float64") return from(nearestFloat32);
      return from(isChecked ? asFloat64 : undefined);
    case "json":
      if (kind === "json" || kind === "text") return perValue(from(), parseJson);
      return from();
    default:
      return kind === "json" || kind === "text" ? perValue(from(), jsonDecoder(wanted)) : undefined;
  }
}

/** Values out of a dictionary are converted once; those that are objects must not be shared by rows. */
function perValue(accessTo: AccessTo, convert: (text: string) => unknown): AccessTo {
  return (values) => {
    const access = accessTo(values);
    return (index) => convert(access(index) as string);
  };
}

function natural(stored: Stored, { isTrusted }: AccessOptions, convert: Convert | undefined): AccessTo {
  const finish = convert as ((value: unknown) => unknown) | undefined;
  return (values) => {
    const access = naturalOf(values, stored, isTrusted, finish);
    return finish && values.kind !== "indexed" ? (index) => finish(access(index)) : access;
  };
}

function naturalOf(
  values: Values,
  stored: Stored,
  isTrusted: boolean,
  finish: ((value: unknown) => unknown) | undefined,
): Access {
  switch (values.kind) {
    case "numbers": {
      const { array } = values;
      const convert = NUMBER_READERS[stored.kind as keyof typeof NUMBER_READERS] as
        | ((value: number) => unknown)
        | undefined;
      if (stored.kind === "decimal") return (index) => decimalText(BigInt(array[index]!), stored.scale);
      if (stored.kind === "time") return (index) => timeText(BigInt(array[index]!), stored.unit);
      return convert ? (index) => convert(array[index]!) : (index) => array[index];
    }
    case "int64s":
      return int64Access(values.words, stored);
    case "bytes": {
      const { bytes, starts, ends, areAscii } = values;
      const isText = stored.kind === "text" || stored.kind === "json";
      // Nothing can be wrong with ASCII, and nothing is faster to read.
      if (areAscii && isText) return (index) => bytes.latin1Slice(starts[index]!, ends[index]!);
      const read = bytesReader(stored, isTrusted);
      return (index) => read(bytes, starts[index]!, ends[index]!);
    }
    case "indexed": {
      const { dictionary, indexes } = values;
      const { bytes, starts, ends } = dictionary;
      const read = bytesReader(stored, isTrusted);
      const known = knownValues(dictionary, finish);
      return (index) => {
        const place = indexes[index]!;
        let value = known[place];
        if (value === undefined) {
          value = read(bytes, starts[place]!, ends[place]!);
          if (finish) value = finish(value);
          known[place] = value;
        }
        return value;
      };
    }
  }
}

/** What was made of a dictionary stays with it, from page to page. */
const KNOWN = new WeakMap<object, Map<unknown, unknown[]>>();

function knownValues(dictionary: { starts: Int32Array }, conversion: unknown): unknown[] {
  let byConversion = KNOWN.get(dictionary);
  if (!byConversion) {
    byConversion = new Map();
    KNOWN.set(dictionary, byConversion);
  }
  let known = byConversion.get(conversion);
  if (!known) {
    known = new Array(dictionary.starts.length);
    byConversion.set(conversion, known);
  }
  return known;
}

const NUMBER_READERS = {
  bool: (value: number) => value === 1,
  uint32: (value: number) => value >>> 0,
  date: (value: number) => dateText(value),
};

const HIGH = 2 ** 32;

function int64Access(words: Int32Array, stored: Stored): Access {
  const bigint = bigintAccess(words, stored.kind === "uint64");
  switch (stored.kind) {
    case "timestamp":
      return (index) => instantText(bigint(index), stored.unit, stored.isUtc);
    case "time":
      return (index) => timeText(bigint(index), stored.unit);
    case "decimal":
      return (index) => decimalText(bigint(index), stored.scale);
    default: {
      const isUnsigned = stored.kind === "uint64";
      return (index) => {
        const high = words[index * 2 + 1]!;
        const value = (isUnsigned ? high >>> 0 : high) * HIGH + (words[index * 2]! >>> 0);
        return Number.isSafeInteger(value) ? value : unsafe(bigint(index));
      };
    }
  }
}

function unsafe(value: bigint): never {
  throw new FieldError("", `${value} is beyond 2^53; declare the column as int64 with bigint`);
}

function bigintAccess(words: Int32Array, isUnsigned: boolean): (index: number) => bigint {
  const { buffer, byteOffset, length } = words;
  if (byteOffset % 8 !== 0) return bigintAccess(words.slice(), isUnsigned);
  const values = isUnsigned
    ? new BigUint64Array(buffer, byteOffset, length / 2)
    : new BigInt64Array(buffer, byteOffset, length / 2);
  return (index) => values[index]!;
}

function naturalBigint(stored: Stored): AccessTo {
  return (values) => {
    if (values.kind === "int64s") {
      const access = bigintAccess(values.words, stored.kind === "uint64");
      return (index) => {
        const value = access(index);
        return value <= INT64_MAX ? value : tooLarge(value);
      };
    }
    const access = naturalOf(values, stored, true, undefined);
    return (index) => BigInt(access(index) as number);
  };
}

function tooLarge(value: bigint): never {
  throw new FieldError("", `${value} is beyond 2^63, which no column holds; leave the column out to read the others`);
}

type ReadBytes = (bytes: TextBuffer, start: number, end: number) => unknown;

function bytesReader(stored: Stored, isTrusted: boolean): ReadBytes {
  switch (stored.kind) {
    case "text":
    case "json":
      return isTrusted ? (bytes, start, end) => bytes.utf8Slice(start, end) : readText;
    case "decimal":
      return (bytes, start, end) => decimalText(bigEndian(bytes, start, end), stored.scale);
    case "uuid":
      return (bytes, start, end) => hexText(bytes.subarray(start, end));
    case "float16":
      return (bytes, start) => float16(bytes.readUInt16LE(start));
    case "int96":
      return (bytes, start) => int96Text(bytes.readBigInt64LE(start), bytes.readInt32LE(start + 8));
    default:
      return (bytes, start, end) => bytes.toString("base64", start, end);
  }
}

const REPLACEMENT = "\ufffd";

function readText(bytes: TextBuffer, start: number, end: number): string {
  const text = bytes.utf8Slice(start, end);
  if (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(start, end)))
    throw new FieldError("", "its bytes are no UTF-8 text; leave the column out to read the others");
  return text;
}

function bigEndian(bytes: TextBuffer, start: number, end: number): bigint {
  if (start === end) return 0n;
  const hex = bytes.toString("hex", start, end);
  return BigInt.asIntN((end - start) * 8, BigInt(`0x${hex}`));
}

function nearestFloat32(value: number): number {
  const number = Math.fround(value);
  if (!Number.isFinite(number)) refuse(value, "a number within the range of a float32");
  return number;
}

export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = parsePlain(text);
  } catch {
    throw new FieldError("", `JSON is needed, it is the text ${JSON.stringify(text.slice(0, 40))}`);
  }
  if (mayBeTooDeep(text)) assertShallow(value);
  // What is risky is told by what is before it; a number by itself has nothing there.
  return typeof value === "number" || RISKY_JSON.test(text) ? parseLossless(text) : value;
}

/** Lists, structs, maps and vectors that are stored as JSON texts. */
function jsonDecoder(wanted: ColumnValue): (text: string) => unknown {
  const decoder = compileDecoder([{ ...wanted, name: "value" }], { check: true });
  return (text) => {
    try {
      return decoder.decode({ value: parseJson(text) })["value"];
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      throw new FieldError(error.field.replace(/^value\.?/, ""), error.reason);
    }
  };
}
