import { parsePlain } from "../../rows/lossless-json.js";
import { damaged } from "../columnar/damage.js";
import type { FlatFields, FlatTable, FlatValue } from "./flatbuffers.js";

/** Decimals of a second: seconds, milliseconds, microseconds, nanoseconds. */
export type TimeUnit = 0 | 3 | 6 | 9;

/** https://github.com/apache/arrow/blob/main/format/Schema.fbs, as far as columns of tables use it. */
export type ArrowType =
  | { readonly kind: "null" | "bool" | "struct" | "map" }
  | { readonly kind: "int"; readonly bits: 8 | 16 | 32 | 64; readonly isSigned: boolean }
  | { readonly kind: "float"; readonly bits: 16 | 32 | 64 }
  /** Of variable length; `view` where places are kept instead of offsets. */
  | { readonly kind: "text" | "bytes"; readonly layout: OffsetLayout }
  | { readonly kind: "fixed-bytes"; readonly width: number }
  | { readonly kind: "decimal"; readonly bits: 32 | 64 | 128 | 256; readonly scale: number }
  | { readonly kind: "date"; readonly unit: "day" | "ms" }
  | { readonly kind: "time"; readonly unit: TimeUnit; readonly bits: 32 | 64 }
  | { readonly kind: "timestamp"; readonly unit: TimeUnit; readonly isUtc: boolean }
  | { readonly kind: "duration"; readonly unit: TimeUnit }
  | { readonly kind: "list"; readonly layout: OffsetLayout; readonly isLarge: boolean }
  | { readonly kind: "fixed-list"; readonly length: number };

export type OffsetLayout = "offsets" | "large-offsets" | "view";

export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
  readonly children: readonly ArrowField[];
  /** Its values are numbers of those of a dictionary, which are of `type`. */
  readonly dictionary: { readonly id: bigint; readonly index: ArrowType & { kind: "int" } } | undefined;
  /** Such as `arrow.json`. */
  readonly extension: string | undefined;
  /** What its numbers stand for: the names of a ClassLabel. */
  readonly labels?: readonly string[] | undefined;
}

const TYPES = {
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  list: 12,
  struct: 13,
  "fixed-binary": 15,
  "fixed-list": 16,
  map: 17,
  duration: 18,
  "large-binary": 19,
  "large-utf8": 20,
  "large-list": 21,
  "binary-view": 23,
  "utf8-view": 24,
  "list-view": 25,
  "large-list-view": 26,
} as const;

const TYPE_NAMES = new Map<number, keyof typeof TYPES>(
  Object.entries(TYPES).map(([name, code]) => [code, name as keyof typeof TYPES]),
);
const UNREADABLE: Record<number, string> = { 11: "an interval", 14: "a union", 22: "run-end encoded" };

const TIME_UNITS: readonly TimeUnit[] = [0, 3, 6, 9];
const MILLISECONDS = 1;
const FLOAT_BITS = [16, 32, 64] as const;

const MAX_DEPTH = 100;
const MAX_FIELDS = 20_000;
/** More digits than any decimal of 32 bytes has. */
const MAX_SCALE = 100;

/** The features that `datasets` writes beside the fields; undefined if nobody did. */
export function parseFeatures(schema: FlatTable): unknown {
  const text = schema
    .tables(2)
    .find((pair) => pair.text(0) === "huggingface")
    ?.text(1);
  try {
    const { info } = parsePlain(text ?? "{}") as { info?: { features?: unknown } };
    return info?.features;
  } catch {
    return undefined;
  }
}

/** Of a message whose header is a schema. @throws {Damage} If a field of it is impossible, or of a type that rows cannot hold. */
export function parseSchema(schema: FlatTable): ArrowField[] {
  if (schema.int16(0) !== 0) damaged("its numbers are big-endian, which is not read");
  const budget = { fields: MAX_FIELDS };
  const fields = schema.tables(1).map((field) => parseField(field, 0, budget));
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) damaged(`it has two columns "${name}"`);
    seen.add(name);
  }
  return fields;
}

function parseField(field: FlatTable, depth: number, budget: { fields: number }): ArrowField {
  if (depth > MAX_DEPTH) damaged("its schema is nested too deeply");
  if (budget.fields-- === 0) damaged(`its schema has more than ${MAX_FIELDS} fields`);
  const name = field.text(0) ?? "";
  const children = field.tables(5).map((child) => parseField(child, depth + 1, budget));
  const type = parseType(name, field.uint8(2), field.table(3), children);
  const encoding = field.table(4);
  const extension = field.tables(6).find((pair) => pair.text(0) === "ARROW:extension:name");
  const index = encoding?.table(1);
  return {
    name,
    type,
    children,
    dictionary: encoding && {
      id: encoding.int64(0),
      index: index ? intType(name, index) : { kind: "int", bits: 32, isSigned: true },
    },
    extension: extension?.text(1),
  };
}

