import type { ByteSource } from "../../bytes/byte-source.js";
import { damaged } from "../columnar/damage.js";

/** The bytes of one chunk from its beginning, read in windows: what is behind has been used up. */
export class ChunkBytes {
  readonly #source: ByteSource;
  readonly #windowBytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #end: number;
  #window: Uint8Array = new Uint8Array(0);
  /** Where in the file the window ends, and where in the window the bytes begin that are not used up. */
  #windowEnd: number;
  #at = 0;

  constructor(
    source: ByteSource,
    {
      start,
      end,
      windowBytes,
      signal,
    }: { start: number; end: number; windowBytes: number; signal: AbortSignal | undefined },
  ) {
    this.#source = source;
    this.#windowBytes = windowBytes;
    this.#signal = signal;
    this.#windowEnd = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#windowEnd + this.#window.length - this.#at;
  }

  /** So many bytes, or all that are left if they are fewer; more if more are at hand. They stay where they are. */
  async peek(byteLength: number): Promise<Uint8Array> {
    const have = this.#window.length - this.#at;
    const wanted = Math.min(byteLength, this.remaining);
    if (have < wanted) {
      const from = this.#windowEnd;
      this.#windowEnd = Math.min(this.#end, from + Math.max(wanted - have, this.#windowBytes));
      const read = await this.#source.read(from, this.#windowEnd, { signal: this.#signal });
      this.#window = have === 0 ? read : Buffer.concat([this.#window.subarray(this.#at), read]);
      this.#at = 0;
    }
    return this.#window.subarray(this.#at);
  }

  /** So many bytes, which are then used up. */
  async take(byteLength: number): Promise<Uint8Array> {
    if (byteLength > this.remaining) damaged("a page reaches over the end of its column");
    const bytes = (await this.peek(byteLength)).subarray(0, byteLength);
    this.#at += byteLength;
    return bytes;
  }

  /** Without reading them, if they are not at hand. */
  skip(byteLength: number): void {
    if (byteLength > this.remaining) damaged("a page reaches over the end of its column");
    const have = this.#window.length - this.#at;
    this.#at += Math.min(have, byteLength);
    if (byteLength > have) {
      this.#window = new Uint8Array(0);
      this.#at = 0;
      this.#windowEnd += byteLength - have;
    }
  }
}
