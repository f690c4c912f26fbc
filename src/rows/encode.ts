import type { Columns, ColumnValue, Row } from "./column.js";
import {
  asBigint,
  asBool,
  asFloat32,
  asFloat64,
  asInt32,
  asSafeInteger,
  assertFiniteVector,
  asText,
  asTimestamp,
  isPlainObject,
  refuse,
} from "./column-rules.js";
import { FieldError, within } from "./field-error.js";
import { JsonValueError, writeJson } from "./lossless-json.js";
import { compileIsPlain } from "./plain.js";
import { hasPlainSpelling, spellFloat } from "./spell-float.js";

export type Encode = (value: unknown) => string;

/**
 * A row as one line of compact JSON, members in the order of the columns, null where a nullable one is absent. Checks while it
 * writes: there is no row that encodes and does not fit.
 *
 * @throws {FieldError} From the encoder, for a value outside its column's type, a missing one, or a field without a column.
 */
export function compileEncoder(columns: Columns): (row: Row) => string {
  const isPlain = compileIsPlain(columns);
  const encode = structEncoder(columns);
  return (row) => (isPlain(row) ? JSON.stringify(row) : encode(row));
}

function encoderOf(column: ColumnValue): Encode {
  const encode = typeEncoder(column);
  if (column.nullable) return (value) => (value === null || value === undefined ? "null" : encode(value));
  return encode;
}

function typeEncoder(column: ColumnValue): Encode {
  switch (column.type) {
    case "text":
      return (value) => JSON.stringify(asText(value));
    case "timestamp":
      return (value) => `"${asTimestamp(value)}"`;
    case "bool":
      return (value) => (asBool(value) ? "true" : "false");
    case "int32":
      return (value) => String(asInt32(value));
    case "int64":
      return column.bigint ? (value) => String(asBigint(value)) : (value) => String(asSafeInteger(value));
    case "float32":
      return (value) => spellFloat(asFloat32(value));
    case "float64":
      return (value) => spellFloat(asFloat64(value));
    case "json":
      return encodeJson;
    case "vector":
      return (value) => encodeVector(value, column.length);
    case "list":
      return column.items.type === "float64" && !column.items.nullable
        ? floatListEncoder()
        : listEncoder(encoderOf(column.items));
    case "map":
      return mapEncoder(encoderOf(column.values));
    case "struct":
      return structEncoder(column.fields) as Encode;
  }
}

function encodeJson(value: unknown): string {
  try {
    return writeJson(value);
  } catch (error) {
    if (error instanceof JsonValueError) throw new FieldError(error.path, error.reason);
    throw error;
  }
}

function encodeVector(value: unknown, length: number | undefined): string {
  if (!(value instanceof Float32Array)) return refuse(value, "a Float32Array");
  assertFiniteVector(value, length);
  const numbers = Array.from(value);
  return numbers.every(hasPlainSpelling) ? JSON.stringify(numbers) : `[${numbers.map(spellFloat).join(",")}]`;
}

/** Coordinates and vectors are long lists of numbers that JSON.stringify spells as we do. */
function floatListEncoder(): Encode {
  const encode = listEncoder(encoderOf({ type: "float64" }));
  return (value) => (Array.isArray(value) && value.every(hasPlainSpelling) ? JSON.stringify(value) : encode(value));
}

function listEncoder(encode: Encode): Encode {
  return (value) => {
    if (!Array.isArray(value)) return refuse(value, "a list");
    let text = "";
    for (let index = 0; index < value.length; index++) {
      try {
        text += (index === 0 ? "" : ",") + encode(value[index]);
      } catch (error) {
        throw within(`[${index}]`, error);
      }
    }
    return `[${text}]`;
  };
}

function mapEncoder(encode: Encode): Encode {
  return (value) => {
    if (!isPlainObject(value)) return refuse(value, "an object");
    let text = "";
    for (const key of Object.keys(value)) {
      try {
        text += `${text === "" ? "" : ","}${JSON.stringify(asText(key))}:${encode(value[key])}`;
      } catch (error) {
        throw within(key, error);
      }
    }
    return `{${text}}`;
  };
}

function structEncoder(columns: Columns): (row: Row) => string {
  const members = columns.map((column) => ({
    name: column.name,
    label: `${JSON.stringify(column.name)}:`,
    encode: encoderOf(column),
  }));
  const names = new Set(columns.map((column) => column.name));
  return (row) => {
    if (!isPlainObject(row)) return refuse(row, "an object");
    let text = "";
    let known = 0;
    for (let index = 0; index < members.length; index++) {
      const { name, label, encode } = members[index]!;
      const value = row[name];
      if (value !== undefined) known++;
      try {
        text += (index === 0 ? "{" : ",") + label + encode(value);
      } catch (error) {
        throw within(name, error);
      }
    }
    assertNoOthers(row, known, names);
    return text === "" ? "{}" : `${text}}`;
  };
}

/** Fields that the row type does not know would be lost in silence. */
function assertNoOthers(row: Row, known: number, names: ReadonlySet<string>): void {
  let present = 0;
  for (const _ in row) present++;
  if (present === known) return;
  for (const name of Object.keys(row)) {
    if (!names.has(name) && row[name] !== undefined) {
      throw new FieldError(name, `the row type has no such field; it has ${[...names].join(", ")}`);
    }
  }
}
