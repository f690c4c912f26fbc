import { crc32 } from "node:zlib";
import { CorruptCheckpointError } from "../errors.js";
import type { ByteSource } from "./byte-source.js";
import { firstIndex } from "./first-index.js";
import { endOf, type Piece } from "./piece.js";
import { piecePlace } from "./piece-place.js";

/**
 * A source whose bytes have been checked against their pieces before they are returned. Reads whole pieces; the last one is kept where
 * only a part of it was asked for, so reading on from where the last read ended reads nothing twice.
 *
 * @param firstRow How many rows are before those of the pieces: for messages.
 * @throws {CorruptCheckpointError} From `read`, naming the rows, if a piece is not what was saved; at once if the length differs.
 */
export function verified(source: ByteSource, pieces: readonly Piece[], path: string, firstRow = 0): ByteSource {
  const { byteEnd: byteLength } = endOf(pieces);
  if (source.byteLength !== byteLength) {
    throw new CorruptCheckpointError(path, `it has ${source.byteLength} bytes, ${byteLength} were saved`);
  }
  let kept: { start: number; bytes: Uint8Array } | undefined;
  return {
    byteLength,
    async read(start, end, options) {
      if (!(start >= 0 && start <= end && end <= byteLength))
        throw new RangeError(`Cannot read bytes ${start}-${end} of ${byteLength}`);
      if (start === end) return new Uint8Array(0);
      const head = kept && kept.start <= start && start < kept.start + kept.bytes.length ? kept : undefined;
      if (head && end <= head.start + head.bytes.length)
        return copy(head.bytes.subarray(start - head.start, end - head.start));
      const from = head ? head.start + head.bytes.length : startOf(pieces, indexAt(pieces, start));
      const first = indexAt(pieces, from);
      const last = indexAt(pieces, end - 1);
      const to = pieces[last]!.byteEnd;
      let bytes = await source.read(from, to, options);
      let wrong = firstWrong(bytes, pieces, first, last);
      if (wrong !== undefined && source.isRemote) {
        bytes = await source.read(from, to, { ...options, fresh: true });
        wrong = firstWrong(bytes, pieces, first, last);
      }
      if (wrong !== undefined) {
        const { what, row } = piecePlace(pieces, wrong, firstRow);
        throw new CorruptCheckpointError(path, `${what} are not those that were saved`, { row });
      }
      const lastStart = startOf(pieces, last);
      kept = to === end ? undefined : { start: lastStart, bytes: copy(bytes.subarray(lastStart - from)) };
      if (!head) return bytes.subarray(start - from, end - from);
      return Buffer.concat([head.bytes.subarray(start - head.start), bytes.subarray(0, end - from)]);
    },
    close: () => source.close(),
  };
}

/** The first of some pieces that is not what was saved. */
function firstWrong(bytes: Uint8Array, pieces: readonly Piece[], first: number, last: number): number | undefined {
  const from = startOf(pieces, first);
  for (let index = first; index <= last; index++) {
    const { byteEnd, crc32: saved } = pieces[index]!;
    if (crc32(bytes.subarray(startOf(pieces, index) - from, byteEnd - from)) !== saved) return index;
  }
  return undefined;
}

/** The memory may be the caller's, and what is returned is. (`slice` of a Buffer is a view.) */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function startOf(pieces: readonly Piece[], index: number): number {
  return pieces[index - 1]?.byteEnd ?? 0;
}

/** The piece that holds this byte. */
function indexAt(pieces: readonly Piece[], byte: number): number {
  return firstIndex(pieces.length, (index) => pieces[index]!.byteEnd > byte);
}
