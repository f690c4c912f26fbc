import { crc32 } from "node:zlib";
import { endOf, type Piece } from "../bytes/piece.js";
import { piecePlace } from "../bytes/piece-place.js";
import { scanPieces } from "../bytes/scan-pieces.js";
import { CorruptCheckpointError } from "../errors.js";
import type { Format } from "../formats/format.js";
import type { OpenedFile } from "../storage/storage.js";
import type { Manifest, Part } from "./manifest.js";
import type { PinnedFiles } from "./pinned-files.js";

/**
 * `bytes`: every byte was hashed · `identity`: it is the very file that was saved, as inode and time of change say · `length`: it has
 * as many bytes, as a copied directory has. Of several files what holds of the least.
 */
export type Evidence = "bytes" | "identity" | "length";

export interface Match {
  readonly manifest: Manifest;
  readonly by: Evidence;
}

/** Whether an earlier revision is kept: what to do about damage. Asked where there is some. */
export type IsRestorable = () => Promise<boolean>;

export interface MatchOptions {
  format: Format;
  /**
   * What is enough. `identity` takes the very file that was saved without hashing it, as its pieces are checked while they are read;
   * `length` also a file of the right length; `bytes` hashes in any case.
   */
  enough: Evidence;
  isRestorable?: IsRestorable | undefined;
  signal?: AbortSignal | undefined;
}

/** Fewer pieces than this do not tell a file that was written anew from one that is damaged all over. */
const FEWEST_PIECES = 4;
const NONE_KEPT = "no earlier revision is kept";
export const noneKept: IsRestorable = async () => false;
const FROM_WEAK_TO_STRONG: readonly Evidence[] = ["length", "identity", "bytes"];

/**
 * The manifest that describes what is open, or undefined where it is somebody else's: rewritten by another program, and whole.
 *
 * @param manifests Newest first.
 * @throws {CorruptCheckpointError} If it is what was saved, and damaged, cut off or taken away since.
 */
export async function matchManifest(
  files: PinnedFiles,
  manifests: Iterable<Manifest>,
  options: MatchOptions,
): Promise<Match | undefined> {
  const match = await matchHead(files, manifests, options);
  if (!match) return undefined;
  // Whoever rewrites a directory has a head of its own: parts that are listed by ours and are others are damaged.
  const evidence = [match.by];
  for (const part of match.manifest.parts ?? []) evidence.push(await matchPart(files, part, match.manifest, options));
  return { manifest: match.manifest, by: FROM_WEAK_TO_STRONG.find((by) => evidence.includes(by))! };
}

async function matchHead(
  files: PinnedFiles,
  manifests: Iterable<Manifest>,
  { format, enough, isRestorable = noneKept, signal }: MatchOptions,
): Promise<Match | undefined> {
  const { head, path } = files;
  const all = [...manifests].filter(({ deleted }) => !deleted);
  const sameLength = all.filter(({ pieces }) => endOf(pieces).byteEnd === head.byteLength);
  const same = sameLength.find(({ identity }) => identity === head.identity);
  if (same && enough !== "bytes") return { manifest: same, by: "identity" };
  // Those of directories are all of a length, and quickly hashed.
  if (enough === "length" && !format.directory && sameLength[0]) return { manifest: sameLength[0], by: "length" };

  let damage: { manifest: Manifest; firstDiffering: number } | undefined;
  for (const manifest of same ? [same, ...sameLength.filter((other) => other !== same)] : sameLength) {
    const scan = await scanPieces(head, manifest.pieces, { signal });
    if (scan.differing === 0) return { manifest, by: "bytes" };
    const isRewritten = format.directory
      ? await listsOthers(files, manifest)
      : manifest.pieces.length >= FEWEST_PIECES && scan.differing > scan.matching;
    if (!isRewritten) damage ??= { manifest, firstDiffering: scan.firstDiffering! };
  }
  if (damage) throw damaged(path, damage.manifest, damage.manifest, damage.firstDiffering, await isRestorable());
  for (const manifest of all) {
    const { byteEnd } = endOf(manifest.pieces);
    if (byteEnd > head.byteLength && (await isBeginningOf(head, manifest, signal)))
      throw cutOff(path, manifest, manifest, head, await isRestorable());
  }
  if (all.length > 0 && !(await format.isWhole(head, files.openPart))) {
    const what = format.directory ? "parts of it are missing" : "its end is missing";
    throw new CorruptCheckpointError(path, `it is not what was saved, and ${what}`, {
      revision: all[0]!.revision.id,
      wayOut: makeAgain(await isRestorable()),
    });
  }
  return undefined;
}

/** Whoever writes a directory anew, lists other parts. */
async function listsOthers(files: PinnedFiles, { parts = [] }: Manifest): Promise<boolean> {
  try {
    return (await files.partNames()).join("/") !== parts.map(({ name }) => name).join("/");
  } catch (error) {
    if (error instanceof CorruptCheckpointError) return false;
    throw error;
  }
}

async function matchPart(
  files: PinnedFiles,
  part: Part,
  manifest: Manifest,
  { enough, isRestorable = noneKept, signal }: MatchOptions,
): Promise<Evidence> {
  const path = files.pathOf(part.name);
  const file = await files.part(part.name);
  if (!file) {
    const { id } = manifest.revision;
    const what = `it was saved (revision ${id}) and is missing`;
    const wayOut = `put it back, ${(await isRestorable()) ? "restore an earlier revision, or make it again" : "or make it again"}`;
    throw new CorruptCheckpointError(path, what, { revision: id, wayOut });
  }
  if (file.byteLength !== endOf(part.pieces).byteEnd) throw cutOff(path, part, manifest, file, await isRestorable());
  if (file.identity === part.identity && enough !== "bytes") return "identity";
  if (enough === "length") return "length";
  const { firstDiffering } = await scanPieces(file, part.pieces, { signal });
  if (firstDiffering !== undefined) throw damaged(path, part, manifest, firstDiffering, await isRestorable());
  return "bytes";
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

const makeAgain = (restorable: boolean): string =>
  `${restorable ? "restore an earlier revision, or" : `${NONE_KEPT}, so`} remove the file and make it again`;

function damaged(
  path: string,
  { pieces }: Pick<Part, "pieces">,
  manifest: Manifest,
  index: number,
  restorable: boolean,
): CorruptCheckpointError {
  const { id } = manifest.revision;
  const { what, row } = piecePlace(pieces, index, rowStartOf(pieces, manifest));
  return new CorruptCheckpointError(path, `${what} are not those that were saved (revision ${id})`, {
    row,
    revision: id,
    wayOut: wayOut(restorable),
  });
}

/** How many rows are in the parts before the one of these pieces. */
function rowStartOf(pieces: readonly Piece[], { parts = [] }: Manifest): number {
  const before = parts.slice(
    0,
    Math.max(
      0,
      parts.findIndex((part) => part.pieces === pieces),
    ),
  );
  return before.reduce((sum, part) => sum + endOf(part.pieces).rowEnd, 0);
}

function cutOff(
  path: string,
  { pieces }: Pick<Part, "pieces">,
  { revision }: Manifest,
  { byteLength }: OpenedFile,
  restorable: boolean,
): CorruptCheckpointError {
  const { byteEnd } = endOf(pieces);
  const what = byteLength < byteEnd ? `the beginning of the ${byteEnd} that were saved` : `and ${byteEnd} were saved`;
  return new CorruptCheckpointError(path, `it has ${byteLength} bytes, ${what} (revision ${revision.id})`, {
    revision: revision.id,
    wayOut: wayOut(restorable),
  });
}
