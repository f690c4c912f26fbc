import { Damage, damaged } from "../columnar/damage.js";

/*
 * Thrift's compact protocol, as far as Parquet uses it: structs of numbers, bytes, lists and structs, described by tables that both
 * directions read. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

export type Spec =
  | "bool"
  | "i8"
  | "i16"
  | "i32"
  | "i64"
  | "text"
  | "bytes"
  | "struct"
  | { readonly list: Spec }
  | Struct;

/** Fields by name, each with its number and type. */
export interface Struct {
  readonly fields: { readonly [name: string]: readonly [id: number, spec: Spec] };
}

/**
 * Of "struct" the value is its bytes, encoded before or decoded later: of thousands of them, one after another with turns of the event loop
 * between. A field that was not there is undefined: Thrift's optional and required are the caller's to tell.
 */
export type ValueOf<S> = S extends "bool"
  ? boolean
  : S extends "i8" | "i16" | "i32" | "i64"
    ? number
    : S extends "text"
      ? string
      : S extends "bytes" | "struct"
        ? Uint8Array
        : S extends { readonly list: infer Item }
          ? readonly ValueOf<Item>[]
          : S extends { readonly fields: infer F extends Struct["fields"] }
            ? { readonly [N in keyof F]?: ValueOf<F[N][1]> | undefined }
            : never;

const BOOL_TRUE = 1;
const BOOL_FALSE = 2;
const I8 = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const MAP = 11;
const STRUCT = 12;

const WIRE_TYPES = {
  bool: BOOL_TRUE,
  i8: I8,
  i16: I16,
  i32: I32,
  i64: I64,
  text: BINARY,
  bytes: BINARY,
  struct: STRUCT,
} as const;

/** Parquet's deepest is 6. */
const MAX_DEPTH = 16;

export function encodeThrift<S extends Struct>(struct: S, value: ValueOf<S>): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(struct, value as Record<string, unknown>);
  return writer.bytes();
}

/**
 * @returns The value, and the number of bytes it took.
 * @throws {Damage} If the bytes are no such struct. {@link Truncated} if they end too early.
 */
export function decodeThrift<S extends Struct>(
  struct: S,
  bytes: Uint8Array,
): { value: ValueOf<S>; byteLength: number } {
  const reader = new ThriftReader(bytes);
  const value = reader.struct(struct, 0) as ValueOf<S>;
  return { value, byteLength: reader.at };
}

/** The bytes end inside the struct: more of them may help. */
export class Truncated extends Damage {
  constructor() {
    super("its metadata is cut off");
  }
}

class ThriftWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #at = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  struct({ fields }: Struct, value: Record<string, unknown>): void {
    let before = 0;
    for (const [name, [id, spec]] of Object.entries(fields)) {
      const member = value[name];
      if (member === undefined) continue;
      const wire = spec === "bool" ? (member ? BOOL_TRUE : BOOL_FALSE) : wireType(spec);
      if (id > before && id - before < 16) {
        this.#byte(((id - before) << 4) | wire);
      } else {
        this.#byte(wire);
        this.#zigzag(id);
      }
      if (spec !== "bool") this.#value(spec, member);
      before = id;
    }
    this.#byte(0);
  }

  #value(spec: Spec, value: unknown): void {
    if (typeof spec === "object") {
      if ("fields" in spec) this.struct(spec, value as Record<string, unknown>);
      else this.#list(spec.list, value as readonly unknown[]);
      return;
    }
    if (spec === "i8") this.#byte(value as number);
    else if (spec === "bool") this.#byte(value ? BOOL_TRUE : BOOL_FALSE);
    else if (spec === "text") this.#binary(Buffer.from(value as string));
    else if (spec === "bytes") this.#binary(value as Uint8Array);
    else if (spec === "struct") this.#append(value as Uint8Array);
    else this.#zigzag(value as number);
  }

  #list(item: Spec, values: readonly unknown[]): void {
    if (values.length < 15) {
      this.#byte((values.length << 4) | wireType(item));
    } else {
      this.#byte(0xf0 | wireType(item));
      this.#varint(values.length);
    }
    for (const value of values) this.#value(item, value);
  }

  #binary(bytes: Uint8Array): void {
    this.#varint(bytes.length);
    this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Beyond 32 bits too, where shifts do not reach. */
  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80);
    this.#byte(rest);
  }

  #reserve(byteLength: number): void {
    if (this.#at + byteLength <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + byteLength));
    larger.set(this.bytes());
    this.#bytes = larger;
  }
}

function wireType(spec: Spec): number {
  if (typeof spec === "string") return WIRE_TYPES[spec];
  return "fields" in spec ? STRUCT : LIST;
}

/** Small objects that a few bytes can ask for: what they may be at most, and for how many bytes one more. */
const FREE_STRUCTS = 1 << 16;
const BYTES_PER_STRUCT = 3;

