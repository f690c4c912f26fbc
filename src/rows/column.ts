/**
 * What one field of a row may hold. Columns are plain data: they are recorded in manifests, compared, and drive checks,
 * writers and readers. No library's schema is needed to use them.
 *
 * | type | in JavaScript | in JSON |
 * |---|---|---|
 * | text | string, well-formed | string |
 * | bool | boolean | true, false |
 * | int32, int64 | number (integer, safe; -0 is written as 0); bigint where `bigint` is set | integer |
 * | float64 | number, finite | number spelled as Python spells it: 1.0, 1e-6 |
 * | float32 | number that `Math.fround` does not change | the fewest digits that tell it from other float32: 0.1 |
 * | timestamp | string, ISO 8601 with optional fraction and offset; never changed | string |
 * | list, struct, map | array, object with known keys, object with any keys | array, object |
 * | json | any JSON value; integers beyond 2^53 are bigint, of at most 4,300 digits; at most 500 levels | the same |
 * | vector | Float32Array, all finite | array of numbers spelled as float32 |
 */
export type ColumnType =
  | { readonly type: "text" | "bool" | "int32" | "float32" | "float64" | "json" | "timestamp" }
  | { readonly type: "int64"; readonly bigint?: true }
  | { readonly type: "list"; readonly items: ColumnValue }
  | { readonly type: "struct"; readonly fields: Columns }
  | { readonly type: "map"; readonly values: ColumnValue }
  | { readonly type: "vector"; readonly length?: number };

/** A type that may also be null. Absent is written, and read, as null. */
export type ColumnValue = ColumnType & { readonly nullable?: true };

export type Column = ColumnValue & { readonly name: string };

/** In the order in which fields are written. An array, since object keys such as "10" do not keep theirs. */
export type Columns = readonly Column[];

export type Row = Record<string, unknown>;

export const COLUMN_TYPES = [
  "text",
  "bool",
  "int32",
  "int64",
  "float32",
  "float64",
  "list",
  "struct",
  "map",
  "json",
  "vector",
  "timestamp",
] as const satisfies readonly ColumnType["type"][];
