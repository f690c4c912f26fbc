import { MissingCheckpointError } from "../errors.js";
import { projectedNames } from "../formats/projection.js";
import type { Condition } from "../rows/condition.js";
import type { GivenRowOf, RowOf, RowTypeInput } from "../rows/row-type.js";
import type { Storage } from "../storage/storage.js";
import type { Agreement } from "./agreement.js";
import type { CheckpointInfo } from "./info.js";
import { checkpointName } from "./names.js";
import type { OpenCheckpoint, Projected, RowOptions } from "./open-checkpoint.js";
import { assertKnownOptions } from "./options.js";
import type { RevisionState } from "./revision-state.js";
import type { StoredRevision } from "./revisions.js";

export interface SaveOptions {
  /**
   * What the rows are made from, any JSON object: loading with another `madeFrom` is then refused as stale. A function is called after
   * the last row, with their `rowHash`, as some of it may only then be known.
   */
  madeFrom?: object | ((rowHash: string) => object) | undefined;
  /** Keys of rows that should be there and are not; the checkpoint is then not complete. A function is called after the last row. */
  missing?: readonly string[] | (() => readonly string[]) | undefined;
  signal?: AbortSignal | undefined;
  /** Of a save in several places at once: from a MultiCheckpointManager, to its copies. */
  agreement?: Agreement | undefined;
  /** The code that makes the rows writes nothing of this name itself: nobody need look out for it. @internal */
  ownRows?: boolean | undefined;
}

export interface LoadOptions {
  /** What the rows must have been made from: an object of plain JSON. */
  madeFrom?: object | undefined;
  signal?: AbortSignal | undefined;
}

/** Which rows, and of them which fields; and what they must have been made from. */
export type ReadOptions<Name extends string = string> = RowOptions<Name> & Pick<LoadOptions, "madeFrom">;

export interface InfoOptions {
  /** Read and hash every byte, and count rows that nobody has counted. */
  check?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** `agreement`: as with a save. */
export interface ChangeOptions {
  signal?: AbortSignal | undefined;
  agreement?: Agreement | undefined;
}

/** Rows to be saved. Without a row type any objects will do. */
export type Rows<T> = Iterable<SavedRow<T>> | AsyncIterable<SavedRow<T>>;
type SavedRow<T> = undefined extends T ? object : GivenRowOf<T>;

/**
 * Checkpoints by name. Every method takes names with or without an extension.
 *
 * A manager of your own extends this; the suite of `kura-ts/testing` says whether it is one. To be a copy of a MultiCheckpointManager it
 * honours `agreement` where it is given, and keeps of a deletion its revision.
 *
 * @throws {TypeError} From every method, for an impossible name, an unknown option, or what is no row type.
 * @throws {NewerFormatError} From every method, in a directory that a newer version has written.
 */
export abstract class BaseCheckpointManager {
  /** Whether it does anything; else it answers as if nothing were there. */
  abstract readonly enabled: boolean;
  /** How messages call its place: the directory, as it was given. */
  abstract readonly location: string;
  /** "jsonl", "parquet" and so on. */
  abstract readonly format: string;
  /** Where answers and fitted models are kept beside the checkpoints; undefined where there is no such place. */
  abstract readonly storage: Storage | undefined;

  /**
   * Where answers and fitted models are kept, the first of them, and may be found, all. Of several copies one that does not work is passed
   * over, as far as fewer are enough.
   *
   * @internal
   */
  async storages(_options: { signal?: AbortSignal | undefined } = {}): Promise<readonly Storage[]> {
    return this.storage ? [this.storage] : [];
  }

  /** The managers of the places that rows are kept in: this one, unless it is several. */
  get copies(): readonly BaseCheckpointManager[] {
    return [this];
  }

  /**
   * Save all rows of a checkpoint, in their order, in the place of those that are there. Rows are taken once, as they come, and are
   * written some hundreds at a time, which is the memory it takes: what was given is not to be changed or filled anew meanwhile. When it resolves they are durable; before, and after any error but the first, the old rows stand.
   *
   * @param type A schema, a row type, or the name of a built-in one. Without it the checkpoint's name decides, else fields may hold any
   * JSON, and there are those of all rows of an array, of the first 256 of another iterable.
   * @throws {UnknownOutcomeError} If the rows are visible, but a power cut may undo that.
   * @throws {InvalidRowError} If a row does not fit its type, naming row and field.
   * @throws {LockedError} If another writer holds the checkpoint for longer than `lockWaitMs`.
   * @throws {StorageError} If the system refuses: no space, no permission.
   */
  abstract saveCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    rows: Rows<T>,
    type?: T,
    options?: SaveOptions,
  ): Promise<CheckpointInfo>;

