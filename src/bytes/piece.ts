/**
 * The unit of verifying, progress and random access. Pieces cover a file from its first byte to its last, end where a row ends,
 * and are numbered by their ends: piece `i` starts where piece `i - 1` ends.
 */
export interface Piece {
  /** Exclusive. */
  readonly byteEnd: number;
  /** Exclusive. */
  readonly rowEnd: number;
  /** CRC-32 (IEEE, as in zlib) of the piece's bytes, unsigned. */
  readonly crc32: number;
}

/** Where pieces end: how many bytes and rows a file has. */
export function endOf(pieces: readonly Piece[]): { readonly byteEnd: number; readonly rowEnd: number } {
  return pieces.at(-1) ?? { byteEnd: 0, rowEnd: 0 };
}

/** More than any writer makes of one: a mebibyte, and a row. What claims more is not believed, since a piece is read whole. */
export const MAX_PIECE_BYTES = 64 << 20;
