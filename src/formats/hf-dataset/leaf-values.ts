import { isAscii } from "node:buffer";
import type { TextBuffer } from "../columnar/byte-buffer.js";
import { damaged } from "../columnar/damage.js";
import { float16 } from "../columnar/float16.js";
import type { Stored } from "../columnar/stored.js";
import { type ByteStrings, type Int64s, type Numbers, textBuffer, type Values } from "../columnar/values.js";
import type { ArrowField, OffsetLayout } from "./arrow-schema.js";
import type { ColumnBuffers } from "./column-buffers.js";

/** Whether value `index` is null; undefined where none is. */
export type IsNull = ((index: number) => boolean) | undefined;

/** What the values of a field mean, if they are no lists, structs or maps. */
export function storedOf({ type, extension }: ArrowField): Stored | undefined {
  switch (type.kind) {
    case "null":
      return { kind: "nothing" };
    case "bool":
      return { kind: "bool" };
    case "int":
      if (type.bits === 64) return { kind: type.isSigned ? "int64" : "uint64" };
      return { kind: type.bits === 32 && !type.isSigned ? "uint32" : "int32" };
    case "float":
      return { kind: type.bits === 64 ? "float64" : "float32" };
    case "text":
      return { kind: extension === "arrow.json" ? "json" : "text" };
    case "bytes":
      return { kind: "bytes" };
    case "fixed-bytes":
      return { kind: extension === "arrow.uuid" && type.width === 16 ? "uuid" : "bytes" };
    case "decimal":
      return { kind: "decimal", scale: type.scale };
    case "date":
      return { kind: "date" };
    case "time":
      return { kind: "time", unit: type.unit };
    case "timestamp":
      return { kind: "timestamp", unit: type.unit, isUtc: type.isUtc };
    case "duration":
      return { kind: "int64" };
    default:
      return undefined;
  }
}

/** Bits of which are nulls, read where there are any. */
export function readNulls(bitmap: Uint8Array, { length, nulls }: { length: number; nulls: number }): IsNull {
  if (nulls === 0 && bitmap.length === 0) return undefined;
  if (bitmap.length * 8 < length) damaged("a column is shorter than its batch");
  if (length - countBits(bitmap, length) !== nulls) damaged("a column has another number of nulls than it claims");
  if (nulls === 0) return undefined;
  return (index) => ((bitmap[index >> 3]! >> (index & 7)) & 1) === 0;
}

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
});

function countBits(bitmap: Uint8Array, length: number): number {
  let bits = 0;
  const whole = length >> 3;
  for (let at = 0; at < whole; at++) bits += BITS[bitmap[at]!]!;
  if (length % 8 > 0) bits += BITS[bitmap[whole]! & ((1 << (length % 8)) - 1)]!;
  return bits;
}

/** @throws {Damage} If the buffers hold fewer values than the node claims. */
export function readLeaf(
  field: ArrowField,
  buffers: ColumnBuffers,
): { length: number; isNull: IsNull; values: Values } {
  const node = buffers.nextNode();
  const { length } = node;
  const { type } = field;
  if (type.kind === "null") return { length: boundless(length), isNull: undefined, values: NOTHING };
  const isNull = readNulls(buffers.nextBuffer(), node);
  switch (type.kind) {
    case "bool":
      return { length, isNull, values: { kind: "numbers", array: unpackBits(buffers.nextBuffer(), length) } };
    case "int":
      return { length, isNull, values: readInts(type, buffers.nextBuffer(), length) };
    case "float":
      return {
        length,
        isNull,
        values: { kind: "numbers", array: readFloats(type.bits, buffers.nextBuffer(), length) },
      };
    case "text":
    case "bytes":
      return { length, isNull, values: readByteStrings(type.layout, buffers, length) };
    case "fixed-bytes":
      return { length, isNull, values: fixedByteStrings(buffers.nextBuffer(), type.width, length) };
    case "decimal":
      return { length, isNull, values: readDecimals(type.bits, buffers.nextBuffer(), length) };
    case "date":
      return { length, isNull, values: readDates(type.unit, buffers.nextBuffer(), length) };
    case "time":
      return {
        length,
        isNull,
        values: type.bits === 32 ? int32s(buffers.nextBuffer(), length) : int64s(buffers.nextBuffer(), length),
      };
    case "timestamp":
    case "duration":
      return { length, isNull, values: int64s(buffers.nextBuffer(), length) };
    default:
      return damaged("a column is of another type than its schema says");
  }
}

