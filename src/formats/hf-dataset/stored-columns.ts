import type { Column, ColumnType, ColumnValue } from "../../rows/column.js";
import { LEAF_TYPES } from "../columnar/stored.js";
import type { ArrowField } from "./arrow-schema.js";
import { storedOf } from "./leaf-values.js";

/** The columns that a dataset has by itself. Integers of 64 bits are bigint unless `isSafe` knows better. */
export function storedColumns(fields: readonly ArrowField[], isSafe: (field: ArrowField) => boolean): Column[] {
  return fields.map((field) => ({ ...columnOf(field, isSafe), name: field.name }));
}

export function columnOf(field: ArrowField, isSafe: (field: ArrowField) => boolean): ColumnValue {
  return { ...typeOf(field, isSafe), nullable: true };
}

function typeOf(field: ArrowField, isSafe: (field: ArrowField) => boolean): ColumnType {
  const { type, children, labels } = field;
  if (labels) return { type: "text" };
  switch (type.kind) {
    case "list":
    case "fixed-list":
      return { type: "list", items: columnOf(children[0]!, isSafe) };
    case "struct":
      return { type: "struct", fields: distinct(storedColumns(children, isSafe)) };
    case "map": {
      const [key, value] = children[0]!.children as [ArrowField, ArrowField];
      // JavaScript's keys are texts: a map by anything but single values is read as the list of pairs that it is.
      if (storedOf(key)) return { type: "map", values: columnOf(value, isSafe) };
      return { type: "list", items: columnOf(children[0]!, isSafe) };
    }
    default: {
      const { kind } = storedOf(field)!;
      const isLong = kind === "int64" || kind === "uint64";
      return isLong && !isSafe(field) ? { type: "int64", bigint: true } : { type: LEAF_TYPES[kind] };
    }
  }
}

/** Arrow permits two fields of one name; an object has room for one. */
function distinct(columns: readonly Column[]): Column[] {
  return columns.filter(({ name }, at) => columns.findIndex((other) => other.name === name) === at);
}
