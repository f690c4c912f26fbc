import type { Column, ColumnType, ColumnValue } from "../../rows/column.js";
import { LEAF_TYPES } from "../columnar/stored.js";
import type { Leaf, Shape, StructShape } from "./schema.js";

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
