import { hash } from "node:crypto";

const WORDS = 4;

/**
 * A set of texts that only remembers 128 bits of each one's hash, which do not meet by chance: 24 to 48 bytes a text, outside of the JavaScript
 * heap, where a `Set` takes 100 and more.
 */
export class TextSet {
  /** Open addressing; four zeros are an empty place. */
  #table = new Uint32Array(WORDS << 10);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(text: string): boolean {
    return this.#find(hashOf(text)) >= 0;
  }

  /** Whether it is new. */
  add(text: string): boolean {
    const hash = hashOf(text);
    const place = this.#find(hash);
    if (place >= 0) return false;
    this.#table.set(hash, ~place);
    this.#size += 1;
    if (this.#size * WORDS * 3 > this.#table.length * 2) this.#grow();
    return true;
  }

  /** Where it is; where it is not, the bits of where it would be turned around. */
  #find(hash: Uint32Array): number {
    const table = this.#table;
    for (let place = (hash[0]! * WORDS) % table.length; ; place = (place + WORDS) % table.length) {
      let [isEmpty, isSame] = [true, true];
      for (let i = 0; i < WORDS; i++) {
        if (table[place + i] !== 0) isEmpty = false;
        if (table[place + i] !== hash[i]) isSame = false;
      }
      if (isSame) return place;
      if (isEmpty) return ~place;
    }
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += WORDS) {
      const hash = before.subarray(at, at + WORDS);
      if (hash.some((word) => word !== 0)) this.#table.set(hash, ~this.#find(hash));
    }
  }
}

function hashOf(text: string): Uint32Array {
  const { buffer, byteOffset } = hash("sha256", text, "buffer");
  return new Uint32Array(buffer.slice(byteOffset, byteOffset + WORDS * 4));
}
