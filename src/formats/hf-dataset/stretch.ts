import type { Bytes } from "./batch-bytes.js";
import type { Scratch } from "./scratch.js";
import type { Place } from "./shard.js";

/** Read at once at most; a batch that is larger is read by itself. */
const MOST_BYTES = 8 << 20;

/**
 * Batches behind one another that are needed whole, read together: a read costs as much as some hundred thousand bytes do. The first one
 * by itself, then as much as was read before: who has read little may not read on.
 */
export class Stretch {
  readonly #source: Bytes;
  readonly #places: readonly Place[];
  readonly #scratch: Scratch | undefined;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #read = 0;

  /** @param scratch For bytes that nothing is a view of; what else goes there is to be gone before the next batch is read. */
  constructor(source: Bytes, places: readonly Place[], scratch: Scratch | undefined) {
    this.#source = source;
    this.#places = places;
    this.#scratch = scratch;
  }

  holds({ start, end }: Place): boolean {
    return start >= this.#start && end <= this.#start + this.#bytes.length;
  }

  /** The file as far as this batch is of it, and maybe some that follow. */
  async open(index: number): Promise<Bytes> {
    if (!this.holds(this.#places[index]!)) await this.#readFrom(index);
    const [from, bytes] = [this.#start, this.#bytes];
    return {
      byteLength: this.#source.byteLength,
      read: async (start, end) => bytes.subarray(start - from, end - from),
    };
  }

  async #readFrom(index: number): Promise<void> {
    const { start } = this.#places[index]!;
    const most = start + Math.min(this.#read, MOST_BYTES);
    let last = index;
    while (last + 1 < this.#places.length && this.#places[last + 1]!.end <= most) last++;
    const { end } = this.#places[last]!;
    this.#bytes = await this.#source.read(start, end, this.#scratch);
    this.#start = start;
    this.#read += end - start;
  }
}
