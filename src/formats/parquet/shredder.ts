import type { Columns, ColumnValue, Row } from "../../rows/column.js";
import { compileEncoder } from "../../rows/encode.js";
import { MemberValues } from "../../rows/member-reader.js";
import { type LeafPlace, LeafWriter } from "./leaf-writer.js";
import {
  CONVERTED_TYPES,
  type ConvertedType,
  type LogicalType,
  PHYSICAL_TYPES,
  REPETITIONS,
  type Repetition,
  type SchemaElement,
} from "./metadata.js";
import { BIGINT, BOOL, DOUBLE, FLOAT, INT32, INT64, type PlainType, TEXT } from "./plain-values.js";

/** Takes rows apart into the leaf columns of a schema. Rows are known to fit: whoever writes them has checked them. */
export interface Shredder {
  readonly schema: readonly SchemaElement[];
  readonly leaves: readonly LeafWriter[];
  shred(row: Row): void;
}

export interface ShredderOptions {
  /** The text of a JSON value. */
  jsonText(value: unknown): string;
  /** Its chunks get a bloom filter. */
  key: string | undefined;
  /** Lists other than of floats, structs and maps as JSON texts, and those as plain ones: what Python's Kura reads. */
  asJsonTexts: boolean;
}

/** @throws {TypeError} For a column that Parquet cannot hold, by name. */
export function compileShredder(columns: Columns, { key, asJsonTexts, jsonText }: ShredderOptions): Shredder {
  const builder: Builder = { schema: [], leaves: [], asJsonTexts, jsonText };
  builder.schema.push({ name: "schema", num_children: columns.length });
  const parts = columns.map((column) => {
    const part = asJsonTexts && isNested(column) ? jsonTextPart : partOf;
    const { name } = column;
    return part(column, { path: [name], maxDefinition: 0, maxRepetition: 0 }, builder, name === key);
  });
  const shred = structShredder(columns, parts);
  const { schema, leaves } = builder;
  return {
    schema,
    leaves,
    shred: (row) => {
      shred(row, 0, 0);
      for (let index = 0; index < leaves.length; index++) leaves[index]!.endRow();
    },
  };
}

interface Builder {
  readonly schema: SchemaElement[];
  readonly leaves: LeafWriter[];
  readonly asJsonTexts: boolean;
  readonly jsonText: ShredderOptions["jsonText"];
}

/** One node of the schema; levels as in the format's description of nested encoding. */
interface Part {
  /** @param definition How many optional or repeated nodes above this one are there. */
  shred(value: unknown, repetition: number, definition: number): void;
  /** Nothing is here, since something above is null or empty. */
  shredNothing(repetition: number, definition: number): void;
}

function isNested(column: ColumnValue): boolean {
  if (column.type === "list") return column.items.type !== "float64" && column.items.type !== "float32";
  return column.type === "struct" || column.type === "map";
}

function partOf(column: ColumnValue, at: LeafPlace, builder: Builder, isKey = false): Part {
  const place = column.nullable ? { ...at, maxDefinition: at.maxDefinition + 1 } : at;
  const part = presentPart(column, place, builder, isKey);
  return column.nullable ? nullablePart(part) : part;
}

function nullablePart({ shred, shredNothing }: Part): Part {
  return {
    shred: (value, repetition, definition) => {
      if (value === null || value === undefined) shredNothing(repetition, definition);
      else shred(value, repetition, definition + 1);
    },
    shredNothing,
  };
}

function presentPart(column: ColumnValue, place: LeafPlace, builder: Builder, isKey: boolean): Part {
  const repetition = column.nullable ? "OPTIONAL" : "REQUIRED";
  switch (column.type) {
    case "list":
      builder.schema.push(group(place, repetition, 1, "LIST"));
      return listPart(column.items, place, builder);
    case "map":
      builder.schema.push(group(place, repetition, 1, "MAP"));
      return mapPart(column.values, place, builder);
    case "struct":
      if (column.fields.length === 0)
        throw new TypeError(
          `Cannot store column "${place.path.join(".")}" in Parquet: a struct without fields; use json`,
        );
      builder.schema.push(group(place, repetition, column.fields.length));
      return structPart(column.fields, place, builder);
    case "vector":
      builder.schema.push(group(place, repetition, 1, "LIST"));
      return vectorPart(place, builder);
    case "json":
      return leafPart(place, repetition, builder, builder.asJsonTexts ? STRING : LEAVES.json, builder.jsonText, isKey);
    default:
      return leafPart(place, repetition, builder, leafOf(column), undefined, isKey);
  }
}

interface Leaf {
  readonly plain: PlainType;
  readonly converted?: ConvertedType;
  readonly logical?: LogicalType;
  readonly hasStatistics?: boolean;
}

const STRING = { plain: TEXT, converted: "UTF8", logical: { STRING: {} } } as const;

const LEAVES = {
  text: STRING,
  /** The text that came in: Parquet's own timestamps forget its offset and how it was spelled (docs/decisions/020-parquet-pages.md). */
  timestamp: STRING,
  json: { plain: TEXT, converted: "JSON", logical: { JSON: {} }, hasStatistics: false },
  bool: { plain: BOOL },
  int32: { plain: INT32 },
  int64: { plain: INT64 },
  float32: { plain: FLOAT },
  float64: { plain: DOUBLE },
} as const satisfies Record<string, Leaf>;

