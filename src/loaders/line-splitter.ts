import { isSpace } from "./json-scanner.js";
import { MAX_ELEMENT_BYTES, NOTHING, Pending, type Piece, type Splitter } from "./splitter.js";

const NEWLINE = 0x0a;

/** Lines that are not blank. A carriage return before the line end stays: to JSON it is space. */
export class LineSplitter implements Splitter {
  readonly #pending: Pending;
  #line = 1;

  constructor(path: string, { maxLineBytes = MAX_ELEMENT_BYTES }: { maxLineBytes?: number } = {}) {
    this.#pending = new Pending(path, maxLineBytes);
  }

  *push(chunk: Buffer): Generator<Piece> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const bytes = this.#pending.take(chunk.subarray(start, end));
      if (!bytes.every(isSpace)) yield { bytes, line: this.#line, endsFile: false };
      this.#line++;
      start = end + 1;
    }
    this.#pending.add(chunk.subarray(start), this.#line);
  }

  *finish(): Generator<Piece> {
    const bytes = this.#pending.take(NOTHING);
    if (!bytes.every(isSpace)) yield { bytes, line: this.#line, endsFile: true };
  }
}

/** The whole file as one value. */
export class SingleSplitter implements Splitter {
  readonly #pending: Pending;

  constructor(path: string, { maxBytes = MAX_ELEMENT_BYTES }: { maxBytes?: number } = {}) {
    this.#pending = new Pending(path, maxBytes);
  }

  push(chunk: Buffer): Iterable<Piece> {
    this.#pending.add(chunk, 1);
    return [];
  }

  *finish(): Generator<Piece> {
    yield { bytes: this.#pending.take(NOTHING), line: 1, endsFile: true };
  }
}
