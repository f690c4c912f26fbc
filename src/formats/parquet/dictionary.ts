import { ByteBuffer } from "../columnar/byte-buffer.js";
import { bitWidthOf, HybridEncoder } from "./hybrid.js";
import type { PlainType } from "./plain-values.js";

/** Each value once, in order of appearance, and for each that was written its place among them. */
export class Dictionary {
  readonly plain = new ByteBuffer();
  readonly #type: PlainType;
  readonly #places = new Map<unknown, number>();
  /** Where each ends in `plain`. */
  #ends: number[] = [];
  #indexes = new Int32Array(1024);
  #count = 0;

  constructor(type: PlainType) {
    this.#type = type;
  }

  get size(): number {
    return this.#ends.length;
  }

  add(value: unknown): { isNew: boolean; byteLength: number } {
    let place = this.#places.get(value);
    const isNew = place === undefined;
    if (place === undefined) {
      place = this.#ends.length;
      this.#places.set(value, place);
      this.#type.put(this.plain, value as never);
      this.#ends.push(this.plain.length);
    }
    if (this.#count === this.#indexes.length) {
      const larger = new Int32Array(this.#count * 2);
      larger.set(this.#indexes);
      this.#indexes = larger;
    }
    this.#indexes[this.#count++] = place;
    return { isNew, byteLength: this.#ends[place]! - (this.#ends[place - 1] ?? 0) };
  }

  encodeIndexes(from: number, to: number, out: ByteBuffer): void {
    const bitWidth = bitWidthOf(this.size - 1);
    out.byte(bitWidth);
    const encoder = new HybridEncoder(out, bitWidth);
    for (let at = from; at < to; ) {
      const index = this.#indexes[at]!;
      let end = at + 1;
      while (end < to && this.#indexes[end] === index) end++;
      encoder.push(index, end - at);
      at = end;
    }
    encoder.finish();
  }

  /** What was written, as if there were no dictionary. */
  writePlain(out: ByteBuffer): void {
    for (let at = 0; at < this.#count; at++) {
      const place = this.#indexes[at]!;
      out.append(this.plain.view(this.#ends[place - 1] ?? 0, this.#ends[place]!));
    }
  }

  clear(): void {
    this.#places.clear();
    this.#ends = [];
    this.#count = 0;
    this.plain.length = 0;
  }
}
