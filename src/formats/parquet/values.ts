import { damaged } from "../columnar/damage.js";
import { type ByteStrings, textBuffer, type Values } from "../columnar/values.js";
import { decodeDeltaByteArrays, decodeDeltaInt32, decodeDeltaInt64, decodeDeltaLengths } from "./delta.js";
import { valuesOfDictionary } from "./dictionary-values.js";
import { decodeHybrid, unpack } from "./hybrid.js";
import type { Encoding } from "./metadata.js";
import type { Leaf } from "./schema.js";

/** Of a typed array's memory; typed arrays begin at multiples of their width. */
const ALIGNMENT = { BOOLEAN: 1, INT32: 4, INT64: 4, FLOAT: 4, DOUBLE: 8 } as const;
const WIDTHS = { INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8, INT96: 12 } as const;

/**
 * @param count How many values there are.
 * @throws {Damage} If there are fewer, or the encoding is none of this type.
 */
export function decodeValues(
  leaf: Leaf,
  encoding: Encoding,
  bytes: Uint8Array,
  count: number,
  dictionary: Values | undefined,
): Values {
  // Some writers leave out what would say that there is nothing.
  if (count === 0) return decodePlain(leaf, new Uint8Array(0), 0);
  switch (encoding) {
    case "PLAIN":
      return decodePlain(leaf, bytes, count);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      if (!dictionary) return damaged("a page refers to a dictionary that is not there");
      return valuesOfDictionary(dictionary, bytes, count);
    case "RLE":
      if (leaf.physical === "BOOLEAN") return { kind: "numbers", array: decodeRleBooleans(bytes, count) };
      break;
    case "DELTA_BINARY_PACKED":
      if (leaf.physical === "INT32") return { kind: "numbers", array: decodeDeltaInt32(bytes, count).values };
      if (leaf.physical === "INT64") return { kind: "int64s", words: decodeDeltaInt64(bytes, count) };
      break;
    case "DELTA_LENGTH_BYTE_ARRAY":
      if (leaf.physical === "BYTE_ARRAY") return { kind: "bytes", ...decodeDeltaLengths(bytes, count) };
      break;
    case "DELTA_BYTE_ARRAY":
      if (leaf.physical === "BYTE_ARRAY" || leaf.physical === "FIXED_LEN_BYTE_ARRAY")
        return withWidth(leaf, { kind: "bytes", ...decodeDeltaByteArrays(bytes, count) });
      break;
    case "BYTE_STREAM_SPLIT":
      if (leaf.physical !== "BYTE_ARRAY" && leaf.physical !== "BOOLEAN")
        return decodePlain(leaf, joinStreams(bytes, widthOf(leaf), count), count);
      break;
  }
  return damaged(`values of type ${leaf.physical} are encoded as ${encoding}`);
}

function widthOf({ physical, width }: Leaf): number {
  return physical === "FIXED_LEN_BYTE_ARRAY" ? width : WIDTHS[physical as keyof typeof WIDTHS];
}

function decodePlain(leaf: Leaf, bytes: Uint8Array, count: number): Values {
  const { physical } = leaf;
  if (physical === "BYTE_ARRAY") return splitByteStrings(bytes, count);
  if (physical === "BOOLEAN") {
    if (bytes.length < Math.ceil(count / 8)) damaged("a page holds fewer values than it claims");
    const array = new Uint8Array(count);
    unpack(bytes, 0, 1, array, 0, count);
    return { kind: "numbers", array };
  }
  const width = widthOf(leaf);
  if (bytes.length < count * width) damaged("a page holds fewer values than it claims");
  if (physical === "INT96" || physical === "FIXED_LEN_BYTE_ARRAY") return fixedByteStrings(bytes, width, count);
  const { buffer, byteOffset } = aligned(bytes.subarray(0, count * width), ALIGNMENT[physical]);
  switch (physical) {
    case "INT32":
      return { kind: "numbers", array: new Int32Array(buffer, byteOffset, count) };
    case "INT64":
      return { kind: "int64s", words: new Int32Array(buffer, byteOffset, count * 2) };
    case "FLOAT":
      return { kind: "numbers", array: new Float32Array(buffer, byteOffset, count) };
    case "DOUBLE":
      return { kind: "numbers", array: new Float64Array(buffer, byteOffset, count) };
  }
}

/** Where the bytes begin elsewhere, a copy. (`slice` of a Buffer is a view.) */
function aligned(bytes: Uint8Array, alignment: number): Uint8Array {
  return bytes.byteOffset % alignment === 0 ? bytes : new Uint8Array(bytes);
}

function splitByteStrings(page: Uint8Array, count: number): ByteStrings {
  const bytes = textBuffer(page);
  // Each takes four bytes at least.
  if (count * 4 > bytes.length) damaged("a page holds fewer values than it claims");
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const start = at + 4;
    if (start > bytes.length) damaged("a page holds fewer values than it claims");
    const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    at = start + length;
    if (length < 0 || at > bytes.length) damaged("a value reaches over the end of its page");
    starts[index] = start;
    ends[index] = at;
  }
  return { kind: "bytes", bytes, starts, ends };
}

function fixedByteStrings(page: Uint8Array, width: number, count: number): ByteStrings {
  const starts = Int32Array.from({ length: count }, (_, index) => index * width);
  const ends = starts.map((start) => start + width);
  return { kind: "bytes", bytes: textBuffer(page), starts, ends };
}

function withWidth({ physical, width }: Leaf, values: ByteStrings): ByteStrings {
  if (
    physical === "FIXED_LEN_BYTE_ARRAY" &&
    values.starts.some((start, index) => values.ends[index]! - start !== width)
  )
    damaged(`a value has not the ${width} bytes of its type`);
  return values;
}

function decodeRleBooleans(bytes: Uint8Array, count: number): Uint8Array {
  const array = new Uint8Array(count);
  if (bytes.length < 4) damaged("a page of booleans is cut off");
  decodeHybrid(bytes, 4, bytes.length, 1, array);
  return array;
}

/** The first bytes of all values, then the second ones, and so on. */
function joinStreams(bytes: Uint8Array, width: number, count: number): Uint8Array {
  if (bytes.length < width * count) damaged("a page holds fewer values than it claims");
  const stride = Math.floor(bytes.length / width);
  const joined = new Uint8Array(width * count);
  for (let stream = 0; stream < width; stream++)
    for (let index = 0; index < count; index++) joined[index * width + stream] = bytes[stream * stride + index]!;
  return joined;
}
