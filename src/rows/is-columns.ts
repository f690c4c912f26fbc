import { COLUMN_TYPES, type Columns } from "./column.js";

/** How deep the types of a column may be nested: those that people write are not a tenth of it. */
const MAX_TYPE_DEPTH = 100;

/** Whether a value, read from somewhere, is columns that decoders can be made from. Names may be any text. */
export function isColumns(value: unknown): value is Columns {
  return areColumns(value, 0);
}

function areColumns(value: unknown, depth: number): boolean {
  return Array.isArray(value) && value.every((column) => typeof column?.name === "string" && isType(column, depth));
}

function isType(value: Partial<Record<string, unknown>> | null | undefined, depth: number): boolean {
  const type = value?.["type"];
  if (depth > MAX_TYPE_DEPTH || !(COLUMN_TYPES as readonly unknown[]).includes(type)) return false;
  if (type === "list") return isType(value?.["items"] as Record<string, unknown>, depth + 1);
  if (type === "map") return isType(value?.["values"] as Record<string, unknown>, depth + 1);
  if (type === "struct") return areColumns(value?.["fields"], depth + 1);
  return true;
}
