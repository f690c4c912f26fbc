import { RowTypeMismatchError } from "../../errors.js";
import type { ColumnValue } from "../../rows/column.js";
import { assertFiniteVector } from "../../rows/column-rules.js";
import { describeType } from "../../rows/describe-column.js";
import { FieldError, within } from "../../rows/field-error.js";
import { quote } from "../../rows/quote.js";
import { damaged } from "../columnar/damage.js";
import { type AccessOptions as LeafOptions, leafAccess, parseJson } from "../columnar/leaf-access.js";
import { setMember } from "../columnar/set-member.js";
import { extentOf } from "./arrow-layout.js";
import type { ArrowField } from "./arrow-schema.js";
import type { ColumnBuffers } from "./column-buffers.js";
import {
  boundless,
  type IsNull,
  type Ranges,
  readFloats,
  readIndexes,
  readLeaf,
  readNulls,
  readOffsets,
  readViews,
  storedOf,
} from "./leaf-values.js";
import { isPairs, isTextPairs, jsonOfPairs } from "./pairs.js";
import { columnOf } from "./stored-columns.js";

/** How the values of one column are made out of the buffers of a batch. Made once for a file, opened for each batch. */
export interface ColumnAccess {
  open(buffers: ColumnBuffers, dictionaries: Dictionaries): Values;
}

export interface Values {
  readonly length: number;
  /** Value `index`, as it is wanted; an object is a new one each time. */
  readonly at: (index: number) => unknown;
}

/** The parts of a dictionary, as far as the stream has given them before the batch at hand. */
export type Dictionaries = (id: bigint) => readonly (() => ColumnBuffers)[];

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

function refuseNull(wanted: ColumnValue): never {
  throw new FieldError("", `${describeType(wanted)} is needed, it is null`);
}

function bareAccess(field: ArrowField, wanted: ColumnValue, path: string, options: AccessOptions): ColumnAccess {
  const mismatch = () =>
    new RowTypeMismatchError(
      JSON.stringify(options.path),
      path,
      describeType(columnOf(field, options.isSafe)),
      describeType(wanted),
    );
  if (field.dictionary) return dictionaryAccess(field, wanted, path, options);
  if (field.labels && (wanted.type === "text" || wanted.type === "json")) return labelsAccess(field, field.labels);
  const { kind } = field.type;
  if (kind === "struct" && wanted.type === "map" && isPairs(field))
    return pairsAccess(field, wanted.values, path, options);
  if (kind === "struct" && wanted.type === "json" && isTextPairs(field)) return jsonPairsAccess(field, options);
  // Native structs and lists where any JSON is wanted: they are read as what they are.
  const isNested = kind === "struct" || kind === "map" || kind === "list" || kind === "fixed-list";
  const stored = wanted.type === "json" && isNested ? columnOf(field, options.isSafe) : wanted;
  switch (kind) {
    case "struct":
      if (stored.type === "struct") return structAccess(field, stored, path, options, mismatch);
      if (stored.type === "list" && stored.items.type === "struct" && isStructOfLists(field))
        return transposedAccess(field, stored.items, path, options, mismatch);
      throw mismatch();
    case "map":
      if (stored.type === "map") return mapAccess(field, stored.values, path, options);
      if (stored.type === "list")
        return listAccess(field, compileAccess(field.children[0]!, stored.items, `${path}[]`, options));
      throw mismatch();
    case "list":
    case "fixed-list":
      if (stored.type === "vector") return vectorAccess(field, stored.length, path, options);
      if (stored.type !== "list") throw mismatch();
      return listAccess(field, compileAccess(field.children[0]!, stored.items, `${path}[]`, options));
    default: {
      const accessTo = leafAccess(storedOf(field)!, stored, options);
      if (!accessTo) throw mismatch();
      return {
        open: (buffers) => {
          const { length, isNull, values } = readLeaf(field, buffers);
          return { length, at: orNull(isNull, accessTo(values)) };
        },
      };
    }
  }
}

function orNull(isNull: IsNull, at: (index: number) => unknown): (index: number) => unknown {
  return isNull ? (index) => (isNull(index) ? null : at(index)) : at;
}

