import { crc32 } from "node:zlib";
import type { Piece } from "./piece.js";

const LARGEST_PIECE_BYTES = 1 << 20;

/**
 * Cuts a file into pieces while it is written. A piece closes at a row end once it holds an eighth of what came before it, at least one
 * row, at most about 1 MiB: small files have many pieces, so that a flipped bit in one is told from a file written anew and a file cut
 * at a row end is noticed; large files do not get large manifests.
 */
export class PieceBuilder {
  readonly pieces: Piece[] = [];
  #byteEnd = 0;
  #rowEnd = 0;

  /** How many bytes the piece that begins now should hold at least. */
  get wantedBytes(): number {
    return Math.max(1, Math.min(LARGEST_PIECE_BYTES, Math.floor(this.#byteEnd / 8)));
  }

  /** Close a piece that holds exactly these bytes and rows. */
  close(bytes: Uint8Array, rows: number): void {
    this.#byteEnd += bytes.length;
    this.#rowEnd += rows;
    this.pieces.push({ byteEnd: this.#byteEnd, rowEnd: this.#rowEnd, crc32: crc32(bytes) });
  }
}
