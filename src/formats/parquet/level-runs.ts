import type { ByteBuffer } from "../columnar/byte-buffer.js";
import { HybridEncoder } from "./hybrid.js";

/** Levels in order, kept as runs of equal ones: a vector of hundreds of floats is two. */
export class LevelRuns {
  #levels = new Uint8Array(256);
  #counts = new Uint32Array(256);
  #runs = 0;
  /** The run in which the part began that is being filled: no run reaches over it. */
  #partStart = 0;

  push(level: number, count: number): void {
    const last = this.#runs - 1;
    if (last >= this.#partStart && this.#levels[last] === level) {
      this.#counts[last]! += count;
      return;
    }
    if (this.#runs === this.#levels.length) this.#grow();
    this.#levels[this.#runs] = level;
    this.#counts[this.#runs++] = count;
  }

  /** Ends a part. @returns The number of runs so far: where `encode` may be told to begin or end. */
  cut(): number {
    this.#partStart = this.#runs;
    return this.#runs;
  }

  encode(fromRun: number, toRun: number, bitWidth: number, out: ByteBuffer): void {
    const encoder = new HybridEncoder(out, bitWidth);
    for (let run = fromRun; run < toRun; run++) encoder.push(this.#levels[run]!, this.#counts[run]!);
    encoder.finish();
  }

  clear(): void {
    this.#runs = 0;
    this.#partStart = 0;
  }

  #grow(): void {
    const levels = new Uint8Array(this.#levels.length * 2);
    const counts = new Uint32Array(this.#counts.length * 2);
    levels.set(this.#levels);
    counts.set(this.#counts);
    this.#levels = levels;
    this.#counts = counts;
  }
}
