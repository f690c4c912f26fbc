import type { Columns, ColumnValue, Row } from "./column.js";
import { isPlainObject } from "./column-rules.js";
import { spellFloat32 } from "./spell-float32.js";

/*
 * A row as it was given, before anybody has checked it, as JSON can say it, and back. What does not fit its column stays as it is: it is
 * for others to refuse.
 */

/** Vectors become lists of numbers, small bigints numbers. */
export function toJsonForm(row: Row, columns: Columns): Row {
  return structForm(row, columns, (value, column) => {
    if (column.type === "vector" && value instanceof Float32Array) return Array.from(value, shortest);
    return column.type === "int64" && typeof value === "bigint" && isSafe(value) ? Number(value) : value;
  });
}

/** Lists of numbers become vectors where the column is one, numbers bigints. */
export function fromJsonForm(row: Row, columns: Columns): Row {
  return structForm(row, columns, (value, column) => {
    if (column.type === "vector" && isNumbers(value)) return new Float32Array(value);
    return column.type === "int64" && column.bigint && Number.isSafeInteger(value) ? BigInt(value as number) : value;
  });
}

/** What holds no other value. */
type Leaf = (value: unknown, column: ColumnValue) => unknown;

function structForm(row: Row, columns: Columns, leaf: Leaf): Row {
  const form = { ...row };
  for (const column of columns) {
    if (Object.hasOwn(row, column.name)) form[column.name] = valueForm(row[column.name], column, leaf);
  }
  return form;
}

function valueForm(value: unknown, column: ColumnValue, leaf: Leaf): unknown {
  switch (column.type) {
    case "list":
      return Array.isArray(value) ? value.map((item) => valueForm(item, column.items, leaf)) : value;
    case "map":
      return isPlainObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, valueForm(inner, column.values, leaf)]))
        : value;
    case "struct":
      return isPlainObject(value) ? structForm(value, column.fields, leaf) : value;
    default:
      return leaf(value, column);
  }
}

/** The double of the fewest digits that tell a float32 from others: half as long in a file. */
function shortest(value: number): number {
  return Number.isFinite(value) ? Number(spellFloat32(value)) : value;
}

function isSafe(value: bigint): boolean {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}
