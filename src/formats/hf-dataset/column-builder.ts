import type { Columns, ColumnValue, Row } from "../../rows/column.js";
import { FieldError } from "../../rows/field-error.js";
import { memberReader } from "../../rows/member-reader.js";
import { writeJson } from "../../rows/write-json.js";
import { ByteBuffer } from "../columnar/byte-buffer.js";
import type { WrittenField } from "./arrow-schema.js";
import { pairsOfJson } from "./pairs.js";

/** Where the nodes and buffers of a batch are put, in the order of its fields. */
export interface BatchParts {
  readonly nodes: [length: number, nulls: number][];
  readonly buffers: Uint8Array[];
}

/** One column of the batch that is being filled. Values are known to fit: whoever writes them has checked them. */
export interface ColumnBuilder {
  readonly field: WrittenField;
  append(value: unknown): void;
  appendNull(): void;
  /** Views, good until more is appended. */
  collect(parts: BatchParts): void;
  clear(): void;
}

/** Offsets have 32 bits. */
const MOST_ITEMS = 2 ** 31 - 1;

/**
 * Metadata is stored as Python's Kura stores it: members by keys and values. Other JSON is a text.
 * docs/decisions/060-arrow-of-our-own.md
 */
const PAIRS_COLUMN = "metadata";

/** @throws {TypeError} For a column that `datasets` cannot hold, by name. */
export function columnBuilder(column: ColumnValue & { name: string }, path = column.name): ColumnBuilder {
  const { name } = column;
  // Of features that are no object under this name, datasets takes it for that of a type.
  if (name === "_type" && column.type === "list" && column.items.type === "struct")
    throw new TypeError(
      `Cannot store column "${path}" in a dataset: a list of structs by the name of "_type"; rename it`,
    );
  if (column.type === "json" && path === PAIRS_COLUMN) return new JsonPairsBuilder(name);
  switch (column.type) {
    case "text":
    case "timestamp":
      return new TextBuilder(name);
    case "json":
      return new JsonBuilder(name);
    case "bool":
      return new BoolBuilder(name);
    case "int32":
    case "float32":
    case "float64":
      return new NumberBuilder(name, column.type);
    case "int64":
      return new Int64Builder(name);
    case "vector":
      return new VectorBuilder(name);
    case "list":
      return new ListBuilder(name, itemBuilder(column.items, path));
    case "struct":
      return new StructBuilder(name, column.fields, path);
    case "map":
      return new PairsBuilder(name, itemBuilder(column.values, path));
  }
}

/** Named as everybody names it. */
function itemBuilder(column: ColumnValue, path: string): ColumnBuilder {
  return columnBuilder({ ...column, name: "item" }, `${path}[]`);
}

/** Which values are there: a bit for each, and no bits at all while none is null. */
class Validity {
  length = 0;
  nulls = 0;
  #bits = new Uint8Array(128);

