import type { Column, ColumnType, ColumnValue } from "../../rows/column.js";
import type { Leaf, Shape, Stored, StructShape } from "./schema.js";

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

/**
 * The columns that a file has by itself. Integers of 64 bits are bigint unless `isSafe` knows better.
 */
export function storedColumns(fields: StructShape["fields"], isSafe: (leaf: Leaf) => boolean): Column[] {
  return fields.map(({ name, shape }) => ({ ...columnOf(shape, isSafe), name }));
}

export function columnOf(shape: Shape, isSafe: (leaf: Leaf) => boolean): ColumnValue {
  const type = typeOf(shape, isSafe);
  return shape.nullable ? { ...type, nullable: true } : type;
}

function typeOf(shape: Shape, isSafe: (leaf: Leaf) => boolean): ColumnType {
  switch (shape.kind) {
    case "leaf": {
      const { kind } = shape.leaf.stored;
      const isLong = kind === "int64" || kind === "uint64";
      if (isLong && !isSafe(shape.leaf)) return { type: "int64", bigint: true };
      return { type: LEAF_TYPES[kind] };
    }
    case "list":
      return { type: "list", items: columnOf(shape.items, isSafe) };
    case "map":
      return { type: "map", values: columnOf(shape.values, isSafe) };
    case "struct":
      return { type: "struct", fields: storedColumns(shape.fields, isSafe) };
  }
}
