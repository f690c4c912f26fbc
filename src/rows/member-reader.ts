import type { Row } from "./column.js";

/**
 * How to read a field that may be absent, or undefined where `row[name]` will do: every object answers to "constructor" and
 * "toString", whether they are fields of it or not.
 */
export function memberReader(name: string): ((row: Row) => unknown) | undefined {
  return name in Object.prototype ? (row) => (Object.hasOwn(row, name) ? row[name] : undefined) : undefined;
}
