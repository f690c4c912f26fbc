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
import { type JsonLine, Label, TextLine } from "./json-line.js";
import { MemberValues } from "./member-reader.js";
import { spellFloat } from "./spell-float.js";
import { spellFloat32, spellVector } from "./spell-float32.js";
import { writeJsonTo } from "./write-json.js";

/**
 * Writes a value, and checks it on the way.
 *
 * @throws {FieldError} For a value outside its column's type, a missing one, or a field without a column.
 */
export type Encode = (value: unknown, line: JsonLine) => void;

/**
 * A row as one line of compact JSON, members in the order of the columns, null where a nullable one is absent. Checks while it
 * writes: there is no row that encodes and does not fit.
 *
 * @throws {TypeError} For a column whose name is not Unicode.
 * @throws {FieldError} From the encoder, as `Encode`.
 */
export function compileEncoder(columns: Columns): (row: Row) => string {
  const encode = compileLineEncoder(columns, { vector: spellVector, json: writeJsonTo });
  return (row) => {
    const line = new TextLine();
    encode(row, line);
    return line.text;
  };
}

/** The same into any line. */
export function compileLineEncoder(columns: Columns, spelling: Spelling): Encode {
  return structEncoder(columns, spelling);
}

/** How values are spelled whose spelling is dear. */
export interface Spelling {
  /** It is known to be finite. */
  vector(vector: Float32Array): string;
  json(value: unknown, line: JsonLine): void;
}

function encoderOf(column: ColumnValue, spelling: Spelling): Encode {
  const encode = typeEncoder(column, spelling);
  if (!column.nullable) return encode;
  return (value, line) => {
    if (value === null || value === undefined) line.ascii("null");
    else encode(value, line);
  };
}

function typeEncoder(column: ColumnValue, spelling: Spelling): Encode {
  switch (column.type) {
    case "text":
      return encodeText;
    case "timestamp":
      return (value, line) => line.ascii(`"${asTimestamp(value)}"`);
    case "bool":
      return (value, line) => line.ascii(asBool(value) ? "true" : "false");
    case "int32":
      return (value, line) => line.ascii(String(asInt32(value)));
    case "int64":
      return column.bigint
        ? (value, line) => line.ascii(String(asBigint(value)))
        : (value, line) => line.ascii(String(asSafeInteger(value)));
    case "float32":
      return (value, line) => line.ascii(spellFloat32(asFloat32(value)));
    case "float64":
      return (value, line) => line.ascii(spellFloat(asFloat64(value)));
    case "json":
      return (value, line) => spelling.json(value, line);
    case "vector":
      return (value, line) => line.ascii(encodeVector(value, column.length, spelling));
    case "list":
      return listEncoder(encoderOf(column.items, spelling));
    case "map":
      return mapEncoder(encoderOf(column.values, spelling));
    case "struct":
      return structEncoder(column.fields, spelling);
  }
}

function encodeText(value: unknown, line: JsonLine): void {
  line.quoted(typeof value === "string" ? value : refuse(value, "a text"));
}

function encodeVector(value: unknown, length: number | undefined, spelling: Spelling): string {
  if (!(value instanceof Float32Array)) return refuse(value, "a Float32Array");
  assertFiniteVector(value, length);
  return spelling.vector(value);
}

function listEncoder(encode: Encode): Encode {
  return (value, line) => {
    if (!Array.isArray(value)) refuse(value, "a list");
    line.ascii("[");
    for (let index = 0; index < value.length; index++) {
      if (index > 0) line.ascii(",");
      try {
        encode(value[index], line);
      } catch (error) {
        throw within(`[${index}]`, error);
      }
    }
    line.ascii("]");
  };
}

function mapEncoder(encode: Encode): Encode {
  return (value, line) => {
    if (!isPlainObject(value)) refuse(value, "an object");
    let separator = "{";
    for (const key of Object.keys(value)) {
      line.ascii(separator);
      separator = ",";
      try {
        line.quoted(key);
        line.ascii(":");
        encode(value[key], line);
      } catch (error) {
        throw within(key, error);
      }
    }
    line.ascii(separator === "{" ? "{}" : "}");
  };
}

function structEncoder(columns: Columns, spelling: Spelling): Encode {
  const members = columns.map((column, index) => ({
    name: column.name,
    label: new Label(`${index === 0 ? "{" : ","}${JSON.stringify(asName(column.name))}:`),
    encode: encoderOf(column, spelling),
  }));
  const names = columns.map(({ name }) => name);
  const row = new MemberValues(names);
  return (value, line) => {
    if (!isPlainObject(value)) refuse(value, "an object");
    const isExact = row.read(value);
    if (members.length === 0) line.ascii("{");
    for (let index = 0; index < members.length; index++) {
      const { name, label, encode } = members[index]!;
      line.label(label);
      try {
        encode(row.values[index], line);
      } catch (error) {
        throw within(name, error);
      }
    }
    if (!isExact) assertNoOthers(value, names);
    line.ascii("}");
  };
}

/** Files of columns have names in UTF-8: another one would come back, and its values not be found. */
function asName(name: string): string {
  if (name.isWellFormed()) return name;
  const spelled = JSON.stringify(name);
  throw new TypeError(`Cannot store column ${spelled}: its name holds half of a surrogate pair, which is not Unicode`);
}

/** Fields that the row type does not know would be lost in silence. */
function assertNoOthers(row: Row, names: readonly string[]): void {
  for (const name of Object.keys(row)) {
    if (!names.includes(name) && row[name] !== undefined)
      throw new FieldError(name, `the row type has no such field; it has ${names.join(", ")}`);
  }
}
