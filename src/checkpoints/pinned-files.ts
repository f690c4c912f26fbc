import { CorruptCheckpointError } from "../errors.js";
import type { Format, OpenedPart } from "../formats/format.js";
import type { OpenedFile } from "../storage/storage.js";
import { isPartName } from "./layout.js";
import { type Place, partPath, unlessBelowFile } from "./place.js";

/** One of several checkpoints that a head leads to. */
export interface Split {
  readonly name: string;
  readonly format: Format;
}

/** One version of a checkpoint: its head, and each part from when it was first asked for. Whatever happens to their names changes nothing. */
export class PinnedFiles {
  readonly head: OpenedFile;
  /** Of the head, as messages call it. */
  readonly path: string;
  /** Relative to the storage. */
  readonly headPath: string;
  readonly #place: Place;
  readonly #parts = new Map<string, Promise<OpenedFile | undefined>>();

  constructor(place: Place, head: OpenedFile, headPath: string) {
    this.#place = place;
    this.head = head;
    this.headPath = headPath;
    this.path = `${place.storage.label}/${headPath}`;
  }

  /** @throws {CorruptCheckpointError} For a name that leads out of the directory. */
  async part(name: string): Promise<OpenedFile | undefined> {
    this.#assertInside(name);
    let part = this.#parts.get(name);
    if (!part) {
      part = this.#place.storage.open(partPath(this.#place, name));
      this.#parts.set(name, part);
    }
    return await part;
  }

  /** A part that nothing vouches for. */
  readonly openPart = async (name: string): Promise<OpenedPart | undefined> => {
    const source = await this.part(name);
    return source && { source, path: this.pathOf(name), pieces: undefined };
  };

  /** How messages call a part. */
  pathOf(name: string): string {
    return `${this.#place.storage.label}/${partPath(this.#place, name)}`;
  }

  /** The parts that the head lists. @throws {CorruptCheckpointError} If nobody can tell. */
  async partNames(): Promise<readonly string[]> {
    const { directory } = this.#place.format;
    if (!directory) return [];
    const names = await directory.partsOf(this.head, this.path, this.openPart);
    for (const name of names) this.#assertInside(name);
    return names;
  }

  /** What the head leads to where it is no checkpoint itself. @throws {CorruptCheckpointError} If nobody can tell. */
  async splits(): Promise<readonly Split[]> {
    return (await this.#place.format.directory?.splitsOf?.(this.head, this.path)) ?? [];
  }

  /** The paths of all files, as far as anybody can tell, and how many bytes they have. Relative to the storage. */
  async listed(): Promise<{ files: readonly string[]; bytes: number }> {
    const { storage } = this.#place;
    const names = await this.partNames().catch(ignoreDamage);
    const paths = names.map((name) => partPath(this.#place, name));
    const found = await Promise.all(paths.map((path) => storage.identify(path)));
    const bytes = found.reduce((sum, part) => sum + (part?.byteLength ?? 0), this.head.byteLength);
    return { files: [...paths, this.headPath], bytes };
  }

  #assertInside(name: string): void {
    if (isPartName(name)) return;
    throw new CorruptCheckpointError(
      this.path,
      `it lists ${JSON.stringify(name)}, which is not a file in its directory`,
    );
  }

  async close(): Promise<void> {
    await this.head.close();
    for (const part of this.#parts.values()) {
      await part.then(
        (file) => file?.close(),
        () => {},
      );
    }
  }
}

/** The head that there is, pinned. */
export async function openHead(place: Place): Promise<PinnedFiles | undefined> {
  for (const path of place.heads) {
    const file = await unlessBelowFile(place, () => place.storage.open(path));
    if (file) return new PinnedFiles(place, file, path);
  }
  return undefined;
}

function ignoreDamage(error: unknown): string[] {
  if (error instanceof CorruptCheckpointError) return [];
  throw error;
}
