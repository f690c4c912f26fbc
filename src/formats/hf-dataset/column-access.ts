import { RowTypeMismatchError } from "../../errors.js";
import type { ColumnValue } from "../../rows/column.js";
import { assertFiniteVector } from "../../rows/column-rules.js";
import { describeType } from "../../rows/describe-column.js";
import { FieldError } from "../../rows/field-error.js";
import { damaged } from "../columnar/damage.js";
import { type AccessOptions as LeafOptions, leafAccess } from "../columnar/leaf-access.js";
import { type ColumnAccess, convertedAccess, orNull } from "./access.js";
import type { ArrowField } from "./arrow-schema.js";
import { dictionaryAccess, labelsAccess } from "./dictionary-access.js";
import { readLeaf, storedOf } from "./leaf-values.js";
import { listAccess, vectorAccess } from "./list-access.js";
import { type EntryAccesses, jsonPairsAccess, mapAccess, pairsAccess } from "./map-access.js";
import { entriesOfPairs, isPairs, isTextPairs } from "./pairs.js";
import { columnOf } from "./stored-columns.js";
import { isStructOfLists, type MemberAccesses, structAccess, transposed, transposedAccess } from "./struct-access.js";

export interface AccessOptions extends LeafOptions {
  /** How messages call the file. */
  path: string;
  /** Told the fields that the row type does not have, as `name.field`. */
  onUnknownField(field: string): void;
  isSafe(field: ArrowField): boolean;
  /** Values of `{ keys, values }` are JSON; otherwise they are what Python's Kura makes of them. */
  isJsonPairs: boolean;
  /** Of the whole column: values that stand for null. */
  isNull?: ((value: unknown) => boolean) | undefined;
}

/** @throws {RowTypeMismatchError} If what is stored cannot be read as what is wanted. */
export function compileAccess(
  field: ArrowField,
  wanted: ColumnValue,
  path: string,
  options: AccessOptions,
): ColumnAccess {
  const { isNull, ...inner } = options;
  const bare = bareAccess(field, wanted, path, inner);
  const access = isNull ? convertedAccess(bare, (value) => (isNull(value) ? null : value)) : bare;
  const isChecked = options.isTyped && !options.isTrusted && !wanted.nullable && wanted.type !== "json";
  return isChecked ? convertedAccess(access, (value) => value ?? refuseNull(wanted)) : access;
}

const TEXT: ColumnValue = { type: "text", nullable: true };

function refuseNull(wanted: ColumnValue): never {
  throw new FieldError("", `${describeType(wanted)} is needed, it is null`);
}