const NOTHING: Numbers = { kind: "numbers", array: new Uint8Array(0) };

/** More of what takes no bytes than anybody has; what takes some is bounded by them. */
const MAX_BOUNDLESS = 1 << 24;

export function boundless(length: number): number {
  return length <= MAX_BOUNDLESS ? length : damaged(`a column claims ${length} values without bytes`);
}

interface TypedArray<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** A view where memory permits, which is where its place is a multiple of the width. */
export function typed<T>(type: TypedArray<T>, bytes: Uint8Array, length: number): T {
  const byteLength = length * type.BYTES_PER_ELEMENT;
  if (bytes.length < byteLength) damaged("a column is shorter than its batch");
  if (bytes.byteOffset % type.BYTES_PER_ELEMENT === 0) return new type(bytes.buffer, bytes.byteOffset, length);
  return new type(new Uint8Array(bytes.subarray(0, byteLength)).buffer, 0, length);
}

function int32s(bytes: Uint8Array, length: number): Numbers {
  return { kind: "numbers", array: typed(Int32Array, bytes, length) };
}

function int64s(bytes: Uint8Array, length: number): Int64s {
  return { kind: "int64s", words: typed(Int32Array, bytes, length * 2) };
}

function readInts(
  { bits, isSigned }: { bits: 8 | 16 | 32 | 64; isSigned: boolean },
  bytes: Uint8Array,
  length: number,
) {
  switch (bits) {
    case 8:
      return {
        kind: "numbers",
        array: isSigned ? typed(Int8Array, bytes, length) : typed(Uint8Array, bytes, length),
      } as const;
    case 16:
      return {
        kind: "numbers",
        array: isSigned ? typed(Int16Array, bytes, length) : typed(Uint16Array, bytes, length),
      } as const;
    case 32:
      return {
        kind: "numbers",
        array: isSigned ? typed(Int32Array, bytes, length) : typed(Uint32Array, bytes, length),
      } as const;
    case 64:
      return int64s(bytes, length);
  }
}

/** As the whole numbers that they are, for whoever needs them before they have become values. */
export function readIndexes(
  type: { bits: 8 | 16 | 32 | 64; isSigned: boolean },
  bytes: Uint8Array,
  length: number,
): (index: number) => number {
  const values = readInts(type, bytes, length);
  if (values.kind === "numbers") {
    const { array } = values;
    return (index) => array[index]!;
  }
  const { words } = values;
  return (index) => words[index * 2 + 1]! * 2 ** 32 + (words[index * 2]! >>> 0);
}

export function readFloats(bits: 16 | 32 | 64, bytes: Uint8Array, length: number): Float32Array | Float64Array {
  if (bits === 64) return typed(Float64Array, bytes, length);
  if (bits === 32) return typed(Float32Array, bytes, length);
  return Float32Array.from(typed(Uint16Array, bytes, length), float16);
}

function unpackBits(bits: Uint8Array, length: number): Uint8Array {
  if (bits.length * 8 < length) damaged("a column is shorter than its batch");
  const array = new Uint8Array(length);
  for (let index = 0; index < length; index++) array[index] = (bits[index >> 3]! >> (index & 7)) & 1;
  return array;
}