function convertedAccess(access: ColumnAccess, convert: (value: unknown) => unknown): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const { length, at } = access.open(buffers, dictionaries);
      return { length, at: (index) => convert(at(index)) };
    },
  };
}

/** A ClassLabel's number, below zero where there is none. */
function labelsAccess(field: ArrowField, labels: readonly string[]): ColumnAccess {
  return {
    open: (buffers) => {
      const { type } = field;
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      if (type.kind !== "int") return damaged(`the labels of column "${field.name}" are no integers`);
      const label = readIndexes(type, buffers.nextBuffer(), node.length);
      const at = (index: number) => {
        const number = label(index);
        if (number < 0) return null;
        return labels[number] ?? refuseLabel(number, labels.length);
      };
      return { length: node.length, at: orNull(isNull, at) };
    },
  };
}

function refuseLabel(number: number, count: number): never {
  throw new FieldError("", `it is label ${number} of ${count}`);
}

function dictionaryAccess(field: ArrowField, wanted: ColumnValue, path: string, options: AccessOptions): ColumnAccess {
  const { id, index: indexType } = field.dictionary!;
  const inner = compileAccess({ ...field, dictionary: undefined }, { ...wanted, nullable: true }, path, options);
  /** Opened once for all the batches that use it. */
  const opened = new WeakMap<object, Values>();
  const openPart = (part: () => ColumnBuffers, dictionaries: Dictionaries): Values => {
    const values = opened.get(part) ?? inner.open(part(), dictionaries);
    opened.set(part, values);
    return values;
  };
  return {
    open: (buffers, dictionaries) => {
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      const place = readIndexes(indexType, buffers.nextBuffer(), node.length);
      const parts = dictionaries(id).map((part) => openPart(part, dictionaries));
      const at = (index: number) => {
        let left = place(index);
        for (const part of parts) {
          if (left >= 0 && left < part.length) return part.at(left);
          left -= part.length;
        }
        throw new FieldError("", `it is number ${place(index)} of a dictionary that does not have it`);
      };
      return { length: node.length, at: orNull(isNull, at) };
    },
  };
}

/** Where the items of each value are, and of which values none is there. */
interface Lists extends Ranges {
  readonly length: number;
  readonly isNull: IsNull;
}

function readLists({ type }: ArrowField, buffers: ColumnBuffers): Lists {
  const node = buffers.nextNode();
  const isNull = readNulls(buffers.nextBuffer(), node);
  const { length } = node;
  if (type.kind === "list" && type.layout === "view")
    return { length, isNull, ...readViews(type.isLarge, buffers, length) };
  if (type.kind === "fixed-list") return { length, isNull, ...fixedRanges(boundless(length), type.length) };
  const layout = type.kind === "list" && type.layout === "large-offsets" ? "large-offsets" : "offsets";
  return { length, isNull, ...readOffsets(layout, buffers.nextBuffer(), length) };
}

function fixedRanges(length: number, each: number): Ranges {
  if (length * each > 0x7fffffff) damaged("a list leads out of its column");
  const starts = Int32Array.from({ length }, (_, index) => index * each);
  return { starts, ends: starts.map((start) => start + each) };
}

function assertInside({ ends }: Ranges, items: number): void {
  for (let index = 0; index < ends.length; index++) if (ends[index]! > items) damaged("a list leads out of its column");
}

/** Lists are lists of their only child, maps of their entries. */
function openLists(field: ArrowField, items: ColumnAccess, buffers: ColumnBuffers, dictionaries: Dictionaries) {
  const lists = readLists(field, buffers);
  const values = items.open(buffers, dictionaries);
  assertInside(lists, values.length);
  return { ...lists, item: values.at };
}

function listAccess(field: ArrowField, items: ColumnAccess): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const { length, isNull, starts, ends, item } = openLists(field, items, buffers, dictionaries);
      const at = (index: number) => {
        const start = starts[index]!;
        const list: unknown[] = [];
        for (let place = start; place < ends[index]!; place++) {
          try {
            list.push(item(place));
          } catch (error) {
            throw within(`[${place - start}]`, error);
          }
        }
        return list;
      };
      return { length, at: orNull(isNull, at) };
    },
  };
}

