import { RowTypeMismatchError } from "../errors.js";
import type { Columns, ColumnValue } from "../rows/column.js";
import { canonical } from "./fingerprint-changes.js";

/** A column's type in a few words: `list<text> or null`. */
export function describe(column: ColumnValue): string {
  return bare(column) + (column.nullable ? " or null" : "");
}

/** Whether what was saved under `stored` is, unchecked, rows of `wanted`. */
export function isSameRowType(stored: Columns, wanted: Columns): boolean {
  return canonical(stored) === canonical(wanted);
}

/**
 * Whether rows saved under `stored` can be read as `wanted`, each then checked. A column that is there has the same type, or either is
 * JSON, which says nothing of its values; one that is not may be null.
 *
 * @throws {RowTypeMismatchError} Naming both types.
 */
export function assertRowTypeFits(subject: string, stored: Columns, wanted: Columns): void {
  for (const column of wanted) {
    const found = stored.find(({ name }) => name === column.name);
    if (found ? isReadableAs(found, column) : column.nullable) continue;
    throw new RowTypeMismatchError(subject, column.name, found ? bare(found) : "nothing", bare(column));
  }
}

function isReadableAs(stored: ColumnValue, wanted: ColumnValue): boolean {
  if (stored.type === "json" || wanted.type === "json") return true;
  if (stored.type === "list" && wanted.type === "list") return isReadableAs(stored.items, wanted.items);
  if (stored.type === "map" && wanted.type === "map") return isReadableAs(stored.values, wanted.values);
  if (stored.type === "struct" && wanted.type === "struct") {
    return wanted.fields.every((field) => {
      const found = stored.fields.find(({ name }) => name === field.name);
      return found ? isReadableAs(found, field) : field.nullable === true;
    });
  }
  return bare(stored) === bare(wanted);
}

function bare(column: ColumnValue): string {
  switch (column.type) {
    case "list":
      return `list<${describe(column.items)}>`;
    case "map":
      return `map<${describe(column.values)}>`;
    case "struct":
      return `struct<${column.fields.map((field) => `${field.name}: ${describe(field)}`).join(", ")}>`;
    case "vector":
      return column.length === undefined ? "vector" : `vector<${column.length}>`;
    case "int64":
      return column.bigint ? "int64 (bigint)" : "int64";
    default:
      return column.type;
  }
}
