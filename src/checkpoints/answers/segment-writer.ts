import type { GrowingFile, Storage } from "../../storage/storage.js";
import { ENTRY_WORDS, writeEntry } from "./key-index.js";
import { encodeIndex, HEADER } from "./segment-reader.js";

/** A segment with more is sealed and another begun: so opening seldom has much to scan, and collecting little to rewrite. */
const FULL_BYTES = 64 << 20;
const FULL_ANSWERS = 1 << 16;

export interface NewLine {
  readonly key: string;
  readonly failed: boolean;
  readonly bytes: Buffer;
}

/** One segment, while it is written. After a failed write nothing more may be written to it: its end is unknown. */
export class SegmentWriter {
  readonly path: string;
  readonly #file: GrowingFile;
  #byteLength = HEADER.length;
  #entries = new Uint32Array(1024 * ENTRY_WORDS);
  #answers = 0;

  private constructor(path: string, file: GrowingFile) {
    this.path = path;
    this.#file = file;
  }

  /** Resolves when a line could be written and synced: there is a disk, with space on it. */
  static async create(storage: Storage, path: string): Promise<SegmentWriter> {
    if (!storage.append) throw new TypeError(`Cannot append to "${path}": ${storage.label} cannot append`);
    const file = await storage.append(path);
    try {
      await file.write(HEADER);
      await file.sync();
    } catch (error) {
      await file.close();
      await storage.remove(path).catch(() => {});
      throw error;
    }
    return new SegmentWriter(path, file);
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  get answers(): number {
    return this.#answers;
  }

  get isFull(): boolean {
    return this.#byteLength >= FULL_BYTES || this.#answers >= FULL_ANSWERS;
  }

  /** Returns the entries of the lines for an index. Not durable before `sync`. */
  async write(lines: readonly NewLine[]): Promise<Uint32Array> {
    await this.#file.write(Buffer.concat(lines.map(({ bytes }) => bytes)));
    const start = this.#answers * ENTRY_WORDS;
    while (start + lines.length * ENTRY_WORDS > this.#entries.length) this.#enlarge();
    for (const { key, failed, bytes } of lines) {
      writeEntry(this.#entries, this.#answers * ENTRY_WORDS, key, this.#byteLength, bytes.length - 1, failed);
      this.#answers += 1;
      this.#byteLength += bytes.length;
    }
    return this.#entries.subarray(start, this.#answers * ENTRY_WORDS);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Add the index. It needs no sync: without it the segment is scanned. */
  async seal(): Promise<void> {
    const index = encodeIndex(this.#entries.subarray(0, this.#answers * ENTRY_WORDS), this.#byteLength);
    await this.#file.write(index);
    this.#byteLength += index.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #enlarge(): void {
    const larger = new Uint32Array(this.#entries.length * 2);
    larger.set(this.#entries);
    this.#entries = larger;
  }
}
