/** Verified bytes are read in whole pieces, which begin before what is asked for and end behind it. */
const ROOM_BYTES = 128 << 10;

/** Memory for what is read of a batch and not kept: that of the next batch goes there too. New memory costs more than reading does. */
export class Scratch {
  readonly #slots: Uint8Array[] = [];
  #taken = 0;

  /** Nothing that was read before is needed any more. */
  reset(): void {
    this.#taken = 0;
  }

  take(byteLength: number): Uint8Array {
    const slot = this.#taken++;
    const memory = this.#slots[slot];
    if (memory && memory.length >= byteLength + ROOM_BYTES) return memory;
    const larger = Buffer.allocUnsafeSlow(Math.ceil(byteLength * 1.25) + ROOM_BYTES);
    this.#slots[slot] = larger;
    return larger;
  }
}