function leafOf(column: ColumnValue): Leaf {
  if (column.type === "int64" && column.bigint) return { plain: BIGINT };
  return LEAVES[column.type as keyof typeof LEAVES];
}

function leafPart(
  place: LeafPlace,
  repetition: Repetition,
  builder: Builder,
  { plain, converted, logical, hasStatistics = true }: Leaf,
  convert: ((value: unknown) => unknown) | undefined,
  isKey: boolean,
): Part {
  builder.schema.push({
    type: PHYSICAL_TYPES.indexOf(plain.physical),
    repetition_type: REPETITIONS.indexOf(repetition),
    name: place.path.at(-1)!,
    ...(converted && { converted_type: CONVERTED_TYPES.indexOf(converted) }),
    ...(logical && { logicalType: logical }),
  });
  const writer = new LeafWriter(place, plain, { hasStatistics, hasBloomFilter: isKey });
  builder.leaves.push(writer);
  return {
    shred: convert
      ? (value, level) => writer.append(convert(value), level)
      : (value, level) => writer.append(value, level),
    shredNothing: (level, definition) => writer.appendNull(level, definition),
  };
}

function jsonTextPart(column: ColumnValue, at: LeafPlace, builder: Builder): Part {
  const place = column.nullable ? { ...at, maxDefinition: 1 } : at;
  const encode = compileEncoder([{ ...column, name: "value", nullable: false } as never]);
  const toText = (value: unknown) => encode({ value }).slice('{"value":'.length, -1);
  const part = leafPart(place, column.nullable ? "OPTIONAL" : "REQUIRED", builder, STRING, toText, false);
  return column.nullable ? nullablePart(part) : part;
}

function listPart(items: ColumnValue, place: LeafPlace, builder: Builder): Part {
  builder.schema.push({ name: "list", repetition_type: REPETITIONS.indexOf("REPEATED"), num_children: 1 });
  const below = repeated(place, "list", "element");
  const item = partOf(items, below, builder);
  const level = below.maxRepetition;
  return {
    shred: (value, repetition, definition) => {
      const list = value as readonly unknown[];
      if (list.length === 0) item.shredNothing(repetition, definition);
      for (let index = 0; index < list.length; index++)
        item.shred(list[index], index === 0 ? repetition : level, definition + 1);
    },
    shredNothing: item.shredNothing,
  };
}

function mapPart(values: ColumnValue, place: LeafPlace, builder: Builder): Part {
  builder.schema.push({ name: "key_value", repetition_type: REPETITIONS.indexOf("REPEATED"), num_children: 2 });
  const below = (name: string) => repeated(place, "key_value", name);
  const key = leafPart(below("key"), "REQUIRED", builder, STRING, undefined, false);
  const value = partOf(values, below("value"), builder);
  const level = below("value").maxRepetition;
  const shredNothing = (repetition: number, definition: number) => {
    key.shredNothing(repetition, definition);
    value.shredNothing(repetition, definition);
  };
  return {
    shred: (map, repetition, definition) => {
      let at = repetition;
      for (const name of Object.keys(map as object)) {
        key.shred(name, at, definition + 1);
        value.shred((map as Record<string, unknown>)[name], at, definition + 1);
        at = level;
      }
      if (Object.keys(map as object).length === 0) shredNothing(repetition, definition);
    },
    shredNothing,
  };
}

function structPart(fields: Columns, place: LeafPlace, builder: Builder): Part {
  const parts = fields.map((field) => partOf(field, { ...place, path: [...place.path, field.name] }, builder));
  return {
    shred: structShredder(fields, parts),
    shredNothing: (repetition, definition) => {
      for (const part of parts) part.shredNothing(repetition, definition);
    },
  };
}

function structShredder(fields: Columns, parts: readonly Part[]): Part["shred"] {
  const members = new MemberValues(fields.map(({ name }) => name));
  return (value, repetition, definition) => {
    members.read(value as Row);
    for (let index = 0; index < parts.length; index++)
      parts[index]!.shred(members.values[index], repetition, definition);
  };
}

function vectorPart(place: LeafPlace, builder: Builder): Part {
  builder.schema.push({ name: "list", repetition_type: REPETITIONS.indexOf("REPEATED"), num_children: 1 });
  builder.schema.push({
    type: PHYSICAL_TYPES.indexOf("FLOAT"),
    repetition_type: REPETITIONS.indexOf("REQUIRED"),
    name: "element",
  });
  // The least and greatest of thousands of floats say nothing.
  const writer = new LeafWriter(repeated(place, "list", "element"), FLOAT, { hasStatistics: false });
  builder.leaves.push(writer);
  return {
    shred: (value, repetition, definition) => {
      const vector = value as Float32Array;
      if (vector.length === 0) writer.appendNull(repetition, definition);
      else writer.appendFloats(vector, repetition);
    },
    shredNothing: (repetition, definition) => writer.appendNull(repetition, definition),
  };
}

function group(place: LeafPlace, repetition: Repetition, children: number, kind?: "LIST" | "MAP"): SchemaElement {
  return {
    repetition_type: REPETITIONS.indexOf(repetition),
    name: place.path.at(-1)!,
    num_children: children,
    ...(kind && { converted_type: CONVERTED_TYPES.indexOf(kind), logicalType: { [kind]: {} } }),
  };
}

function repeated({ path, maxDefinition, maxRepetition }: LeafPlace, ...below: readonly string[]): LeafPlace {
  return { path: [...path, ...below], maxDefinition: maxDefinition + 1, maxRepetition: maxRepetition + 1 };
}