  /**
   * One version of a checkpoint, pinned until it is closed, or undefined where nothing was saved.
   *
   * @throws {StaleCheckpointError} If it was made from something else than `madeFrom`, as also when rows are loaded, streamed or filtered.
   */
  abstract openCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options?: LoadOptions,
  ): Promise<OpenCheckpoint<RowOf<T>> | undefined>;

  /**
   * What is known of a checkpoint, or undefined where nothing was saved. Reads no rows of a file that has the length of what was saved,
   * unless `check` is set; another is compared with what was.
   *
   * @throws {CorruptCheckpointError} If bytes are not what was saved, or, with `check`, are no rows.
   */
  abstract getCheckpointInfo(name: string, options?: InfoOptions): Promise<CheckpointInfo | undefined>;

  /** What stands under a name, to be compared with what stands elsewhere. Reads no rows, throws nothing for damage. */
  abstract getRevisionState(name: string, options?: { signal?: AbortSignal | undefined }): Promise<RevisionState>;

  /** Names, sorted by code unit; each loads, and is deleted, by that name. */
  abstract listCheckpoints(options?: { signal?: AbortSignal | undefined }): Promise<string[]>;

  /**
   * Remove a checkpoint and all its revisions. When it resolves they do not come back. Of a symbolic link the link goes. With an
   * agreement the deletion is noted also where there is nothing to delete.
   *
   * @returns Whether there was one.
   */
  abstract deleteCheckpoint(name: string, options?: ChangeOptions): Promise<boolean>;

  /** The current revision and those that are kept, newest first. */
  abstract listRevisions(name: string, options?: { signal?: AbortSignal | undefined }): Promise<StoredRevision[]>;

  /**
   * An earlier revision's rows, as `openCheckpoint` has the current ones.
   *
   * @throws {MissingCheckpointError} If none of that id is kept.
   */
  abstract openRevision<T extends RowTypeInput = undefined>(
    name: string,
    id: string,
    type?: T,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<OpenCheckpoint<RowOf<T>>>;

  /**
   * Save a kept revision's rows once more: they become the current ones, as a new revision, and what they displace is kept.
   *
   * @throws {MissingCheckpointError} If none of that id is kept.
   */
  abstract restoreRevision(name: string, id: string, options?: ChangeOptions): Promise<CheckpointInfo>;

  /**
   * Make a file ours that another program saved, or that was damaged and is right as it is: every row is checked and saved. What was
   * there is kept as a revision. Rows that are ours already, and made from `madeFrom` if that is given, stay as they are.
   *
   * @throws {MissingCheckpointError} Where there is nothing.
   * @throws {CorruptCheckpointError} At the first row that does not fit.
   */
  abstract adoptCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options?: LoadOptions & ChangeOptions,
  ): Promise<CheckpointInfo>;

  /**
   * All rows, or undefined where nothing was saved; `[]` is what was saved as no rows.
   *
   * @throws {CorruptCheckpointError} If bytes are not what was saved, or are no rows.
   * @throws {RowTypeMismatchError} If they were saved as something else than `type`: other columns, or a row that its schema refuses or would
   * change.
   */
  async loadCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions = {},
  ): Promise<RowOf<T>[] | undefined> {
    assertKnownOptions(`load checkpoint "${name}"`, options, ["madeFrom", "signal"]);
    const { signal } = options;
    const opened = await this.openCheckpoint(name, type, options);
    if (!opened) return undefined;
    try {
      const rows: RowOf<T>[] = [];
      for await (const batch of opened.batches({ signal })) for (const row of batch) rows.push(row as RowOf<T>);
      return rows;
    } finally {
      await opened.close();
    }
  }

  /**
   * Rows one by one, in memory that does not grow with the file; of the version that was there at the first one.
   *
   * @throws {MissingCheckpointError} Where nothing was saved.
   */
  async *streamCheckpoint<
    T extends RowTypeInput = undefined,
    const Name extends keyof RowOf<T> & string = keyof RowOf<T> & string,
  >(
    name: string,
    type?: T,
    { madeFrom, ...options }: ReadOptions<Name> = {},
  ): AsyncGenerator<Projected<RowOf<T>, Name>> {
    const opened = await this.openCheckpoint(name, type, { madeFrom, signal: options.signal });
    if (!opened) throw new MissingCheckpointError(checkpointName(name), `"${this.location}"`);
    try {
      yield* opened.rows(options);
    } finally {
      await opened.close();
    }
  }

  /**
   * The rows that meet a condition, or a function, which sees them whole; undefined where nothing was saved. Memory is that of the rows
   * that do.
   *
   * @throws {TypeError} For a condition that no row can meet, an async function, or none.
   */
  async filterCheckpoint<
    T extends RowTypeInput = undefined,
    const Name extends keyof RowOf<T> & string = keyof RowOf<T> & string,
  >(
    name: string,
    where: Condition | ((row: RowOf<T>) => boolean),
    type?: T,
    { madeFrom, ...options }: Omit<ReadOptions<Name>, "where"> = {},
  ): Promise<Projected<RowOf<T>, Name>[] | undefined> {
    if (where === undefined || where === null) throw cannotFilter(name, "a condition, or a function, is needed");
    const opened = await this.openCheckpoint(name, type, { madeFrom, signal: options.signal });
    if (!opened) return undefined;
    try {
      const found: Projected<RowOf<T>, Name>[] = [];
      const { columns, ...range } = options;
      if (typeof where === "function") {
        for await (const rows of opened.batches(range) as AsyncGenerator<RowOf<T>[]>)
          for (const row of rows)
            if (isMet(where, row, name)) found.push((columns ? picked(row, columns) : row) as never);
      } else {
        for await (const rows of opened.batches({ ...options, where })) for (const row of rows) found.push(row);
      }
      return found;
    } finally {
      await opened.close();
    }
  }
}

function isMet<R>(where: (row: R) => boolean, row: R, name: string): boolean {
  const answer: unknown = where(row);
  if (answer instanceof Promise)
    throw cannotFilter(name, "what an async function returns is always true; stream the rows, and await it for each");
  return Boolean(answer);
}

function cannotFilter(name: string, reason: string): TypeError {
  return new TypeError(`Cannot filter checkpoint "${name}": ${reason}`);
}

/** In the order of the row type, as a format has it that reads no others. */
function picked<R>(row: R, columns: readonly string[]): R {
  const names = Object.keys(row as object).map((name) => ({ name }));
  return Object.fromEntries(projectedNames(names, columns).map((name) => [name, row[name as keyof R]])) as R;
}