/** Views of the memory that was read, where floats of 32 bits are stored. */
function vectorAccess(
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
  if (items?.type.kind !== "float" || items.dictionary) {
    const wanted: ColumnValue = { type: "list", items: { type: "float32" }, nullable: true };
    const list = bareAccess(field, wanted, path, options);
    return convertedAccess(list, (value) => value && finish(Float32Array.from(value as number[])));
  }
  const { bits } = items.type;
  return {
    open: (buffers) => {
      const lists = readLists(field, buffers);
      const node = buffers.nextNode();
      const isItemNull = readNulls(buffers.nextBuffer(), node);
      const floats = readFloats(bits, buffers.nextBuffer(), node.length);
      assertInside(lists, node.length);
      const { starts, ends } = lists;
      const at = (index: number) => {
        const [start, end] = [starts[index]!, ends[index]!];
        if (isItemNull) assertNoNull(isItemNull, start, end);
        return finish(
          floats instanceof Float32Array ? floats.subarray(start, end) : Float32Array.from(floats.subarray(start, end)),
        );
      };
      return { length: lists.length, at: orNull(lists.isNull, at) };
    },
  };
}

function assertNoNull(isNull: (index: number) => boolean, start: number, end: number): void {
  for (let place = start; place < end; place++)
    if (isNull(place)) throw new FieldError(`[${place - start}]`, "a number is needed, it is null");
}

function structAccess(
  field: ArrowField,
  wanted: ColumnValue & { type: "struct" },
  path: string,
  options: AccessOptions,
  mismatch: () => Error,
): ColumnAccess {
  const { columns, isKnown } = memberAccesses(field, wanted, path, options);
  if (!isKnown) throw mismatch();
  return {
    open: (buffers, dictionaries) => {
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      const members = openMembers(columns, buffers, dictionaries);
      for (const { values } of members)
        if (values && values.length < node.length) damaged("a column is shorter than its batch");
      if (field.children.length === 0) boundless(node.length);
      return { length: node.length, at: orNull(isNull, (index) => structAt(members, index)) };
    },
  };
}

interface Member {
  readonly name: string;
  readonly values: Values | undefined;
}

function structAt(members: readonly Member[], index: number): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  for (const { name, values } of members) {
    try {
      setMember(struct, name, values ? values.at(index) : null);
    } catch (error) {
      throw within(name, error);
    }
  }
  return struct;
}

/** What is made of each child, in the order of the fields as they are stored; and where it goes. */
interface MemberAccesses {
  readonly columns: readonly { readonly field: ArrowField; readonly access: ColumnAccess | undefined }[];
  readonly names: readonly string[];
}

function memberAccesses(
  { children }: ArrowField,
  { fields }: ColumnValue & { type: "struct" },
  path: string,
  options: AccessOptions,
): { columns: MemberAccesses; isKnown: boolean } {
  for (const { name } of children)
    if (!fields.some((column) => column.name === name)) options.onUnknownField(`${path}.${name}`);
  for (const { name, nullable, ...type } of fields) {
    if (nullable || children.some((child) => child.name === name)) continue;
    const subject = JSON.stringify(options.path);
    throw new RowTypeMismatchError(subject, `${path}.${name}`, "nothing", describeType(type as ColumnValue));
  }
  const columns = children.map((field, at) => {
    // Of two of one name, as Arrow permits, the first is it.
    const isFirst = children.findIndex(({ name }) => name === field.name) === at;
    const column = isFirst ? fields.find(({ name }) => name === field.name) : undefined;
    return { field, access: column && compileAccess(field, column, `${path}.${field.name}`, options) };
  });
  const isKnown = fields.length === 0 || columns.some(({ access }) => access);
  return { columns: { columns, names: fields.map(({ name }) => name) }, isKnown };
}

function openMembers({ columns, names }: MemberAccesses, buffers: ColumnBuffers, dictionaries: Dictionaries): Member[] {
  const opened = new Map<string, Values>();
  for (const { field, access } of columns) {
    if (access) opened.set(field.name, access.open(buffers, dictionaries));
    else buffers.skip(extentOf(field));
  }
  return names.map((name) => ({ name, values: opened.get(name) }));
}

