import { crc32 } from "node:zlib";
import type { ByteSink } from "../../bytes/byte-source.js";
import { combineCrc32 } from "../../bytes/crc32-combine.js";
import type { Piece } from "../../bytes/piece.js";
import { ByteBuffer } from "../columnar/byte-buffer.js";

/** Less is written together with what follows: a call for each small page costs more than its bytes. */
const TOGETHER_BYTES = 256 << 10;
/** Less shares a piece with what follows, if that is small too: who wants a few bytes does not want the megabyte beside them. */
const SMALL_PIECE_BYTES = 16 << 10;
const LARGE_PIECE_BYTES = 16 << 20;

/** What was written of a file, and its pieces. */
export class FileBytes {
  readonly pieces: Piece[] = [];
  byteLength = 0;
  /** Of the row group that is being written: all of its pieces end with its rows. */
  rowEnd = 0;
  readonly #sink: ByteSink;
  readonly #together = new ByteBuffer(TOGETHER_BYTES);
  /** Of the small chunks that are in no piece yet, up to where the last of them ends. */
  #smallCrc = 0;
  #smallEnd = 0;
  /** Of what was written since. */
  #crc = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** The bytes may be changed when it resolves. */
  async write(bytes: Uint8Array, crc: number = crc32(bytes)): Promise<void> {
    this.#crc = combineCrc32(this.#crc, crc, bytes.length);
    this.byteLength += bytes.length;
    if (this.#together.length + bytes.length >= TOGETHER_BYTES) await this.flush();
    if (bytes.length >= TOGETHER_BYTES) await this.#sink.write(bytes);
    else this.#together.append(bytes);
    if (this.byteLength - this.#smallEnd >= LARGE_PIECE_BYTES) this.#closeLarge();
  }

  /** Hand on what was kept to be written together. */
  async flush(): Promise<void> {
    if (this.#together.length === 0) return;
    await this.#sink.write(this.#together.view());
    this.#together.length = 0;
  }

  /** A piece ends here, unless it would be a small one. */
  endChunk(): void {
    if (this.byteLength - this.#smallEnd >= SMALL_PIECE_BYTES) this.#closeLarge();
    else this.#joinSmall();
    if (this.#smallEnd - this.#pieceEnd >= SMALL_PIECE_BYTES) this.#push(this.#smallEnd, this.#smallCrc);
  }

  closePiece(): void {
    this.#joinSmall();
    if (this.#smallEnd > this.#pieceEnd) this.#push(this.#smallEnd, this.#smallCrc);
  }

  /** What was written since the small chunks, apart from these. */
  #closeLarge(): void {
    if (this.#smallEnd > this.#pieceEnd) this.#push(this.#smallEnd, this.#smallCrc);
    this.#push(this.byteLength, this.#crc);
  }

  #joinSmall(): void {
    this.#smallCrc = combineCrc32(this.#smallCrc, this.#crc, this.byteLength - this.#smallEnd);
    this.#smallEnd = this.byteLength;
    this.#crc = 0;
  }

  #push(byteEnd: number, crc: number): void {
    this.pieces.push({ byteEnd, rowEnd: this.rowEnd, crc32: crc });
    this.#smallCrc = 0;
    this.#smallEnd = byteEnd;
    if (byteEnd === this.byteLength) this.#crc = 0;
  }

  get #pieceEnd(): number {
    return this.pieces.at(-1)?.byteEnd ?? 0;
  }
}
