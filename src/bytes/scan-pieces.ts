import { crc32 } from "node:zlib";
import type { ByteSource } from "./byte-source.js";
import type { Piece } from "./piece.js";

export interface PieceScan {
  readonly matching: number;
  readonly differing: number;
  /** Index of the first piece whose bytes are not those that were saved. */
  readonly firstDiffering: number | undefined;
}

const MEMORY_BYTES = 2 << 20;

/** Compare a source with the pieces it should have, from its beginning. Reads each piece once; memory is one piece. */
export async function scanPieces(
  source: ByteSource,
  pieces: readonly Piece[],
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<PieceScan> {
  let differing = 0;
  let firstDiffering: number | undefined;
  let start = 0;
  const into = new Uint8Array(Math.min(MEMORY_BYTES, source.byteLength));
  for (const [index, piece] of pieces.entries()) {
    signal?.throwIfAborted();
    const isDifferent = async (fresh?: true) =>
      crc32(await source.read(start, piece.byteEnd, { signal, into, fresh })) !== piece.crc32;
    if ((await isDifferent()) && (!source.isRemote || (await isDifferent(true)))) {
      differing++;
      firstDiffering ??= index;
    }
    start = piece.byteEnd;
  }
  return { matching: pieces.length - differing, differing, firstDiffering };
}
