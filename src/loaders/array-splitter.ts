import { InputError } from "../errors.js";
import { countOf } from "./count-of.js";
import { JsonScanner } from "./json-scanner.js";
import { MAX_ELEMENT_BYTES, NOTHING, Pending, type Piece, type Splitter } from "./splitter.js";

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;

interface ArrayOptions {
  /** Where the first byte that is pushed lies. */
  line?: number;
  byteStart?: number;
  maxElementBytes?: number;
  /** Takes the bytes behind the array. Without it, anything but space there is refused. */
  tail?: (bytes: Buffer, line: number) => void;
}

/** The elements of one JSON array, which starts at the first byte that is no space. Holds one element at a time. */
export class ArraySplitter implements Splitter {
  readonly #path: string;
  readonly #scanner: JsonScanner;
  readonly #pending: Pending;
  readonly #tail: ArrayOptions["tail"];
  #expects: "array" | "first element" | "element" | "end of element" | "comma" | "nothing" = "array";
  #index = 0;
  #elementLine = 0;
  #elementStart = 0;
  #bytesSeen: number;

  constructor(path: string, { line = 1, byteStart = 0, maxElementBytes = MAX_ELEMENT_BYTES, tail }: ArrayOptions = {}) {
    this.#path = path;
    this.#scanner = new JsonScanner(path, line);
    this.#pending = new Pending(path, maxElementBytes);
    this.#tail = tail;
    this.#bytesSeen = byteStart;
  }

  *push(chunk: Buffer): Generator<Piece> {
    const scanner = this.#scanner;
    scanner.chunkStart = this.#bytesSeen;
    this.#bytesSeen += chunk.length;
    let at = 0;
    while (at < chunk.length) {
      if (this.#expects === "end of element") {
        const end = scanner.valueEnd(chunk, at);
        if (end < 0) {
          this.#pending.add(chunk.subarray(at), this.#elementLine);
          return;
        }
        yield { bytes: this.#pending.take(chunk.subarray(at, end)), line: this.#elementLine, endsFile: false };
        this.#index++;
        this.#expects = "comma";
        at = end;
        continue;
      }
      if (this.#expects === "nothing") {
        this.#readTail(chunk.subarray(at));
        return;
      }
      at = scanner.skipSpace(chunk, at);
      if (at < chunk.length && this.#step(chunk, at)) at++;
    }
  }

  /** @throws {InputError} If the array has not ended. */
  finish(): readonly Piece[] {
    if (this.#expects === "nothing") return [];
    const inside =
      this.#expects === "end of element"
        ? `inside element ${this.#index} (from 0), which starts at byte ${this.#elementStart}`
        : `after ${countOf(this.#index, "element")}, without the array's closing bracket`;
    throw new InputError(this.#path, `the file is torn: it ends at byte ${this.#bytesSeen} ${inside}`, {
      damaged: true,
      line: this.#expects === "end of element" ? this.#elementLine : this.#scanner.line,
    });
  }

  /** Between elements, at a byte that is no space. Returns whether the byte is done with. */
  #step(chunk: Buffer, at: number): boolean {
    const byte = chunk[at]!;
    if (this.#expects === "array" && byte === OPEN_ARRAY) {
      this.#expects = "first element";
      return true;
    }
    if (byte === CLOSE_ARRAY && (this.#expects === "first element" || this.#expects === "comma")) {
      this.#expects = "nothing";
      return true;
    }
    if (this.#expects === "comma" && byte === COMMA) {
      this.#expects = "element";
      return true;
    }
    const endsOther = byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT;
    if ((this.#expects === "element" || this.#expects === "first element") && !endsOther) {
      this.#expects = "end of element";
      this.#elementLine = this.#scanner.line;
      this.#elementStart = this.#scanner.chunkStart + at;
      return false;
    }
    if (this.#expects === "element" && byte === CLOSE_ARRAY) {
      const place = `behind ${countOf(this.#index, "element")}, before the array's end at byte ${this.#scanner.chunkStart + at}`;
      throw new InputError(this.#path, `there is a comma too many ${place}`, {
        damaged: true,
        line: this.#scanner.line,
      });
    }
    const wanted =
      this.#expects === "comma" ? "a comma or the array's end" : `an ${this.#expects.replace("first ", "")}`;
    throw new InputError(
      this.#path,
      `${wanted} is needed at byte ${this.#scanner.chunkStart + at}, behind ${countOf(this.#index, "element")}; there is "${String.fromCharCode(byte)}"`,
      { damaged: true, line: this.#scanner.line },
    );
  }

  #readTail(rest: Buffer): void {
    if (this.#tail) {
      this.#tail(rest, this.#scanner.line);
      return;
    }
    const at = this.#scanner.skipSpace(rest, 0);
    if (at === rest.length) return;
    throw new InputError(
      this.#path,
      `the array ends after ${countOf(this.#index, "element")}, and something follows: ${JSON.stringify(rest.toString("utf8", at, at + 40).trim())}`,
      { damaged: true, line: this.#scanner.line },
    );
  }
}

/** The elements of an array that is a member of an object: `tail` gets all that follows the array, up to the file's end. */
export class MemberSplitter implements Splitter {
  readonly #array: ArraySplitter;
  readonly #tail: Pending;
  readonly #onTail: (tail: Buffer, line: number) => void;
  #tailLine = 0;

  constructor(path: string, options: Omit<ArrayOptions, "tail"> & { onTail: (tail: Buffer, line: number) => void }) {
    this.#tail = new Pending(path, options.maxElementBytes ?? MAX_ELEMENT_BYTES);
    this.#onTail = options.onTail;
    this.#array = new ArraySplitter(path, {
      ...options,
      tail: (bytes, line) => {
        this.#tailLine = line;
        this.#tail.add(bytes, line);
      },
    });
  }

  push(chunk: Buffer): Iterable<Piece> {
    return this.#array.push(chunk);
  }

  finish(): readonly Piece[] {
    this.#array.finish();
    this.#onTail(this.#tail.take(NOTHING), this.#tailLine);
    return [];
  }
}