function parseType(
  name: string,
  code: number,
  type: FlatTable | undefined,
  children: readonly ArrowField[],
): ArrowType {
  const kind = TYPE_NAMES.get(code);
  if (!kind || !type) {
    const what = UNREADABLE[code];
    return damaged(`column "${name}" is ${what ? `${what}, which is not read` : "of an unknown type"}`);
  }
  const withOneChild = <T extends ArrowType>(list: T): T =>
    children.length === 1 ? list : damaged(`column "${name}" is a list of ${children.length} types`);
  switch (kind) {
    case "null":
    case "bool":
    case "struct":
      return { kind };
    case "int":
      return intType(name, type);
    case "float": {
      const bits = FLOAT_BITS[type.int16(0)];
      return bits ? { kind, bits } : damaged(`column "${name}" is of an unknown type`);
    }
    case "utf8":
      return { kind: "text", layout: "offsets" };
    case "large-utf8":
      return { kind: "text", layout: "large-offsets" };
    case "utf8-view":
      return { kind: "text", layout: "view" };
    case "binary":
      return { kind: "bytes", layout: "offsets" };
    case "large-binary":
      return { kind: "bytes", layout: "large-offsets" };
    case "binary-view":
      return { kind: "bytes", layout: "view" };
    case "fixed-binary":
      return { kind: "fixed-bytes", width: count(name, type.int32(0)) };
    case "decimal": {
      const bits = type.int32(2, 128);
      const scale = type.int32(1);
      if (![32, 64, 128, 256].includes(bits) || scale < 0 || scale > MAX_SCALE)
        damaged(`column "${name}" is a decimal of ${bits} bits and scale ${scale}`);
      return { kind, bits: bits as 32 | 64 | 128 | 256, scale };
    }
    case "date":
      return { kind, unit: type.int16(0, MILLISECONDS) === 0 ? "day" : "ms" };
    case "time":
      return { kind, unit: timeUnit(name, type.int16(0, MILLISECONDS)), bits: type.int32(1, 32) === 64 ? 64 : 32 };
    case "timestamp":
      return { kind, unit: timeUnit(name, type.int16(0)), isUtc: (type.text(1) ?? "") !== "" };
    case "duration":
      return { kind, unit: timeUnit(name, type.int16(0, MILLISECONDS)) };
    case "list":
      return withOneChild({ kind, layout: "offsets", isLarge: false });
    case "large-list":
      return withOneChild({ kind: "list", layout: "large-offsets", isLarge: true });
    case "list-view":
      return withOneChild({ kind: "list", layout: "view", isLarge: false });
    case "large-list-view":
      return withOneChild({ kind: "list", layout: "view", isLarge: true });
    case "fixed-list":
      return withOneChild({ kind, length: count(name, type.int32(0)) });
    case "map": {
      const [entries] = children;
      if (children.length !== 1 || entries?.type.kind !== "struct" || entries.children.length !== 2)
        damaged(`column "${name}" is a map without keys and values`);
      return { kind };
    }
  }
}

function intType(name: string, type: FlatTable): ArrowType & { kind: "int" } {
  const bits = type.int32(0);
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) return damaged(`column "${name}" is of ${bits} bits`);
  return { kind: "int", bits, isSigned: type.bool(1) };
}

function timeUnit(name: string, code: number): TimeUnit {
  return TIME_UNITS[code] ?? damaged(`column "${name}" is of an unknown type`);
}

function count(name: string, value: number): number {
  return value >= 0 ? value : damaged(`column "${name}" has values of length ${value}`);
}

/* ---- the types that are written ---- */

/** What a column of ours is stored as. */
export type WrittenField = {
  readonly name: string;
} & (
  | { readonly type: "utf8" | "bool" | "int32" | "int64" | "float32" | "float64" }
  | { readonly type: "list"; readonly items: WrittenField }
  | { readonly type: "struct"; readonly fields: readonly WrittenField[] }
);

/** The header of a schema message. */
export function schemaHeader(fields: readonly WrittenField[], metadata: Readonly<Record<string, string>>): FlatFields {
  const pairs = Object.entries(metadata).map(([key, value]) => [{ text: key }, { text: value }]);
  return [undefined, { tables: fields.map(fieldTable) }, { tables: pairs }];
}

/** Everything is nullable, at every level: so does `datasets`. */
function fieldTable(field: WrittenField): FlatFields {
  const [code, type] = typeTable(field.type);
  const children = field.type === "struct" ? field.fields : field.type === "list" ? [field.items] : [];
  return [
    { text: field.name },
    { uint8: 1 },
    { uint8: code },
    { table: type },
    undefined,
    { tables: children.map(fieldTable) },
  ];
}

function typeTable(type: WrittenField["type"]): [number, readonly (FlatValue | undefined)[]] {
  switch (type) {
    case "utf8":
    case "bool":
    case "list":
    case "struct":
      return [TYPES[type], []];
    case "int32":
      return [TYPES.int, [{ int32: 32 }, { uint8: 1 }]];
    case "int64":
      return [TYPES.int, [{ int32: 64 }, { uint8: 1 }]];
    case "float32":
      return [TYPES.float, [{ int16: 1 }]];
    case "float64":
      return [TYPES.float, [{ int16: 2 }]];
  }
}
