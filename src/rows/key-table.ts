import { createHash } from "node:crypto";

/** Of the key and of what is kept with it. */
const SLOT_WORDS = 2;

/**
 * Which keys were seen, and 64 bits with each: 24 to 48 bytes a key, outside of the JavaScript heap. Keys are told apart by 64 bits of a
 * hash, so that among a million of them two are taken for one once in 40 million times.
 */
export class KeyTable {
  #slots = new BigUint64Array(SLOT_WORDS << 10);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): bigint | undefined {
    const hash = digest(key);
    const at = slotOf(this.#slots, hash);
    return this.#slots[at] === 0n ? undefined : this.#slots[at + 1];
  }

  /** @returns What was kept with it before; undefined where it was not there. */
  set(key: string, value: bigint): bigint | undefined {
    if (this.#size * SLOT_WORDS * 3 >= this.#slots.length * 2) this.#grow();
    const hash = digest(key);
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
  return createHash("md5").update(text).digest().readBigUInt64LE() || 1n;
}

/** The hash's own slot, or the empty one where it would go. */
function slotOf(slots: BigUint64Array, hash: bigint): number {
  const count = slots.length / SLOT_WORDS;
  for (let slot = Number(hash & BigInt(count - 1)); ; slot = (slot + 1) & (count - 1)) {
    const found = slots[slot * SLOT_WORDS];
    if (found === 0n || found === hash) return slot * SLOT_WORDS;
  }
}
