import { crc32 } from "node:zlib";
import type { ByteSink } from "../../bytes/byte-source.js";
import { combineCrc32 } from "../../bytes/crc32-combine.js";
import type { Piece } from "../../bytes/piece.js";
import { ByteBuffer } from "../columnar/byte-buffer.js";

/** Less is written together with what follows: a call for each small page costs more than its bytes. */
const TOGETHER_BYTES = 256 << 10;
/** Less shares a piece with what follows. */
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
    if (this.#unclosed >= LARGE_PIECE_BYTES) this.closePiece();
  }

  /** Hand on what was kept to be written together. */
  async flush(): Promise<void> {
    if (this.#together.length === 0) return;
    await this.#sink.write(this.#together.view());
    this.#together.length = 0;
  }

  /** A piece ends here, unless it would be a small one. */
  endChunk(): void {
    if (this.#unclosed >= SMALL_PIECE_BYTES) this.closePiece();
  }

  closePiece(): void {
    if (this.#unclosed === 0) return;
    this.pieces.push({ byteEnd: this.byteLength, rowEnd: this.rowEnd, crc32: this.#crc });
    this.#crc = 0;
  }

  get #unclosed(): number {
    return this.byteLength - (this.pieces.at(-1)?.byteEnd ?? 0);
  }
}