  push(isThere: boolean): void {
    const at = this.length++;
    if (at >> 3 >= this.#bits.length) {
      const larger = new Uint8Array(this.#bits.length * 2);
      larger.set(this.#bits);
      this.#bits = larger;
    }
    if (isThere) this.#bits[at >> 3]! |= 1 << (at & 7);
    else this.nulls++;
  }

  bits(): Uint8Array {
    return this.#bits.subarray(0, (this.length + 7) >> 3);
  }

  collect({ nodes, buffers }: BatchParts): void {
    nodes.push([this.length, this.nulls]);
    buffers.push(this.nulls === 0 ? NOTHING : this.bits());
  }

  clear(): void {
    this.#bits.fill(0, 0, (this.length + 7) >> 3);
    this.length = 0;
    this.nulls = 0;
  }
}

const NOTHING = new Uint8Array(0);

/** Where values of variable length end: one more than there are values. */
class Offsets {
  readonly #bytes = new ByteBuffer(4096);

  constructor() {
    this.#bytes.uint32(0);
  }

  push(end: number): void {
    if (end > MOST_ITEMS) throw new FieldError("", "a batch cannot hold so much of one column");
    this.#bytes.uint32(end);
  }

  view(): Uint8Array {
    return this.#bytes.view();
  }

  clear(): void {
    this.#bytes.length = 4;
  }
}

/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 3;

class TextBuilder implements ColumnBuilder {
  readonly field: WrittenField;
  readonly #validity = new Validity();
  readonly #offsets = new Offsets();
  readonly #data = new ByteBuffer(1 << 16);

  constructor(name: string) {
    this.field = { name, type: "utf8" };
  }

  append(value: unknown): void {
    const text = value as string;
    const data = this.#data;
    data.reserve(text.length * MOST_BYTES_PER_UNIT);
    data.length += data.bytes.utf8Write(text, data.length);
    this.#offsets.push(data.length);
    this.#validity.push(true);
  }

  appendNull(): void {
    this.#offsets.push(this.#data.length);
    this.#validity.push(false);
  }

  collect(parts: BatchParts): void {
    this.#validity.collect(parts);
    parts.buffers.push(this.#offsets.view(), this.#data.view());
  }

  clear(): void {
    this.#validity.clear();
    this.#offsets.clear();
    this.#data.length = 0;
  }
}

class JsonBuilder extends TextBuilder {
  override append(value: unknown): void {
    super.append(writeJson(value));
  }
}

class BoolBuilder implements ColumnBuilder {
  readonly field: WrittenField;
  readonly #validity = new Validity();
  /** A bit that is set is the value. */
  readonly #values = new Validity();

  constructor(name: string) {
    this.field = { name, type: "bool" };
  }

  append(value: unknown): void {
    this.#values.push(value === true);
    this.#validity.push(true);
  }

  appendNull(): void {
    this.#values.push(false);
    this.#validity.push(false);
  }

  collect(parts: BatchParts): void {
    this.#validity.collect(parts);
    parts.buffers.push(this.#values.bits());
  }

  clear(): void {
    this.#validity.clear();
    this.#values.clear();
  }
}

const FIXED = { int32: Int32Array, int64: BigInt64Array, float32: Float32Array, float64: Float64Array } as const;

class NumberBuilder implements ColumnBuilder {
  readonly field: WrittenField;
  readonly #validity = new Validity();
  readonly #zero: number | bigint;
  #values: Int32Array | BigInt64Array | Float32Array | Float64Array;

  constructor(name: string, type: keyof typeof FIXED) {
    this.field = { name, type };
    this.#values = new FIXED[type](1024);
    this.#zero = type === "int64" ? 0n : 0;
  }

  append(value: unknown): void {
    this.#put(value as number | bigint);
    this.#validity.push(true);
  }

  appendNull(): void {
    this.#put(this.#zero);
    this.#validity.push(false);
  }

  collect(parts: BatchParts): void {
    this.#validity.collect(parts);
    parts.buffers.push(bytesOf(this.#values.subarray(0, this.#validity.length)));
  }

  clear(): void {
    this.#validity.clear();
  }

  #put(value: number | bigint): void {
    const at = this.#validity.length;
    if (at === this.#values.length) {
      const larger = new (this.#values.constructor as Float64ArrayConstructor)(at * 2);
      larger.set(this.#values as Float64Array);
      this.#values = larger;
    }
    this.#values[at] = value as number;
  }
}

class Int64Builder extends NumberBuilder {
  constructor(name: string) {
    super(name, "int64");
  }

  override append(value: unknown): void {
    super.append(BigInt(value as number | bigint));
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

class VectorBuilder implements ColumnBuilder {
  readonly field: WrittenField;
  readonly #validity = new Validity();
  readonly #offsets = new Offsets();
  readonly #floats = new ByteBuffer(1 << 16);

  constructor(name: string) {
    this.field = { name, type: "list", items: { name: "item", type: "float32" } };
  }

  append(value: unknown): void {
    this.#floats.append(bytesOf(value as Float32Array));
    this.#end(true);
  }

  appendNull(): void {
    this.#end(false);
  }

  collect(parts: BatchParts): void {
    this.#validity.collect(parts);
    parts.nodes.push([this.#floats.length / 4, 0]);
    parts.buffers.push(this.#offsets.view(), NOTHING, this.#floats.view());
  }

  clear(): void {
    this.#validity.clear();
    this.#offsets.clear();
    this.#floats.length = 0;
  }

  #end(isThere: boolean): void {
    this.#offsets.push(this.#floats.length / 4);
    this.#validity.push(isThere);
  }
}

class ListBuilder implements ColumnBuilder {
  readonly field: WrittenField;
  readonly #validity = new Validity();
  readonly #offsets = new Offsets();
  readonly #items: ColumnBuilder;
  #length = 0;

  constructor(name: string, items: ColumnBuilder) {
    this.field = { name, type: "list", items: items.field };
    this.#items = items;
  }

  append(value: unknown): void {
    const list = value as readonly unknown[];
    for (let index = 0; index < list.length; index++) appendOrNull(this.#items, list[index]);
    this.#length += list.length;
    this.#offsets.push(this.#length);
    this.#validity.push(true);
  }

  appendNull(): void {
    this.#offsets.push(this.#length);
    this.#validity.push(false);
  }

  collect(parts: BatchParts): void {
    this.#validity.collect(parts);
    parts.buffers.push(this.#offsets.view());
    this.#items.collect(parts);
  }

  clear(): void {
    this.#validity.clear();
    this.#offsets.clear();
    this.#items.clear();
    this.#length = 0;
  }
}

class StructBuilder implements ColumnBuilder {
  readonly field: WrittenField;
  readonly #validity = new Validity();
  readonly #members: readonly { builder: ColumnBuilder; read: (row: Row) => unknown }[];

  constructor(name: string, columns: Columns, path: string) {
    if (columns.length === 0)
      throw new TypeError(`Cannot store column "${path}" in a dataset: a struct without fields; use json`);
    this.#members = columns.map((column) => ({
      builder: columnBuilder(column, `${path}.${column.name}`),
      read: memberReader(column.name) ?? ((row: Row) => row[column.name]),
    }));
    this.field = { name, type: "struct", fields: this.#members.map(({ builder }) => builder.field) };
  }

  append(value: unknown): void {
    for (const { builder, read } of this.#members) appendOrNull(builder, read(value as Row));
    this.#validity.push(true);
  }

  appendNull(): void {
    for (const { builder } of this.#members) builder.appendNull();
    this.#validity.push(false);
  }

  collect(parts: BatchParts): void {
    this.#validity.collect(parts);
    for (const { builder } of this.#members) builder.collect(parts);
  }

  clear(): void {
    this.#validity.clear();
    for (const { builder } of this.#members) builder.clear();
  }
}

/** `{ keys: […], values: […] }` */
class PairsBuilder implements ColumnBuilder {
  readonly field: WrittenField;
  readonly #validity = new Validity();
  readonly #keys: ListBuilder;
  readonly #values: ListBuilder;

  constructor(name: string, values: ColumnBuilder) {
    this.#keys = new ListBuilder("keys", new TextBuilder("item"));
    this.#values = new ListBuilder("values", values);
    this.field = { name, type: "struct", fields: [this.#keys.field, this.#values.field] };
  }

  append(value: unknown): void {
    const keys = Object.keys(value as object);
    this.appendPairs(
      keys,
      keys.map((key) => (value as Record<string, unknown>)[key]),
    );
  }

  appendNull(): void {
    this.#keys.appendNull();
    this.#values.appendNull();
    this.#validity.push(false);
  }

  protected appendPairs(keys: readonly string[] | undefined, values: readonly unknown[]): void {
    appendOrNull(this.#keys, keys);
    this.#values.append(values);
    this.#validity.push(true);
  }

  collect(parts: BatchParts): void {
    this.#validity.collect(parts);
    this.#keys.collect(parts);
    this.#values.collect(parts);
  }

  clear(): void {
    this.#validity.clear();
    this.#keys.clear();
    this.#values.clear();
  }
}

class JsonPairsBuilder extends PairsBuilder {
  constructor(name: string) {
    super(name, new TextBuilder("item"));
  }

  override append(value: unknown): void {
    const { keys, values } = pairsOfJson(value);
    this.appendPairs(keys, values);
  }
}

/** Of JSON, null and nothing are the same. */
export function appendOrNull(builder: ColumnBuilder, value: unknown): void {
  if (value === null || value === undefined) builder.appendNull();
  else builder.append(value);
}
