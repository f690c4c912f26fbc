import type { Columns, ColumnValue, Row } from "./column.js";
import {
  asBigint,
  asBool,
  asFloat32,
  asFloat64,
  asInt32,
  asSafeInteger,
  assertFiniteVector,
  asTimestamp,
  isPlainObject,
  refuse,
} from "./column-rules.js";
import { FieldError, within } from "./field-error.js";
import { memberReader } from "./member-reader.js";
import { spellFloat } from "./spell-float.js";
import { spellFloat32, spellVector } from "./spell-float32.js";
import { quote, writeJson } from "./write-json.js";

export type Encode = (value: unknown) => string;

/**
 * A row as one line of compact JSON, members in the order of the columns, null where a nullable one is absent. Checks while it
 * writes: there is no row that encodes and does not fit.
 *
 * @throws {FieldError} From the encoder, for a value outside its column's type, a missing one, or a field without a column.
 */
export function compileEncoder(columns: Columns, spelling: Spelling = { spellVector }): (row: Row) => string {
  return structEncoder(columns, spelling);
}

export interface Spelling {
  /** A vector as JSON. It is known to be finite. */
  spellVector(vector: Float32Array): string;
}

function encoderOf(column: ColumnValue, spelling: Spelling): Encode {
  const encode = typeEncoder(column, spelling);
  if (column.nullable) return (value) => (value === null || value === undefined ? "null" : encode(value));
  return encode;
}

function typeEncoder(column: ColumnValue, spelling: Spelling): Encode {
  switch (column.type) {
    case "text":
      return encodeText;
    case "timestamp":
      return (value) => `"${asTimestamp(value)}"`;
    case "bool":
      return (value) => (asBool(value) ? "true" : "false");
    case "int32":
      return (value) => String(asInt32(value));
    case "int64":
      return column.bigint ? (value) => String(asBigint(value)) : (value) => String(asSafeInteger(value));
    case "float32":
      return (value) => spellFloat32(asFloat32(value));
    case "float64":
      return (value) => spellFloat(asFloat64(value));
    case "json":
      return writeJson;
    case "vector":
      return (value) => encodeVector(value, column.length, spelling);
    case "list":
      return listEncoder(encoderOf(column.items, spelling));
    case "map":
      return mapEncoder(encoderOf(column.values, spelling));
    case "struct":
      return structEncoder(column.fields, spelling) as Encode;
  }
}

function encodeText(value: unknown): string {
  return typeof value === "string" ? quote(value) : refuse(value, "a text");
}

function encodeVector(value: unknown, length: number | undefined, spelling: Spelling): string {
  if (!(value instanceof Float32Array)) return refuse(value, "a Float32Array");
  assertFiniteVector(value, length);
  return spelling.spellVector(value);
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
        text += `${text === "" ? "" : ","}${quote(key)}:${encode(value[key])}`;
      } catch (error) {
        throw within(key, error);
      }
    }
    return `{${text}}`;
  };
}

function structEncoder(columns: Columns, spelling: Spelling): (row: Row) => string {
  const members = columns.map((column, index) => ({
    name: column.name,
    label: `${index === 0 ? "{" : ","}${JSON.stringify(column.name)}:`,
    read: memberReader(column.name),
    encode: encoderOf(column, spelling),
  }));
  const names = new Set(columns.map((column) => column.name));
  return (row) => {
    if (!isPlainObject(row)) return refuse(row, "an object");
    let text = members.length === 0 ? "{" : "";
    let known = 0;
    for (let index = 0; index < members.length; index++) {
      const { name, label, read, encode } = members[index]!;
      const value = read === undefined ? row[name] : read(row);
      if (value !== undefined) known++;
      try {
        text += label + encode(value);
      } catch (error) {
        throw within(name, error);
      }
    }
    assertNoOthers(row, known, names);
    return `${text}}`;
  };
}

/** Fields that the row type does not know would be lost in silence. */
function assertNoOthers(row: Row, known: number, names: ReadonlySet<string>): void {
  let present = 0;
  for (const _ in row) present++;
  if (present === known) return;
  for (const name of Object.keys(row)) {
    if (!names.has(name) && row[name] !== undefined)
      throw new FieldError(name, `the row type has no such field; it has ${[...names].join(", ")}`);
  }
}
