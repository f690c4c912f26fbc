import { CorruptCheckpointError, StorageError } from "../errors.js";
import type { AddPart } from "../formats/format.js";
import type { NewFile } from "../storage/storage.js";
import { companionTemporaryPath, makerOfPart, partName } from "./layout.js";
import type { Manifest } from "./manifest.js";
import { openKept } from "./open-kept.js";
import { openHead, type PinnedFiles } from "./pinned-files.js";
import { findHead, type Place, partPath } from "./place.js";
import { publishSmall } from "./publish-small.js";
import { readWhole } from "./read-whole.js";
import { isRevisionId } from "./revision-id.js";

/* What is beside the head in a directory. Of a checkpoint that is one file all of this does nothing. */

/** A companion is a description of some kilobytes. */
export const MAX_COMPANION_BYTES = 16 << 20;

/** The parts that a save adds, under names that nobody lists before its head is there. */
export class NewParts {
  readonly #place: Place;
  readonly #id: string;
  readonly #files: { readonly name: string; readonly file: NewFile }[] = [];
  readonly #identities = new Map<string, string>();

  constructor(place: Place, id: string) {
    this.#place = place;
    this.#id = id;
  }

  readonly add: AddPart = async (extension) => {
    const { storage, heads } = this.#place;
    await this.#sealLast();
    const name = partName(this.#id, this.#files.length, extension);
    const file = await storage.create(partPath(this.#place, name), heads[0]);
    this.#files.push({ name, file });
    return { name, sink: file };
  };

  /** When it resolves all of them are durable: their identities, by name. */
  async seal(): Promise<ReadonlyMap<string, string>> {
    await this.#sealLast();
    // Before anything names them.
    if (this.#files.length > 0) await this.#place.storage.sync(this.#place.directory);
    return this.#identities;
  }

  async discard(): Promise<void> {
    for (const { file } of this.#files) await file.discard();
  }

  async #sealLast(): Promise<void> {
    const last = this.#files.at(-1);
    if (last && !this.#identities.has(last.name)) this.#identities.set(last.name, (await last.file.seal()).identity);
  }
}

/**
 * Make the companion what it has to be, for the rows there are and for those to come.
 *
 * @returns Whether there was none.
 */
export async function settleCompanion(place: Place, id: string): Promise<boolean> {
  const { storage, format } = place;
  if (!format.directory) return false;
  const { name, settle } = format.directory.companion;
  const path = partPath(place, name);
  const found = await readWhole(storage, path, MAX_COMPANION_BYTES);
  if (found && found.length > MAX_COMPANION_BYTES)
    throw new StorageError("write", path, `it has more than ${MAX_COMPANION_BYTES} bytes; move it away`);
  const wanted = settle(found);
  if (wanted) await publishSmall(storage, path, wanted, companionTemporaryPath(place, id));
  return wanted !== undefined && found === undefined;
}

/** Take away the companion that a save made which came to nothing, and the directory. Never throws. */
export async function tidyDirectory(place: Place, { hasMadeCompanion }: { hasMadeCompanion: boolean }): Promise<void> {
  const { storage, format, directory } = place;
  if (!format.directory) return;
  try {
    if (hasMadeCompanion && !(await findHead(place)))
      await storage.remove(partPath(place, format.directory.companion.name));
    await storage.removeDirectory(directory);
  } catch {
    // It is in nobody's way.
  }
}

/** What lists parts: manifests, and heads that none describes. */
export interface Lists {
  readonly manifests: Iterable<Manifest>;
  /** Ids of kept heads. */
  readonly kept: Iterable<string>;
  /** Also the visible one. */
  readonly visible?: boolean;
}

export interface Listed {
  readonly names: ReadonlySet<string>;
  /** Not where a head is damaged, of which nobody can tell what it lists. */
  readonly isComplete: boolean;
}

export async function listedParts(place: Place, { manifests, kept, visible }: Lists): Promise<Listed> {
  const names = new Set<string>();
  if (!place.format.directory) return { names, isComplete: true };
  for (const { parts = [] } of manifests) for (const { name } of parts) names.add(name);
  let isComplete = true;
  const add = async (files: PinnedFiles | undefined): Promise<void> => {
    try {
      for (const name of (await files?.partNames()) ?? []) names.add(name);
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error;
      isComplete = false;
    } finally {
      await files?.close();
    }
  };
  for (const id of kept) await add(await openKept(place, id));
  if (visible) await add(await openHead(place));
  return { names, isComplete };
}

/** All parts that any revision has made. */
export async function ownParts({ storage, format, directory }: Place): Promise<string[]> {
  if (!format.directory) return [];
  const names = (await storage.list(directory)).map(({ path }) => path.slice(directory.length + 1));
  return names.filter((name) => isRevisionId(makerOfPart(name)));
}

/** The parts of ours that nothing lists; none where a head is damaged that might. */
export async function unlistedParts(place: Place, lists: Lists): Promise<string[]> {
  if (!place.format.directory) return [];
  const described = await listedParts(place, { manifests: lists.manifests, kept: [] });
  const unlisted = (await ownParts(place)).filter((name) => !described.names.has(name));
  if (unlisted.length === 0) return [];
  // Rows whose manifests somebody took away are still rows.
  const listed = await listedParts(place, lists);
  return listed.isComplete ? unlisted.filter((name) => !listed.names.has(name)) : [];
}

/** Remove these, and directories that are empty then. What cannot be removed now is left. */
export async function removeParts(place: Place, names: Iterable<string>): Promise<void> {
  const { storage } = place;
  const below = new Set<string>();
  for (const name of names) {
    await storage.remove(partPath(place, name)).catch(() => {});
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) below.add(name.slice(0, at));
  }
  for (const name of [...below].sort().reverse()) await storage.removeDirectory(partPath(place, name)).catch(() => {});
}
