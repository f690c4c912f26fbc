import { crc32 } from "node:zlib";
import { endOf, type Piece } from "../bytes/piece.js";
import type { HistoryFiles } from "./history.js";
import { stagedPath } from "./layout.js";
import type { Manifest } from "./manifest.js";
import { openHead } from "./pinned-files.js";
import { findHead, type Place, partPath } from "./place.js";

/** The head of a revision that somebody removed, or wrote over, while its parts stayed. */
export interface LostHead {
  readonly manifest: Manifest;
  /** It says nothing that the manifest does not. */
  readonly bytes: Uint8Array;
  /** Whether all parts are there, else only some. */
  readonly isComplete: boolean;
}

/**
 * What can be had back of the rows that stood last, where their head does not stand any more: a directory loses its rows with its parts only.
 *
 * @param manifests Newest first.
 */
export async function lostHead(
  place: Place,
  { data, temporary }: Pick<HistoryFiles, "data" | "temporary">,
  manifests: Iterable<Manifest>,
): Promise<LostHead | undefined> {
  const { storage, format } = place;
  // One whose head is still staged is of a save that has not come to its end.
  const manifest = [...manifests].find(({ revision }) => !temporary.includes(stagedPath(place, revision.id)));
  if (!format.directory || !manifest?.parts || data.has(manifest.revision.id)) return undefined;
  const { parts, rows, pieces, rowType, revision, identity } = manifest;
  if ((await findHead(place))?.identity === identity) return undefined;
  const names = parts.map(({ name }) => name);
  const said = { rows, rowHash: revision.rowHash, columns: rowType.columns };
  // A manifest that was never of a save may name columns that none could have.
  const bytes = await format.directory.head(names, said).catch(() => undefined);
  if (!bytes || !isAsSaved(bytes, pieces) || (await isVisible(place, bytes))) return undefined;
  const found = await Promise.all(names.map((name) => storage.identify(partPath(place, name))));
  if (!found.some((file) => file)) return undefined;
  const isComplete = parts.every((part, index) => found[index]?.byteLength === endOf(part.pieces).byteEnd);
  return { manifest, bytes, isComplete };
}

function isAsSaved(bytes: Uint8Array, pieces: readonly Piece[]): boolean {
  const starts = [0, ...pieces.map(({ byteEnd }) => byteEnd)];
  return (
    endOf(pieces).byteEnd === bytes.length &&
    pieces.every((piece, index) => crc32(bytes.subarray(starts[index], piece.byteEnd)) === piece.crc32)
  );
}

/** It is there, and what is wrong is something else. */
async function isVisible(place: Place, bytes: Uint8Array): Promise<boolean> {
  const files = await openHead(place);
  if (!files) return false;
  try {
    const { head } = files;
    return head.byteLength === bytes.length && Buffer.compare(await head.read(0, head.byteLength), bytes) === 0;
  } finally {
    await files.close();
  }
}