/** Where values or lists begin and end. */
export interface Ranges {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** @param limit What none may lead beyond. @throws {Damage} If one does, or they go backwards. */
export function readOffsets(layout: "offsets" | "large-offsets", bytes: Uint8Array, length: number): Ranges {
  // Of nothing, some writers have not even the first.
  if (length === 0) return { starts: NO_PLACES, ends: NO_PLACES };
  const offsets = layout === "offsets" ? typed(Int32Array, bytes, length + 1) : narrow(bytes, length + 1);
  let last = offsets[0]!;
  if (last < 0) damaged("a value begins before its column");
  for (let index = 1; index <= length; index++) {
    const next = offsets[index]!;
    if (next < last) damaged("a value ends before it begins");
    last = next;
  }
  return { starts: offsets.subarray(0, length), ends: offsets.subarray(1) };
}

const NO_PLACES = new Int32Array(0);

/** Places of 64 bits, of which no more than 31 may be used: memory has no more for one column of a batch. */
function narrow(bytes: Uint8Array, length: number): Int32Array {
  const words = typed(Int32Array, bytes, length * 2);
  const places = new Int32Array(length);
  for (let index = 0; index < length; index++) {
    if (words[index * 2 + 1] !== 0 || words[index * 2]! < 0) damaged("a column of one batch has more than 2 GB");
    places[index] = words[index * 2]!;
  }
  return places;
}

/** @throws {Damage} If one leads beyond. */
export function readViews(isLarge: boolean, buffers: ColumnBuffers, length: number): Ranges {
  const read = (bytes: Uint8Array) => (isLarge ? narrow(bytes, length) : typed(Int32Array, bytes, length));
  const starts = read(buffers.nextBuffer());
  const ends = read(buffers.nextBuffer()).map((size, index) => {
    const end = starts[index]! + size;
    return starts[index]! >= 0 && size >= 0 && end <= 0x7fffffff ? end : damaged("a list leads out of its column");
  });
  return { starts, ends };
}

function readByteStrings(layout: OffsetLayout, buffers: ColumnBuffers, length: number): ByteStrings {
  if (layout === "view") return readByteViews(buffers, length);
  const { starts, ends } = readOffsets(layout, buffers.nextBuffer(), length);
  const bytes = buffers.nextBuffer();
  if ((ends[length - 1] ?? 0) > bytes.length) damaged("a text leads out of its column");
  const areAscii = length > 0 && isAscii(bytes.subarray(starts[0], ends[length - 1]));
  return { kind: "bytes", bytes: textBuffer(bytes), starts, ends, areAscii };
}

const VIEW_BYTES = 16;
const INLINE_BYTES = 12;

/** Short ones stand in the views themselves, long ones in further buffers: all are put one behind another. */
function readByteViews(buffers: ColumnBuffers, length: number): ByteStrings {
  const views = buffers.nextBuffer();
  if (views.length < length * VIEW_BYTES) damaged("a column is shorter than its batch");
  const data: Uint8Array[] = [];
  const offsets: number[] = [];
  let end = views.length;
  for (let left = buffers.nextViewCount(); left > 0; left--) {
    const bytes = buffers.nextBuffer();
    offsets.push(end);
    data.push(bytes);
    end += bytes.length;
  }
  if (end > 0x7fffffff) damaged("a column of one batch has more than 2 GB");
  const bytes = Buffer.concat([views, ...data]) as unknown as TextBuffer;
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  for (let index = 0; index < length; index++) {
    const at = index * VIEW_BYTES;
    const size = bytes.readInt32LE(at);
    let start = at + 4;
    if (size < 0) damaged("a text leads out of its column");
    if (size > INLINE_BYTES) {
      const buffer = bytes.readInt32LE(at + 8);
      const offset = bytes.readInt32LE(at + 12);
      const within = data[buffer]?.length ?? -1;
      if (offset < 0 || offset + size > within) damaged("a text leads out of its column");
      start = offsets[buffer]! + offset;
    }
    starts[index] = start;
    ends[index] = start + size;
  }
  return { kind: "bytes", bytes, starts, ends };
}

function fixedByteStrings(bytes: Uint8Array, width: number, length: number): ByteStrings {
  if (width === 0) boundless(length);
  if (bytes.length < width * length) damaged("a column is shorter than its batch");
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  for (let index = 0; index < length; index++) {
    starts[index] = index * width;
    ends[index] = (index + 1) * width;
  }
  return { kind: "bytes", bytes: textBuffer(bytes), starts, ends };
}

function readDecimals(bits: 32 | 64 | 128 | 256, bytes: Uint8Array, length: number): Values {
  if (bits === 32) return int32s(bytes, length);
  if (bits === 64) return int64s(bytes, length);
  const width = bits / 8;
  const strings = fixedByteStrings(bytes, width, length);
  // The other way round, in memory of its own.
  const reversed = Buffer.from(bytes.subarray(0, width * length));
  for (let at = 0; at < reversed.length; at += width) reversed.subarray(at, at + width).reverse();
  return { ...strings, bytes: reversed as unknown as TextBuffer };
}

const DAY_MS = 86_400_000n;

function readDates(unit: "day" | "ms", bytes: Uint8Array, length: number): Numbers {
  if (unit === "day") return int32s(bytes, length);
  const milliseconds = typed(BigInt64Array, bytes, length);
  return { kind: "numbers", array: Int32Array.from(milliseconds, (value) => Number(value / DAY_MS)) };
}
