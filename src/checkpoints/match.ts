import { crc32 } from "node:zlib";
import { piecePlace } from "../bytes/piece-place.js";
import { scanPieces } from "../bytes/scan-pieces.js";
import { CorruptCheckpointError } from "../errors.js";
import type { Format } from "../formats/format.js";
import type { OpenedFile } from "../storage/storage.js";
import type { Manifest } from "./manifest.js";
import { openNoPart } from "./no-parts.js";

/**
 * `bytes`: every byte was hashed · `identity`: it is the very file that was saved, as inode and time of change say · `length`: it has
 * as many bytes, as a copied directory has.
 */
export type Evidence = "bytes" | "identity" | "length";

export interface Match {
  readonly manifest: Manifest;
  readonly by: Evidence;
}

export interface MatchOptions {
  format: Format;
  /** How messages call the file. */
  path: string;
  /**
   * What is enough. `identity` takes the very file that was saved without hashing it, as its pieces are checked while they are read;
   * `length` also a file of the right length; `bytes` hashes in any case.
   */
  enough: Evidence;
  /** Whether an earlier revision is kept: what to do about damage. */
  restorable?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Fewer pieces than this do not tell a file that was written anew from one that is damaged all over. */
const FEWEST_PIECES = 4;
const NONE_KEPT = "no earlier revision is kept";

/**
 * The manifest that describes an open file, or undefined where it is somebody else's: rewritten by another program, and whole.
 *
 * @param manifests Newest first.
 * @throws {CorruptCheckpointError} If it is what was saved, and damaged or cut off since.
 */
export async function matchManifest(
  file: OpenedFile,
  manifests: Iterable<Manifest>,
  { format, path, enough, restorable = false, signal }: MatchOptions,
): Promise<Match | undefined> {
  const all = [...manifests].filter(({ deleted }) => !deleted);
  const sameLength = all.filter(({ bytes }) => bytes === file.byteLength);
  const same = sameLength.find(({ identity }) => identity === file.identity);
  if (same && enough !== "bytes") return { manifest: same, by: "identity" };
  if (enough === "length" && sameLength[0]) return { manifest: sameLength[0], by: "length" };

  let damage: { manifest: Manifest; firstDiffering: number } | undefined;
  for (const manifest of same ? [same, ...sameLength.filter((other) => other !== same)] : sameLength) {
    const scan = await scanPieces(file, manifest.pieces, { signal });
    if (scan.differing === 0) return { manifest, by: "bytes" };
    const isRewritten = manifest.pieces.length >= FEWEST_PIECES && scan.differing > scan.matching;
    if (!isRewritten) damage ??= { manifest, firstDiffering: scan.firstDiffering! };
  }
  if (damage) throw damaged(path, damage.manifest, damage.firstDiffering, restorable);
  for (const manifest of all) {
    if (manifest.bytes > file.byteLength && (await isBeginningOf(file, manifest, signal)))
      throw cutOff(path, manifest, file, restorable);
  }
  if (all.length > 0 && !(await format.isWhole(file, openNoPart))) {
    throw new CorruptCheckpointError(
      path,
      `it is not what was saved, and its end is missing; ${restorable ? "restore an earlier revision, or" : `${NONE_KEPT}, so`} remove the file and make it again`,
      { revision: all[0]!.revision.id },
    );
  }
  return undefined;
}

/**
 * An empty file is one. Of one that is shorter than the first piece nothing can be told, but where only the last byte of it is missing:
 * a row without its newline is whole by itself.
 */
async function isBeginningOf(
  file: OpenedFile,
  { pieces }: Manifest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (file.byteLength === 0) return true;
  const whole = pieces.filter(({ byteEnd }) => byteEnd <= file.byteLength);
  if (whole.length > 0) return (await scanPieces(file, whole, { signal })).differing === 0;
  const [first] = pieces;
  if (first?.byteEnd !== file.byteLength + 1) return false;
  return crc32("\n", crc32(await file.read(0, file.byteLength, { signal }))) === first.crc32;
}

/** What can be done about a file whose rows may be right as they are. */
const wayOut = (restorable: boolean): string =>
  restorable
    ? "restore an earlier revision, or adopt the file if it is right as it is"
    : `${NONE_KEPT}, so adopt the file if it is right as it is, or remove it and make it again`;

function damaged(
  path: string,
  { pieces, revision }: Manifest,
  index: number,
  restorable: boolean,
): CorruptCheckpointError {
  const { what, row } = piecePlace(pieces, index);
  return new CorruptCheckpointError(
    path,
    `${what} are not those that were saved (revision ${revision.id}); ${wayOut(restorable)}`,
    { row, revision: revision.id },
  );
}

function cutOff(
  path: string,
  { bytes, revision }: Manifest,
  { byteLength }: OpenedFile,
  restorable: boolean,
): CorruptCheckpointError {
  return new CorruptCheckpointError(
    path,
    `it has ${byteLength} bytes, the beginning of the ${bytes} that were saved (revision ${revision.id}); ${wayOut(restorable)}`,
    { revision: revision.id },
  );
}
