import { InputError } from "../errors.js";

/**
 * The longest conversation that is read. V8 has no string beyond 512 MB, and a file in which a bracket is lost would otherwise be held whole
 * before anything can be said about it. The longest known real ones have some tens of MB.
 */
export const MAX_ELEMENT_BYTES = 256 * 2 ** 20;

/** Cuts the bytes of a file into the bytes of its conversations. Elements are valid until the next call: a chunk may be used again. */
export interface Splitter {
  push(chunk: Buffer): Iterable<Piece>;
  /** The file has ended. */
  finish(): Iterable<Piece>;
}

/** The bytes of one JSON value. */
export interface Piece {
  readonly bytes: Buffer;
  /** 1-based, where it starts. */
  readonly line: number;
  /** It ends because the file does: if it is not JSON, it is torn. */
  readonly endsFile: boolean;
}

/** The beginning of a value, whose end is in a chunk yet to come. */
export class Pending {
  readonly #path: string;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #byteLength = 0;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** @param line Where the value started, for the error. */
  add(part: Buffer, line: number): void {
    if (part.length === 0) return;
    this.#byteLength += part.length;
    if (this.#byteLength > this.#maxBytes) {
      throw new InputError(
        this.#path,
        `the conversation that starts here is longer than ${this.#maxBytes / 2 ** 20} MB: a closing bracket or a line end may be missing`,
        { damaged: true, line },
      );
    }
    // A copy: the chunk that it lies in is filled anew.
    this.#parts.push(Buffer.from(part));
  }

  /** What was added, and this. Forgets it. */
  take(last: Buffer): Buffer {
    if (this.#parts.length === 0) return last;
    const whole = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#byteLength = 0;
    return whole;
  }
}

export const NOTHING = Buffer.alloc(0);
