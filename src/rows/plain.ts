import type { Columns, ColumnValue, Row } from "./column.js";
import { isTimestamp } from "./column-rules.js";
import { hasOwnSpelling } from "./lossless-json.js";

type IsPlain = (value: unknown) => boolean;

/**
 * Whether JSON.stringify of a row gives the very text that `compileEncoder` would: everything fits its column, members are there in
 * order, and nothing needs a spelling of its own. True for nearly every row, and JSON.stringify is twice as fast. False says nothing
 * about the row: the encoder decides.
 */
export function compileIsPlain(columns: Columns): (row: Row) => boolean {
  return structTest(columns);
}

function testOf(column: ColumnValue): IsPlain {
  const test = typeTest(column);
  return column.nullable ? (value) => value === null || test(value) : test;
}

function typeTest(column: ColumnValue): IsPlain {
  switch (column.type) {
    case "text":
      return isPlainText;
    case "timestamp":
      return (value) => typeof value === "string" && isTimestamp(value);
    case "bool":
      return (value) => typeof value === "boolean";
    case "int32":
      return (value) => typeof value === "number" && (value | 0) === value;
    case "int64":
      return column.bigint ? never : Number.isSafeInteger;
    case "json":
      return isPlainJson;
    case "list":
      return listTest(testOf(column.items));
    case "map":
      return mapTest(testOf(column.values));
    case "struct":
      return structTest(column.fields) as IsPlain;
    default:
      return never;
  }
}

const never: IsPlain = () => false;

function isPlainText(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed();
}

function isPlainJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return value.isWellFormed();
    case "boolean":
      return true;
    case "number":
      return Number.isInteger(value) ? Number.isSafeInteger(value) && !Object.is(value, -0) : Number.isFinite(value);
    case "object":
      return value === null || (!hasOwnSpelling(value) && isPlainContainer(value, isPlainJson));
    default:
      return false;
  }
}

function isPlainContainer(value: object, test: IsPlain): boolean {
  if (Array.isArray(value)) return value.every(test) && value.length === Object.keys(value).length;
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    if (!key.isWellFormed() || key === "toJSON" || !test((value as Row)[key])) return false;
  }
  return true;
}

function listTest(test: IsPlain): IsPlain {
  return (value) => Array.isArray(value) && isPlainContainer(value, test);
}

function mapTest(test: IsPlain): IsPlain {
  return (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && isPlainContainer(value, test);
}

function structTest(columns: Columns): (row: Row) => boolean {
  const names = columns.map((column) => column.name);
  const tests = columns.map(testOf);
  return (row) => {
    if (typeof row !== "object" || row === null || Object.getPrototypeOf(row) !== Object.prototype) return false;
    let index = 0;
    for (const name in row) {
      if (name !== names[index] || !tests[index]!(row[name])) return false;
      index++;
    }
    return index === names.length;
  };
}