class ThriftReader {
  at = 0;
  readonly #bytes: Buffer;
  #structsLeft: number;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.#structsLeft = FREE_STRUCTS + byteLength / BYTES_PER_STRUCT;
  }

  struct(struct: Struct, depth: number): Record<string, unknown> {
    if (depth > MAX_DEPTH) damaged("its metadata is nested too deeply");
    if (--this.#structsLeft < 0) damaged("its metadata holds millions of empty structs");
    const names = namesOf(struct);
    const value: Record<string, unknown> = {};
    let id = 0;
    for (let header = this.#byte(); header !== 0; header = this.#byte()) {
      const delta = header >> 4;
      const wire = header & 0xf;
      id = delta === 0 ? this.#zigzag() : id + delta;
      const name = names.get(id);
      const spec = name === undefined ? undefined : struct.fields[name]![1];
      if (name !== undefined && spec !== undefined && fits(spec, wire)) value[name] = this.#member(spec, wire, depth);
      else this.#skip(wire, depth, false);
    }
    return value;
  }

  #member(spec: Spec, wire: number, depth: number): unknown {
    return spec === "bool" ? wire === BOOL_TRUE : this.#value(spec, depth);
  }

  #value(spec: Spec, depth: number): unknown {
    if (typeof spec === "object") return "fields" in spec ? this.struct(spec, depth + 1) : this.#list(spec.list, depth);
    switch (spec) {
      case "i8":
        return (this.#byte() << 24) >> 24;
      case "bool":
        return this.#byte() === BOOL_TRUE;
      case "text":
        return this.#binary().toString("utf8");
      case "bytes":
        return new Uint8Array(this.#binary());
      case "struct": {
        const start = this.at;
        this.#skip(STRUCT, depth + 1, true);
        return this.#bytes.subarray(start, this.at);
      }
      default:
        return this.#zigzag();
    }
  }

  #list(item: Spec, depth: number): unknown[] {
    const { size, wire } = this.#listHeader();
    if (size > 0 && !(fits(item, wire) || (item === "bool" && wire === BOOL_FALSE)))
      damaged("a list in its metadata has items of another type");
    const items: unknown[] = [];
    for (let index = 0; index < size; index++) items.push(this.#value(item, depth));
    return items;
  }

  #listHeader(): { size: number; wire: number } {
    const header = this.#byte();
    const size = header >> 4 === 15 ? this.#varint() : header >> 4;
    // Every item takes a byte at least.
    if (size > this.#bytes.length) damaged(`a list in its metadata claims ${size} items`);
    return { size, wire: header & 0xf };
  }

  #binary(): Buffer {
    const length = this.#varint();
    const start = this.at;
    // More than any file of ours could ever hold is not a matter of reading on.
    if (length > 2 ** 31) damaged("a text in its metadata claims more than 2 GB");
    if (start + length > this.#bytes.length) throw new Truncated();
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  #skip(wire: number, depth: number, inList: boolean): void {
    if (depth > MAX_DEPTH) damaged("its metadata is nested too deeply");
    switch (wire) {
      case BOOL_TRUE:
      case BOOL_FALSE:
        if (inList) this.#byte();
        return;
      case I8:
        this.#byte();
        return;
      case I16:
      case I32:
      case I64:
        this.#skipVarint();
        return;
      case DOUBLE:
        this.at += 8;
        if (this.at > this.#bytes.length) throw new Truncated();
        return;
      case BINARY:
        this.#binary();
        return;
      case LIST:
      case SET: {
        const list = this.#listHeader();
        for (let index = 0; index < list.size; index++) this.#skip(list.wire, depth + 1, true);
        return;
      }
      case MAP: {
        const size = this.#varint();
        if (size > this.#bytes.length) damaged(`a map in its metadata claims ${size} entries`);
        const types = size > 0 ? this.#byte() : 0;
        for (let index = 0; index < size; index++) {
          this.#skip(types >> 4, depth + 1, true);
          this.#skip(types & 0xf, depth + 1, true);
        }
        return;
      }
      case STRUCT:
        for (let header = this.#byte(); header !== 0; header = this.#byte()) {
          if (header >> 4 === 0) this.#zigzag();
          this.#skip(header & 0xf, depth + 1, false);
        }
        return;
      default:
        damaged(`its metadata holds a value of unknown type ${wire}`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Truncated();
    return byte;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) damaged(`a number in its metadata is ${value}`);
        return value;
      }
      scale *= 0x80;
    }
    return damaged("a number in its metadata has more than 64 bits");
  }

  #skipVarint(): void {
    for (let length = 0; length < 10; length++) if (this.#byte() < 0x80) return;
    damaged("a number in its metadata has more than 64 bits");
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function fits(spec: Spec, wire: number): boolean {
  if (spec === "bool") return wire === BOOL_TRUE || wire === BOOL_FALSE;
  if (spec === "i16" || spec === "i32" || spec === "i64") return wire === I16 || wire === I32 || wire === I64;
  return wireType(spec) === wire;
}

const NAMES = new WeakMap<Struct, ReadonlyMap<number, string>>();

function namesOf(struct: Struct): ReadonlyMap<number, string> {
  let names = NAMES.get(struct);
  if (!names) {
    names = new Map(Object.entries(struct.fields).map(([name, [id]]) => [id, name]));
    NAMES.set(struct, names);
  }
  return names;
}
