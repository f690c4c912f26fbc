import type { Columns, ColumnValue, Row } from "./column.js";
import {
  asBigint,
  asBool,
  asFloat64,
  asInt32,
  asSafeInteger,
  assertFiniteVector,
  asText,
  asTimestamp,
  isPlainObject,
  isTimestamp,
  refuse,
} from "./column-rules.js";
import { FieldError, sketch, within } from "./field-error.js";
import { memberReader } from "./member-reader.js";

type Decode = (value: unknown) => unknown;

/** What JSON.parse made of a line as a row: vectors and bigints in their own types, absent members as null. */
export interface Decoder {
  /**
   * @throws {FieldError} If it checks, for a value outside its column's type.
   */
  decode(parsed: Row): Row;
  /** Fields seen that no column knows; they are left out. Only collected when it checks. */
  readonly unknownFields: ReadonlySet<string>;
}

/**
 * @param check False for bytes that were saved under exactly these columns and verified: nothing is looked at that needs no conversion.
 */
export function compileDecoder(columns: Columns, { check }: { check: boolean }): Decoder {
  const unknownFields = new Set<string>();
  if (check) return { decode: structDecoder(columns, unknownFields) as (row: Row) => Row, unknownFields };
  const converted = columns.flatMap((column) => {
    const convert = converterOf(column);
    return convert ? [{ name: column.name, convert }] : [];
  });
  return {
    unknownFields,
    decode: (row) => {
      for (const { name, convert } of converted) row[name] = convert(row[name]);
      return row;
    },
  };
}

/** For bytes we wrote: only what JSON cannot say. */
function converterOf(column: ColumnValue): Decode | undefined {
  const convert = typeConverter(column);
  return convert && ((value) => (value === null ? null : convert(value)));
}

function typeConverter(column: ColumnValue): Decode | undefined {
  switch (column.type) {
    case "vector":
      return (value) => new Float32Array(value as number[]);
    case "float32":
      return (value) => Math.fround(value as number);
    case "int64":
      return column.bigint ? (value) => BigInt(value as number | bigint) : undefined;
    case "list": {
      const item = converterOf(column.items);
      return item && ((value) => (value as unknown[]).map(item));
    }
    case "map": {
      const member = converterOf(column.values);
      return (
        member &&
        ((value) => Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, member(inner)])))
      );
    }
    case "struct": {
      const { decode } = compileDecoder(column.fields, { check: false });
      return column.fields.some(converterOf) ? (value) => decode(value as Row) : undefined;
    }
    default:
      return undefined;
  }
}

function decoderOf(column: ColumnValue): Decode {
  const decode = typeDecoder(column);
  if (column.nullable) return (value) => (value === null || value === undefined ? null : decode(value));
  return decode;
}

function typeDecoder(column: ColumnValue): Decode {
  switch (column.type) {
    case "text":
      return asText;
    case "timestamp":
      return decodeTimestamp;
    case "bool":
      return asBool;
    case "int32":
      return asInt32;
    case "int64":
      return column.bigint ? decodeBigint : asSafeInteger;
    case "float32":
      return decodeFloat32;
    case "float64":
      return decodeFloat64;
    case "json":
      return (value) => (value === undefined ? refuse(value, "a JSON value") : value);
    case "vector":
      return (value) => decodeVector(value, column.length);
    case "list":
      return listDecoder(decoderOf(column.items));
    case "map":
      return mapDecoder(decoderOf(column.values));
    case "struct":
      return structDecoder(column.fields, undefined);
  }
}

/** pandas, and datasets through it, save times as milliseconds since 1970. Such a number is read as pydantic, and so Python's Kura, reads it. */
function decodeTimestamp(value: unknown): string {
  return asTimestamp(Number.isInteger(value) ? (timeSince1970(value as number) ?? value) : value);
}

/** Above 2e10, pydantic's watershed, milliseconds, else seconds; in UTC, and undefined where it is of no year of four digits. */
function timeSince1970(amount: number): string | undefined {
  const date = new Date(Math.abs(amount) > 2e10 ? amount : amount * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString();
  if (!isTimestamp(text)) return undefined;
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : `${text.slice(0, -1)}000Z`;
}

function decodeBigint(value: unknown): bigint {
  return asBigint(typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value);
}

/** Beside JSON, in one struct, a number without fraction may have been read as a bigint. */
function decodeFloat64(value: unknown): number {
  return asFloat64(typeof value === "bigint" ? Number(value) : value);
}

/** The nearest float32: files spell one by the shortest digits that tell it from others (0.1), not by its value as a double. */
function decodeFloat32(value: unknown): number {
  const number = Math.fround(decodeFloat64(value));
  return Number.isFinite(number) ? number : refuse(value, "a number within the range of a float32");
}

function decodeVector(value: unknown, length: number | undefined): Float32Array {
  if (!Array.isArray(value)) return refuse(value, "a list of numbers");
  for (let index = 0; index < value.length; index++) {
    if (typeof value[index] !== "number")
      throw new FieldError(`[${index}]`, `a number is needed, it is ${sketch(value[index])}`);
  }
  const vector = new Float32Array(value as number[]);
  assertFiniteVector(vector, length);
  return vector;
}

function listDecoder(decode: Decode): Decode {
  return (value) => {
    if (!Array.isArray(value)) return refuse(value, "a list");
    for (let index = 0; index < value.length; index++) {
      try {
        value[index] = decode(value[index]);
      } catch (error) {
        throw within(`[${index}]`, error);
      }
    }
    return value;
  };
}

function mapDecoder(decode: Decode): Decode {
  return (value) => {
    if (!isPlainObject(value)) return refuse(value, "an object");
    for (const key of Object.keys(value)) {
      try {
        value[key] = decode(value[key]);
      } catch (error) {
        throw within(key, error);
      }
    }
    return value;
  };
}

function structDecoder(columns: Columns, unknownFields: Set<string> | undefined): Decode {
  const members = columns.map((column) => ({
    name: column.name,
    read: memberReader(column.name),
    decode: decoderOf(column),
  }));
  const names = new Set(columns.map((column) => column.name));
  return (row) => {
    if (!isPlainObject(row)) return refuse(row, "an object");
    let known = 0;
    for (let index = 0; index < members.length; index++) {
      const { name, read, decode } = members[index]!;
      const value = read === undefined ? row[name] : read(row);
      if (value !== undefined) known++;
      try {
        const decoded = decode(value);
        if (decoded !== value) row[name] = decoded;
      } catch (error) {
        throw within(name, error);
      }
    }
    let present = 0;
    for (const _ in row) present++;
    if (present === members.length && known === present) return row;
    // A member was absent or is unknown: a row with exactly the columns, in their order.
    for (const name in row) if (!names.has(name)) unknownFields?.add(name);
    return Object.fromEntries(members.map(({ name }) => [name, row[name]]));
  };
}
