import { xxhash64, xxhash64OfEach } from "./xxhash64.js";

/*
 * Split-block bloom filters: eight bits, in a block of 32 bytes, say that a value may be there.
 * https://github.com/apache/parquet-format/blob/master/BloomFilter.md
 */

const BLOCK_BYTES = 32;
const SALT = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31] as const;

/** One value in a hundred that is not there seems to be. */
const BITS_PER_VALUE = -8 / Math.log(1 - 0.01 ** (1 / 8));

export class BloomFilter {
  readonly bytes: Buffer;
  readonly #blocks: number;

  /** @param bytes A multiple of 32. */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#blocks = bytes.length / BLOCK_BYTES;
  }

  /** Its size is a power of two: Arrow reads no other. */
  static for(distinct: number): BloomFilter {
    const blocks = Math.max(1, Math.ceil((distinct * BITS_PER_VALUE) / (BLOCK_BYTES * 8)));
    return new BloomFilter(Buffer.alloc(2 ** Math.ceil(Math.log2(blocks)) * BLOCK_BYTES));
  }

  /**
   * Values in PLAIN encoding.
   *
   * @param width Of every value, or undefined where each begins with its length.
   */
  addEach(plain: Uint8Array, width: number | undefined): void {
    const hashes = xxhash64OfEach(plain, width);
    for (let index = 0; index < hashes.length; index += 2) {
      const low = hashes[index]!;
      const block = this.#blockOf(hashes[index + 1]!);
      for (let word = 0; word < 8; word++) {
        const bit = Math.imul(low, SALT[word]!) >>> 27;
        this.bytes[block + word * 4 + (bit >> 3)]! |= 1 << (bit & 7);
      }
    }
  }

  /** @param value In PLAIN encoding, a text's without its length. */
  mayHold(value: Uint8Array): boolean {
    const hash = xxhash64(value);
    const low = Number(hash & 0xffffffffn);
    const block = this.#blockOf(Number(hash >> 32n));
    for (let word = 0; word < 8; word++) {
      const bit = Math.imul(low, SALT[word]!) >>> 27;
      if ((this.bytes[block + word * 4 + (bit >> 3)]! & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  /** `high * blocks / 2^32`, of which doubles hold all that counts. */
  #blockOf(high: number): number {
    return Math.floor(((high >>> 0) * this.#blocks) / 2 ** 32) * BLOCK_BYTES;
  }
}