/** What `datasets` makes of a list of structs: `Sequence({ … })`. */
function isStructOfLists({ children }: ArrowField): boolean {
  return (
    children.length > 0 &&
    children.every(({ type, dictionary }) => !dictionary && (type.kind === "list" || type.kind === "fixed-list"))
  );
}

function transposedAccess(
  field: ArrowField,
  items: ColumnValue & { type: "struct" },
  path: string,
  options: AccessOptions,
  mismatch: () => Error,
): ColumnAccess {
  // The same members, each of them one level up.
  const struct = { ...field, children: field.children.map((list) => ({ ...list.children[0]!, name: list.name })) };
  const { columns, isKnown } = memberAccesses(struct, items, `${path}[]`, options);
  if (!isKnown) throw mismatch();
  return {
    open: (buffers, dictionaries) => {
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      const lists: Lists[] = [];
      const opened = new Map<string, { lists: Lists; values: Values }>();
      for (const [index, { field: item, access }] of columns.columns.entries()) {
        const ranges = readLists(field.children[index]!, buffers);
        if (ranges.length < node.length) damaged("a column is shorter than its batch");
        lists.push(ranges);
        if (access) {
          const values = access.open(buffers, dictionaries);
          assertInside(ranges, values.length);
          opened.set(item.name, { lists: ranges, values });
        } else buffers.skip(extentOf(item));
      }
      const sizeAt = ({ starts, ends, isNull }: Lists, index: number) =>
        isNull?.(index) ? 0 : ends[index]! - starts[index]!;
      const at = (index: number) => {
        const size = sizeAt(lists[0]!, index);
        if (lists.some((one) => sizeAt(one, index) !== size))
          throw new FieldError("", "it is a struct of lists of different lengths, which is no list of structs");
        return Array.from({ length: size }, (_, place) => {
          const value: Record<string, unknown> = {};
          for (const name of columns.names) {
            const member = opened.get(name);
            try {
              value[name] = member ? member.values.at(member.lists.starts[index]! + place) : null;
            } catch (error) {
              throw within(`[${place}]`, within(name, error));
            }
          }
          return value;
        });
      };
      return { length: node.length, at: orNull(isNull, at) };
    },
  };
}

/** Keys that are numbers, as the texts that JSON makes of them. */
function keyAccess(field: ArrowField, path: string, options: AccessOptions): ColumnAccess {
  const keys = compileAccess(field, columnOf(field, options.isSafe), `${path} (key)`, options);
  return convertedAccess(keys, (key) => (key === null ? damaged("a map has a key that is null") : String(key)));
}

function mapAccess(field: ArrowField, wanted: ColumnValue, path: string, options: AccessOptions): ColumnAccess {
  const [entries] = field.children as [ArrowField];
  const [key, value] = entries.children as [ArrowField, ArrowField];
  const keys = keyAccess(key, path, options);
  const values = compileAccess(value, wanted, `${path}{}`, options);
  return {
    open: (buffers, dictionaries) => {
      const lists = readLists(field, buffers);
      const node = buffers.nextNode();
      readNulls(buffers.nextBuffer(), node);
      const opened = { keys: keys.open(buffers, dictionaries), values: values.open(buffers, dictionaries) };
      assertInside(lists, Math.min(node.length, opened.keys.length, opened.values.length));
      const { length, isNull, starts, ends } = lists;
      const at = (index: number) =>
        mapOf(opened, { start: starts[index]!, valueStart: starts[index]!, size: ends[index]! - starts[index]! });
      return { length, at: orNull(isNull, at) };
    },
  };
}

function mapOf(
  { keys, values }: { keys: Values; values: Values },
  { start, valueStart, size }: { start: number; valueStart: number; size: number },
): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (let place = 0; place < size; place++) {
    const name = keys.at(start + place) as string;
    try {
      setMember(map, name, values.at(valueStart + place));
    } catch (error) {
      throw within(name, error);
    }
  }
  return map;
}

