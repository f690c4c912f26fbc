import { RowTypeMismatchError } from "../errors.js";
import type { Columns, ColumnValue } from "../rows/column.js";
import { describeType } from "../rows/describe-column.js";
import { canonical } from "./fingerprint-changes.js";

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
    throw RowTypeMismatchError.of(subject, column.name, found ? describeType(found) : "nothing", describeType(column));
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
  return describeType(stored) === describeType(wanted);
}
