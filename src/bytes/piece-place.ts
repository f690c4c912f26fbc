import type { Piece } from "./piece.js";

export interface PiecePlace {
  /** Of a message: `bytes 100-199, which hold rows 10-19,`. */
  readonly what: string;
  /** The first row it may hold a part of; undefined where it holds none, as the end of a columnar file does. */
  readonly row: number | undefined;
}

/** @param firstRow How many rows are before those of the pieces. */
export function piecePlace(pieces: readonly Piece[], index: number, firstRow = 0): PiecePlace {
  const { byteEnd, rowEnd } = pieces[index]!;
  const bytes = `bytes ${pieces[index - 1]?.byteEnd ?? 0}-${byteEnd - 1}`;
  // In columnar files the pieces of one row group all end with its rows.
  const rowStart = pieces.findLast((before, at) => at < index && before.rowEnd < rowEnd)?.rowEnd ?? 0;
  const isBehindRows = index === pieces.length - 1 && pieces[index - 1]?.rowEnd === rowEnd;
  if (rowEnd === rowStart || isBehindRows) return { what: bytes, row: undefined };
  const row = firstRow + rowStart;
  return { what: `${bytes}, which hold rows ${row}-${firstRow + rowEnd - 1},`, row };
}
