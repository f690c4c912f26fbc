import type { ColumnValue } from "./column.js";

/** A type in a few words: `list<text or null>`. Whether it may be null itself is not said. */
export function describeType(column: ColumnValue): string {
  switch (column.type) {
    case "list":
      return `list<${describeColumn(column.items)}>`;
    case "map":
      return `map<${describeColumn(column.values)}>`;
    case "struct":
      return `struct<${column.fields.map((field) => `${field.name}: ${describeColumn(field)}`).join(", ")}>`;
    case "vector":
      return column.length === undefined ? "vector" : `vector<${column.length}>`;
    case "int64":
      return column.bigint ? "int64 (bigint)" : "int64";
    default:
      return column.type;
  }
}

/** As `list<text> or null`. */
export function describeColumn(column: ColumnValue): string {
  return describeType(column) + (column.nullable ? " or null" : "");
}
