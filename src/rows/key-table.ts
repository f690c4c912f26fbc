import { hash as hashOf } from "node:crypto";

/** Of the key and of what is kept with it. */
const SLOT_WORDS = 2;

/**
 * Which keys were seen, by their digest, and 64 bits with each: 24 to 48 bytes a key, outside of the JavaScript heap. Among a million keys
 * two have one digest once in 40 million times.
 */
export class KeyTable {
  #slots = new BigUint64Array(SLOT_WORDS << 10);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param hash See `digest`. */
  get(hash: bigint): bigint | undefined {
    const at = slotOf(this.#slots, hash);
    return this.#slots[at] === 0n ? undefined : this.#slots[at + 1];
  }

  /** @returns What was kept with it before; undefined where it was not there. */
  set(hash: bigint, value: bigint): bigint | undefined {
    if (this.#size * SLOT_WORDS * 3 >= this.#slots.length * 2) this.#grow();
    const at = slotOf(this.#slots, hash);
    const before = this.#slots[at] === 0n ? undefined : this.#slots[at + 1];
    if (before === undefined) this.#size += 1;
    this.#slots[at] = hash;
    this.#slots[at + 1] = value;
    return before;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new BigUint64Array(old.length * 2);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from] === 0n) continue;
      const to = slotOf(this.#slots, old[from]!);
      this.#slots[to] = old[from]!;
      this.#slots[to + 1] = old[from + 1]!;
    }
  }
}

/** 64 bits of a text, never 0. */
export function digest(text: string): bigint {
  return hashOf("md5", text, "buffer").readBigUInt64LE() || 1n;
}

/** The hash's own slot, or the empty one where it would go. */
function slotOf(slots: BigUint64Array, hash: bigint): number {
  const count = slots.length / SLOT_WORDS;
  for (let slot = Number(hash & BigInt(count - 1)); ; slot = (slot + 1) & (count - 1)) {
    const found = slots[slot * SLOT_WORDS];
    if (found === 0n || found === hash) return slot * SLOT_WORDS;
  }
}