/** `{ keys: […], values: […] }`: what a map is stored as, since `datasets` has none. */
function openPairs(
  field: ArrowField,
  { keys, values }: { keys: ColumnAccess; values: ColumnAccess },
  buffers: ColumnBuffers,
  dictionaries: Dictionaries,
) {
  const node = buffers.nextNode();
  const isNull = readNulls(buffers.nextBuffer(), node);
  const isKeysFirst = field.children[0]!.name === "keys";
  const open = (name: string, access: ColumnAccess) =>
    openLists(field.children.find((child) => child.name === name)!, access, buffers, dictionaries);
  const first = isKeysFirst ? open("keys", keys) : open("values", values);
  const second = isKeysFirst ? open("values", values) : open("keys", keys);
  const pairs = isKeysFirst ? { keys: first, values: second } : { keys: second, values: first };
  if (Math.min(first.length, second.length) < node.length) damaged("a column is shorter than its batch");
  const sizeAt = (index: number) => {
    const size = pairs.keys.ends[index]! - pairs.keys.starts[index]!;
    if (size === pairs.values.ends[index]! - pairs.values.starts[index]!) return size;
    throw new FieldError("", "it has not as many values as keys");
  };
  return { length: node.length, isNull, sizeAt, ...pairs };
}

function pairsAccess(field: ArrowField, wanted: ColumnValue, path: string, options: AccessOptions): ColumnAccess {
  const child = (name: string) => field.children.find((one) => one.name === name)!.children[0]!;
  const accesses = {
    keys: keyAccess(child("keys"), path, options),
    values: compileAccess(child("values"), wanted, `${path}{}`, options),
  };
  return {
    open: (buffers, dictionaries) => {
      const { length, isNull, sizeAt, keys, values } = openPairs(field, accesses, buffers, dictionaries);
      const opened = { keys: { length, at: keys.item }, values: { length, at: values.item } };
      const at = (index: number) =>
        mapOf(opened, {
          start: keys.starts[index]!,
          valueStart: values.starts[index]!,
          size: sizeAt(index),
        });
      return { length, at: orNull(isNull, at) };
    },
  };
}

/** Of one batch, so that each is quoted once. */
const MOST_LABELS = 1000;

function jsonPairsAccess(field: ArrowField, options: AccessOptions): ColumnAccess {
  const text = { type: "text", nullable: true } as const;
  const accesses = {
    keys: compileAccess(field.children.find(({ name }) => name === "keys")!.children[0]!, text, "keys", options),
    values: compileAccess(field.children.find(({ name }) => name === "values")!.children[0]!, text, "values", options),
  };
  return {
    open: (buffers, dictionaries) => {
      const { length, isNull, sizeAt, keys, values } = openPairs(field, accesses, buffers, dictionaries);
      const textsOf = ({ starts, ends, item }: typeof keys, index: number) =>
        Array.from(
          { length: ends[index]! - starts[index]! },
          (_, place) => item(starts[index]! + place) as string | null,
        );
      const quoted = new Map<string, string>();
      /** Of bytes that were saved here and are as they were saved. */
      const trustedAt = (index: number) => {
        const valueStart = values.starts[index]! - keys.starts[index]!;
        let text = "";
        for (let place = keys.starts[index]!; place < keys.ends[index]!; place++) {
          const key = keys.item(place) as string;
          let label = quoted.get(key);
          if (label === undefined) {
            label = `${quote(key)}:`;
            if (quoted.size < MOST_LABELS) quoted.set(key, label);
          }
          text += `${text === "" ? "" : ","}${label}${values.item(valueStart + place) as string}`;
        }
        return parseJson(`{${text}}`);
      };
      const isOurs = options.isTrusted && options.isJsonPairs;
      const at = (index: number) => {
        const isBare = keys.isNull?.(index) ?? false;
        if (!isBare) sizeAt(index);
        if (isOurs && !isBare) return trustedAt(index);
        return jsonOfPairs(isBare ? undefined : textsOf(keys, index), textsOf(values, index), options);
      };
      return { length, at: orNull(isNull, at) };
    },
  };
}
