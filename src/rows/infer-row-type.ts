import type { Row } from "./column.js";
import type { RowType } from "./row-type-shape.js";

/** A row type for rows that nothing describes: each field of these rows becomes a JSON column, in order of appearance. */
export function inferRowType(name: string, rows: readonly Row[]): RowType {
  const fields = new Set(rows.flatMap((row) => (typeof row === "object" && row !== null ? Object.keys(row) : [])));
  return { name, columns: [...fields].map((field) => ({ name: field, type: "json", nullable: true })) };
}
