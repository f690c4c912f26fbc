import { damaged } from "../columnar/damage.js";

/*
 * As much of FlatBuffers as Arrow's metadata needs: tables with scalars, texts, tables and vectors of them. A reader that checks every place
 * before it looks there, and a writer whose order of bytes depends on nothing but what is written.
 * https://flatbuffers.dev/internals/
 */

/** Parts may refer to one place: how much is read in all is bounded by so many times the bytes there are. */
const MOST_READ = 2;

interface Scope {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes of texts and vectors that may still be read. */
  left: number;
}

export class FlatTable {
  readonly #scope: Scope;
  readonly #view: DataView;
  readonly #at: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  private constructor(scope: Scope, at: number) {
    this.#scope = scope;
    this.#view = scope.view;
    this.#at = at;
    this.#vtable = at - this.#int32(at);
    this.#vtableBytes = this.#uint16(this.#vtable);
  }

  /** @throws {Damage} From it and all of its methods, where an offset leads out of the bytes. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 4) damaged("a message is cut off");
    return new FlatTable({ bytes, view, left: bytes.length * MOST_READ }, view.getUint32(0, true));
  }

  uint8(field: number, otherwise = 0): number {
    const at = this.#place(field);
    return at === 0 ? otherwise : this.#view.getUint8(this.#checked(at, 1));
  }

  bool(field: number): boolean {
    return this.uint8(field) !== 0;
  }

  int16(field: number, otherwise = 0): number {
    const at = this.#place(field);
    return at === 0 ? otherwise : this.#view.getInt16(this.#checked(at, 2), true);
  }

  int32(field: number, otherwise = 0): number {
    const at = this.#place(field);
    return at === 0 ? otherwise : this.#int32(at);
  }

  /** A length, a place or a count: never below zero, never beyond 2^53. */
  size(field: number): number {
    const at = this.#place(field);
    return at === 0 ? 0 : this.#size(at);
  }

  int64(field: number): bigint {
    const at = this.#place(field);
    return at === 0 ? 0n : this.#view.getBigInt64(this.#checked(at, 8), true);
  }

  text(field: number): string | undefined {
    const at = this.#place(field);
    if (at === 0) return undefined;
    const start = at + this.#uint32(at);
    const length = this.#uint32(start);
    this.#spend(start + 4, length);
    const { buffer, byteOffset } = this.#scope.bytes;
    return Buffer.from(buffer, byteOffset + start + 4, length).toString();
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field);
    return at === 0 ? undefined : new FlatTable(this.#scope, at + this.#uint32(at));
  }

  tables(field: number): FlatTable[] {
    const { start, length } = this.#vector(field, 4);
    return Array.from({ length }, (_, index) => {
      const at = start + index * 4;
      return new FlatTable(this.#scope, at + this.#uint32(at));
    });
  }

  /** Structs or scalars of 64 bits, each of which is a size: so many for each element, one after another. */
  sizes(field: number, each: number): Float64Array {
    const { start, length } = this.#vector(field, each * 8);
    const sizes = new Float64Array(length * each);
    for (let index = 0, at = start; index < sizes.length; index++, at += 8)
      sizes[index] = sizeOf(this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true));
    return sizes;
  }

  #vector(field: number, width: number): { start: number; length: number } {
    const at = this.#place(field);
    if (at === 0) return { start: 0, length: 0 };
    const start = at + this.#uint32(at);
    const length = this.#uint32(start);
    this.#spend(start + 4, length * width);
    return { start: start + 4, length };
  }

  /** 0 where the field is absent. */
  #place(field: number): number {
    const slot = 4 + field * 2;
    if (slot + 2 > this.#vtableBytes) return 0;
    const offset = this.#uint16(this.#vtable + slot);
    return offset === 0 ? 0 : this.#at + offset;
  }

  #size(at: number): number {
    return sizeOf(this.#uint32(at), this.#uint32(at + 4));
  }

  #uint16(at: number): number {
    return this.#view.getUint16(this.#checked(at, 2), true);
  }

  #uint32(at: number): number {
    return this.#view.getUint32(this.#checked(at, 4), true);
  }

  #int32(at: number): number {
    return this.#view.getInt32(this.#checked(at, 4), true);
  }

  #spend(at: number, byteLength: number): void {
    this.#checked(at, byteLength);
    this.#scope.left -= byteLength;
    if (this.#scope.left < 0) damaged("a message says the same over and over");
  }

  #checked(at: number, byteLength: number): number {
    if (!(at >= 0 && at + byteLength <= this.#scope.bytes.length)) damaged("a message leads out of itself");
    return at;
  }
}

