import type { Row } from "./column.js";
import type { RowType } from "./row-type-shape.js";

/** A row type for rows that nothing describes: each field of these rows becomes a JSON column, in order of appearance. */
export function inferRowType(name: string, rows: readonly Row[]): RowType {
  const fields = new Set<string>();
  addFields(fields, rows);
  return jsonRowType(name, fields);
}

/** Note the fields that rows have, in order of appearance. */
export function addFields(fields: Set<string>, rows: readonly Row[]): void {
  for (const row of rows) {
    if (typeof row === "object" && row !== null) for (const field of Object.keys(row)) fields.add(field);
  }
}

/** A row type whose fields may each hold any JSON value, or be absent. */
export function jsonRowType(name: string, fields: Iterable<string>): RowType {
  return { name, columns: [...fields].map((field) => ({ name: field, type: "json", nullable: true })) };
}