function bareAccess(field: ArrowField, wanted: ColumnValue, path: string, options: AccessOptions): ColumnAccess {
  const refuse = (): never => {
    const stored = describeType(columnOf(field, options.isSafe));
    throw RowTypeMismatchError.of(JSON.stringify(options.path), path, stored, describeType(wanted));
  };
  if (field.dictionary) {
    const inner = compileAccess({ ...field, dictionary: undefined }, { ...wanted, nullable: true }, path, options);
    return dictionaryAccess(field, inner);
  }
  if (field.labels && (wanted.type === "text" || wanted.type === "json")) return labelsAccess(field, field.labels);
  const { kind } = field.type;
  if (kind === "struct" && wanted.type === "map" && isPairs(field))
    return pairsAccess(field, entryAccesses(entriesOfPairs(field), wanted.values, path, options));
  if (kind === "struct" && wanted.type === "json" && isTextPairs(field)) {
    const { keys, values } = entriesOfPairs(field);
    const [key, value] = [compileAccess(keys, TEXT, "keys", options), compileAccess(values, TEXT, "values", options)];
    return jsonPairsAccess(field, { keys: key, values: value }, options);
  }
  // Native structs and lists where any JSON is wanted: they are read as what they are.
  const isNested = kind === "struct" || kind === "map" || kind === "list" || kind === "fixed-list";
  const stored = wanted.type === "json" && isNested ? columnOf(field, options.isSafe) : wanted;
  switch (kind) {
    case "struct":
      if (stored.type === "struct")
        return structAccess(field, memberAccesses(field, stored, path, options) ?? refuse());
      if (stored.type === "list" && stored.items.type === "struct" && isStructOfLists(field)) {
        const accesses = memberAccesses(transposed(field), stored.items, `${path}[]`, options);
        return transposedAccess(field, accesses ?? refuse());
      }
      return refuse();
    case "map":
      if (stored.type === "map") {
        const [keys, values] = field.children[0]!.children as [ArrowField, ArrowField];
        return mapAccess(field, entryAccesses({ keys, values }, stored.values, path, options));
      }
      if (stored.type !== "list") return refuse();
      return listAccess(field, compileAccess(field.children[0]!, stored.items, `${path}[]`, options));
    case "list":
    case "fixed-list":
      if (stored.type === "vector") return anyVectorAccess(field, stored.length, path, options);
      if (stored.type !== "list") return refuse();
      return listAccess(field, compileAccess(field.children[0]!, stored.items, `${path}[]`, options));
    default: {
      const accessTo = leafAccess(storedOf(field)!, stored, options);
      if (!accessTo) return refuse();
      return {
        open: (buffers) => {
          const { length, isNull, values } = readLeaf(field, buffers);
          return { length, at: orNull(isNull, accessTo(values)) };
        },
      };
    }
  }
}

function anyVectorAccess(
  field: ArrowField,
  length: number | undefined,
  path: string,
  options: AccessOptions,
): ColumnAccess {
  const [items] = field.children;
  const finish = (vector: Float32Array) => {
    if (!options.isTrusted) assertFiniteVector(vector, length);
    return vector;
  };
  if (items?.type.kind === "float" && !items.dictionary) return vectorAccess(field, items.type.bits, finish);
  const list = bareAccess(field, { type: "list", items: { type: "float32" }, nullable: true }, path, options);
  return convertedAccess(list, (value) => value && finish(Float32Array.from(value as number[])));
}

/** Undefined where none of what is wanted is stored. */
function memberAccesses(
  { children }: ArrowField,
  { fields }: ColumnValue & { type: "struct" },
  path: string,
  options: AccessOptions,
): MemberAccesses | undefined {
  for (const { name } of children)
    if (!fields.some((column) => column.name === name)) options.onUnknownField(`${path}.${name}`);
  for (const { name, nullable, ...type } of fields) {
    if (nullable || children.some((child) => child.name === name)) continue;
    const subject = JSON.stringify(options.path);
    throw RowTypeMismatchError.of(subject, `${path}.${name}`, "nothing", describeType(type as ColumnValue));
  }
  const columns = children.map((field, at) => {
    // Of two of one name, as Arrow permits, the first is it.
    const isFirst = children.findIndex(({ name }) => name === field.name) === at;
    const column = isFirst ? fields.find(({ name }) => name === field.name) : undefined;
    return { field, access: column && compileAccess(field, column, `${path}.${field.name}`, options) };
  });
  const isKnown = fields.length === 0 || columns.some(({ access }) => access);
  return isKnown ? { columns, names: fields.map(({ name }) => name) } : undefined;
}

function entryAccesses(
  { keys, values }: { keys: ArrowField; values: ArrowField },
  wanted: ColumnValue,
  path: string,
  options: AccessOptions,
): EntryAccesses {
  return { keys: keyAccess(keys, path, options), values: compileAccess(values, wanted, `${path}{}`, options) };
}

/** Keys that are numbers, as the texts that JSON makes of them. */
function keyAccess(field: ArrowField, path: string, options: AccessOptions): ColumnAccess {
  const keys = compileAccess(field, columnOf(field, options.isSafe), `${path} (key)`, options);
  return convertedAccess(keys, (key) => (key === null ? damaged("a map has a key that is null") : String(key)));
}
