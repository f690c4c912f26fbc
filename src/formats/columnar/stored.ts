import type { ColumnType } from "../../rows/column.js";

/** What the values of a leaf mean. */
export type Stored =
  | { readonly kind: "bool" | "int32" | "uint32" | "int64" | "uint64" | "float16" | "float32" | "float64" }
  | { readonly kind: "text" | "json" | "uuid" | "bytes" | "date" | "int96" | "nothing" }
  | { readonly kind: "decimal"; readonly scale: number }
  | { readonly kind: "time"; readonly unit: TimeUnit }
  | { readonly kind: "timestamp"; readonly unit: TimeUnit; readonly isUtc: boolean };

/** How many decimals of a second. */
export type TimeUnit = 0 | 3 | 6 | 9;

/** What a leaf is read as where nobody says otherwise. */
export const LEAF_TYPES = {
  bool: "bool",
  int32: "int32",
  uint32: "int64",
  int64: "int64",
  uint64: "int64",
  float16: "float32",
  float32: "float32",
  float64: "float64",
  text: "text",
  json: "json",
  uuid: "text",
  bytes: "text",
  date: "text",
  time: "text",
  decimal: "text",
  timestamp: "timestamp",
  int96: "timestamp",
  nothing: "json",
} as const satisfies Record<Stored["kind"], ColumnType["type"]>;