function sizeOf(low: number, high: number): number {
  return high < 1 << 21 ? high * 2 ** 32 + low : damaged("a message claims an impossible length");
}

/** A table to write: its fields by their number; undefined for one that is absent. */
export type FlatFields = readonly (FlatValue | undefined)[];

export type FlatValue =
  | { readonly uint8: number }
  | { readonly int16: number }
  | { readonly int32: number }
  | { readonly int64: number | bigint }
  | { readonly text: string }
  | { readonly table: FlatFields }
  | { readonly tables: readonly FlatFields[] }
  /** Structs of so many words of 64 bits each. */
  | { readonly structs: readonly (readonly number[])[] };

/** Padded to eight bytes, so that what follows is aligned. */
export function encodeFlatTable(root: FlatFields): Uint8Array {
  const writer = new FlatWriter();
  writer.uint32(0);
  writer.refer(0, () => writer.table(root));
  return writer.done();
}

const WIDTHS = { uint8: 1, int16: 2, int32: 4, int64: 8, text: 4, table: 4, tables: 4, structs: 4 } as const;
const TABLE_ALIGNMENT = 8;

/** Forwards: what a table refers to comes behind it. */
class FlatWriter {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  done(): Uint8Array {
    this.#align(8);
    return this.#bytes.subarray(0, this.#length);
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  /** Write something, and at `from` how far behind it is. */
  refer(from: number, write: () => number): void {
    const at = write();
    this.#bytes.writeUInt32LE(at - from, from);
  }

  table(fields: FlatFields): number {
    const places: number[] = [];
    let end = 4;
    for (const field of fields) {
      if (!field) {
        places.push(0);
        continue;
      }
      const width = WIDTHS[kindOf(field)];
      end = Math.ceil(end / width) * width;
      places.push(end);
      end += width;
    }
    const vtable = this.#length + (this.#length % 2);
    this.#skipTo(vtable);
    for (const value of [4 + places.length * 2, end, ...places]) this.#uint16(value);
    this.#align(TABLE_ALIGNMENT);
    const at = this.#length;
    this.#skipTo(at + end);
    this.#bytes.writeInt32LE(at - vtable, at);
    for (const [index, field] of fields.entries()) if (field) this.#put(field, at + places[index]!);
    return at;
  }

  #put(field: FlatValue, at: number): void {
    if ("uint8" in field) this.#bytes.writeUInt8(field.uint8, at);
    else if ("int16" in field) this.#bytes.writeInt16LE(field.int16, at);
    else if ("int32" in field) this.#bytes.writeInt32LE(field.int32, at);
    else if ("int64" in field) this.#bytes.writeBigInt64LE(BigInt(field.int64), at);
    else if ("text" in field) this.refer(at, () => this.#text(field.text));
    else if ("table" in field) this.refer(at, () => this.table(field.table));
    else if ("tables" in field) this.refer(at, () => this.#tables(field.tables));
    else this.refer(at, () => this.#structs(field.structs));
  }

  #text(text: string): number {
    this.#align(4);
    const at = this.#length;
    const bytes = Buffer.from(text);
    this.uint32(bytes.length);
    this.#skipTo(this.#length + bytes.length + 1);
    this.#bytes.set(bytes, at + 4);
    return at;
  }

  #tables(tables: readonly FlatFields[]): number {
    this.#align(4);
    const at = this.#length;
    this.uint32(tables.length);
    this.#skipTo(this.#length + tables.length * 4);
    for (const [index, table] of tables.entries()) this.refer(at + 4 + index * 4, () => this.table(table));
    return at;
  }

  #structs(structs: readonly (readonly number[])[]): number {
    // The first struct is aligned, the length before it is not.
    this.#align(8);
    this.uint32(0);
    const at = this.#length;
    this.uint32(structs.length);
    for (const struct of structs) {
      for (const word of struct) {
        this.#reserve(8);
        this.#length = this.#bytes.writeBigInt64LE(BigInt(word), this.#length);
      }
    }
    return at;
  }

  #uint16(value: number): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16LE(value, this.#length);
  }

  #align(width: number): void {
    this.#skipTo(Math.ceil(this.#length / width) * width);
  }

  /** What is skipped is zero. */
  #skipTo(end: number): void {
    this.#reserve(end - this.#length);
    this.#length = end;
  }

  #reserve(byteLength: number): void {
    const wanted = this.#length + byteLength;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(wanted, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function kindOf(field: FlatValue): keyof typeof WIDTHS {
  return Object.keys(field)[0] as keyof typeof WIDTHS;
}
