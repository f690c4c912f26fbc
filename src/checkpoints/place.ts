import { StorageError } from "../errors.js";
import type { Format } from "../formats/format.js";
import type { Storage, StoredFile } from "../storage/storage.js";
import { isCheckpointName } from "./names.js";

/** One checkpoint of one format in one storage. All paths are relative to the storage. */
export interface Place {
  readonly storage: Storage;
  readonly format: Format;
  readonly name: string;
  /** The file or directory that is the checkpoint to everybody else. */
  readonly visible: string;
  /** Where a head may be. The first is what is written; the others are only read. */
  readonly heads: readonly [string, ...string[]];
  /** The directory of the head and its parts. */
  readonly directory: string;
  /** The directory below `.kura` of all that is kept of it. */
  readonly history: string;
}

export function placeOf(storage: Storage, format: Format, name: string): Place {
  const visible = format.visibleName(name);
  const shared = { storage, format, name, visible };
  const { directory } = format;
  if (!directory) return { ...shared, heads: [visible], directory: "", history: `.kura/${visible}` };
  const [first, ...others] = directory.heads;
  return {
    ...shared,
    heads: [`${visible}/${first}`, ...others.map((head) => `${visible}/${head}`)],
    directory: visible,
    // A directory may be called as something else of ours below `.kura` is: answers, locks, models.
    history: `.kura/${visible}.${format.name}`,
  };
}

/** The checkpoint that a visible file or directory is; undefined where it is none. */
export function nameOfVisible(format: Format, visible: string): string | undefined {
  const name = format.checkpointName(visible);
  return name !== undefined && isCheckpointName(name) ? name : undefined;
}

/** How messages call the visible file or directory. */
export function shownPath({ storage, visible }: Place): string {
  return `${storage.label}/${visible}`;
}

export function partPath({ directory }: Place, name: string): string {
  return `${directory}/${name}`;
}

/** The head that there is. */
export async function findHead(place: Place): Promise<StoredFile | undefined> {
  for (const path of place.heads) {
    const found = await unlessBelowFile(place, () => place.storage.identify(path));
    if (found) return found;
  }
  return undefined;
}

/** A file that is called as the directory would be hides no checkpoint. */
export async function unlessBelowFile<T>({ directory }: Place, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (directory !== "" && error instanceof StorageError && error.code === "ENOTDIR") return undefined;
    throw error;
  }
}
