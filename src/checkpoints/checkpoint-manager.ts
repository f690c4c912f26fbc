import { CorruptCheckpointError, MissingCheckpointError, StaleCheckpointError } from "../errors.js";
import type { Format } from "../formats/format.js";
import type { Row } from "../rows/column.js";
import type { Condition } from "../rows/condition.js";
import { inferRowType } from "../rows/infer-row-type.js";
import { type RowOf, type RowTypeInput, resolveRowType } from "../rows/row-type.js";
import type { Storage } from "../storage/storage.js";
import { type Contents, commitDelete, commitSave, type Phase, type WriterOptions } from "./commit.js";
import { assertKnownFormat } from "./directory-format.js";
import { DuplicateKeys } from "./duplicate-keys.js";
import type { CheckpointEvent, OnCheckpointEvent } from "./event.js";
import { canonical, fingerprintChanges, fingerprintOf } from "./fingerprint-changes.js";
import { type CheckpointInfo, infoOf, nothingSaved, savedInfo } from "./info.js";
import { lookAt } from "./look.js";
import type { Fingerprint, Manifest } from "./manifest.js";
import { checkpointName, isCheckpointName } from "./names.js";
import {
  builtinRowType,
  type OpenCheckpoint,
  type OpenedCheckpoint,
  openAsFound,
  openCheckpoint,
  openRevision,
  type RowOptions,
} from "./open-checkpoint.js";
import { assertKnownOptions } from "./options.js";
import { type Place, placeOf, shownPath } from "./place.js";
import { type StoredRevision, storedRevisions, writeRevision } from "./revisions.js";
import { rowBatches } from "./row-batches.js";
import { rowTypeOf } from "./row-type-of.js";
import { writeRows } from "./write-rows.js";

export type { StoredRevision } from "./revisions.js";

export interface CheckpointManagerOptions {
  /** `false`: do nothing, and answer as if nothing were there. */
  enabled?: boolean | undefined;
  /** How many earlier revisions of each checkpoint stay, to be restored; 1 by default. */
  keepRevisions?: number | undefined;
  /** How long to wait for another writer of the same checkpoint; five minutes by default. */
  lockWaitMs?: number | undefined;
  /** What it throws undoes no save and stops no load: it is an uncaught exception of the process. */
  onEvent?: OnCheckpointEvent | undefined;
  /** Awaited at each phase of a save or delete: where tests stop and kill. @internal */
  onPhase?: ((phase: Phase) => void | Promise<void>) | undefined;
}

export interface SaveOptions {
  /**
   * What the rows are made from, any JSON object: loading with another `madeFrom` is then refused as stale. A function is called after
   * the last row, as some of it may only then be known.
   */
  madeFrom?: Fingerprint | (() => Fingerprint) | undefined;
  /** Keys of rows that should be there and are not; the checkpoint is then not complete. A function is called after the last row. */
  missing?: readonly string[] | (() => readonly string[]) | undefined;
  signal?: AbortSignal | undefined;
}

export interface LoadOptions {
  /** What the rows must have been made from. */
  madeFrom?: Fingerprint | undefined;
  signal?: AbortSignal | undefined;
}

export interface InfoOptions {
  /** Read and hash every byte, and count rows that nobody has counted. */
  check?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Rows to be saved. Without a row type any objects will do. */
export type Rows<T> = Iterable<SavedRow<T>> | AsyncIterable<SavedRow<T>>;
type SavedRow<T> = undefined extends T ? object : RowOf<T>;

/** What every manager takes. */
export const MANAGER_OPTIONS = ["enabled", "keepRevisions", "lockWaitMs", "onEvent"] as const;

/**
 * Checkpoints by name: a format on a storage. Every method takes names with or without an extension.
 *
 * @throws {TypeError} From every method, for an impossible name, an unknown option, or what is no row type.
 * @throws {NewerFormatError} From every method, in a directory that a newer version has written.
 */
export class CheckpointManager {
  readonly storage: Storage;
  readonly enabled: boolean;
  readonly #format: Format;
  readonly #options: Omit<WriterOptions, "signal" | "onWait">;
  readonly #onEvent: OnCheckpointEvent | undefined;

  constructor(format: Format, storage: Storage, options: CheckpointManagerOptions = {}) {
    assertKnownOptions("make a checkpoint manager", options, MANAGER_OPTIONS);
    const { enabled = true, keepRevisions = 1, lockWaitMs, onEvent, onPhase } = options;
    if (!Number.isInteger(keepRevisions) || keepRevisions < 0)
      throw new RangeError(`Cannot keep ${keepRevisions} revisions: an integer >= 0 is needed`);
    if (lockWaitMs !== undefined && !(lockWaitMs >= 0))
      throw new RangeError(`Cannot wait ${lockWaitMs} ms for another writer: a number >= 0 is needed`);
    this.#format = format;
    this.storage = storage;
    this.enabled = enabled;
    this.#options = { keepRevisions, lockWaitMs, onPhase };
    this.#onEvent = onEvent && tolerant(onEvent);
  }

  /** "jsonl", "parquet" and so on. */
  get format(): Format["name"] {
    return this.#format.name;
  }

  /** The directory, as it was given. */
  get location(): string {
    return this.storage.label;
  }

  /**
   * Save all rows of a checkpoint, in their order, in the place of those that are there. Rows are taken once, as they come; memory is
   * a batch of them. When it resolves they are durable; before, and after any error but the first, the old rows stand.
   *
   * @param type A schema, a row type, or the name of a built-in one. Without it the checkpoint's name decides, else fields may hold any
   * JSON, and there are those of all rows of an array, of the first 256 of another iterable.
   * @throws {UnknownOutcomeError} If the rows are visible, but a power cut may undo that.
   * @throws {InvalidRowError} If a row does not fit its type, naming row and field.
   * @throws {LockedError} If another writer holds the checkpoint for longer than `lockWaitMs`.
   * @throws {StorageError} If the system refuses: no space, no permission.
   */
  async saveCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    rows: Rows<T>,
    type?: T,
    options: SaveOptions = {},
  ): Promise<CheckpointInfo> {
    const place = this.#place(name);
    assertKnownOptions(`save checkpoint "${name}"`, options, ["madeFrom", "missing", "signal"]);
    const { madeFrom, missing, signal } = options;
    const fingerprint = later(madeFrom, (given) => fingerprintOf(given, `save checkpoint "${name}"`));
    const absent = later(missing, (given) => keysOf(given, `save checkpoint "${name}"`));
    const given = resolveRowType(type, place.name) ?? builtinRowType(place.name);
    const all = given ?? (Array.isArray(rows) ? inferRowType(place.name, rows as Row[]) : undefined);
    const batches = rowBatches(rows, `checkpoint "${place.name}"`, signal);
    if (!this.enabled) return nothingSaved(place);
    await this.#assertDistinct(place);
    return await this.#save(
      place,
      (sink) => writeRows(place, batches, { sink, type: all, fingerprint, missing: absent }),
      signal,
    );
  }

  /**
   * All rows, or undefined where nothing was saved; `[]` is what was saved as no rows.
   *
   * @throws {CorruptCheckpointError} If bytes are not what was saved, or are no rows.
   * @throws {StaleCheckpointError} If they were made from something else than `madeFrom`.
   * @throws {RowTypeMismatchError} If they were saved as something else than `type`.
   */
  async loadCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions = {},
  ): Promise<RowOf<T>[] | undefined> {
    assertKnownOptions(`load checkpoint "${name}"`, options, ["madeFrom", "signal"]);
    const { madeFrom, signal } = options;
    const opened = await this.#open(name, type, signal);
    if (!opened) return undefined;
    try {
      if (madeFrom) assertMadeFrom(opened.info, fingerprintOf(madeFrom, `load checkpoint "${name}"`));
      const rows: Row[] = [];
      for await (const batch of opened.batches({ signal })) for (const row of batch) rows.push(row);
      return rows as RowOf<T>[];
    } finally {
      await opened.close();
    }
  }

  /**
   * Rows one by one, in memory that does not grow with the file; of the version that was there at the first one.
   *
   * @throws {MissingCheckpointError} Where nothing was saved.
   */
  async *streamCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: RowOptions = {},
  ): AsyncGenerator<RowOf<T>> {
    const opened = await this.#open(name, type, options.signal);
    if (!opened) throw new MissingCheckpointError(checkpointName(name), `"${this.location}"`);
    try {
      yield* opened.rows(options) as AsyncGenerator<RowOf<T>>;
    } finally {
      await opened.close();
    }
  }

  /** The rows that meet a condition, or a function; undefined where nothing was saved. Memory is that of the rows that do. */
  async filterCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    where: Condition | ((row: RowOf<T>) => boolean),
    type?: T,
    options: Omit<RowOptions, "where"> = {},
  ): Promise<RowOf<T>[] | undefined> {
    const opened = await this.#open(name, type, options.signal);
    if (!opened) return undefined;
    try {
      const isFunction = typeof where === "function";
      const found: RowOf<T>[] = [];
      for await (const batch of opened.batches(isFunction ? options : { ...options, where })) {
        const rows = batch as RowOf<T>[];
        for (const row of isFunction ? rows.filter((row) => where(row)) : rows) found.push(row);
      }
      return found;
    } finally {
      await opened.close();
    }
  }

  /**
   * What is known of a checkpoint, or undefined where nothing was saved. Reads no rows of a file that has the length of what was saved,
   * unless `check` is set; another is compared with what was.
   *
   * @throws {CorruptCheckpointError} If bytes are not what was saved, or, with `check`, are no rows.
   */
  async getCheckpointInfo(name: string, options: InfoOptions = {}): Promise<CheckpointInfo | undefined> {
    const place = this.#place(name);
    assertKnownOptions(`get the info of checkpoint "${name}"`, options, ["check", "signal"]);
    const { check = false, signal } = options;
    if (!this.enabled) return undefined;
    await assertKnownFormat(this.storage);
    if (check) {
      const opened = await openCheckpoint(place, { type: undefined, onEvent: undefined, signal });
      try {
        return await opened?.check({ signal });
      } finally {
        await opened?.close();
      }
    }
    const look = await lookAt(place, { enough: "length", signal });
    if (!look) return undefined;
    await look.file.close();
    const info = infoOf(place, look.file, look.match);
    const builtin = builtinRowType(place.name);
    return look.match ? info : { ...info, key: builtin?.key, columns: builtin?.columns ?? [] };
  }

  /** One version of a checkpoint, pinned until it is closed, or undefined where nothing was saved. */
  async openCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<OpenCheckpoint<RowOf<T>> | undefined> {
    assertKnownOptions(`open checkpoint "${name}"`, options, ["signal"]);
    return (await this.#open(name, type, options.signal)) as OpenCheckpoint<RowOf<T>> | undefined;
  }

  /** Names, sorted by code unit; each loads, and is deleted, by that name. */
  async listCheckpoints(): Promise<string[]> {
    if (!this.enabled) return [];
    await assertKnownFormat(this.storage);
    return await this.#names();
  }

  /**
   * Remove a checkpoint and all its revisions. When it resolves they do not come back. Of a symbolic link the link goes.
   *
   * @returns Whether there was one.
   */
  async deleteCheckpoint(name: string, options: { signal?: AbortSignal | undefined } = {}): Promise<boolean> {
    const place = this.#place(name);
    assertKnownOptions(`delete checkpoint "${name}"`, options, ["signal"]);
    return this.enabled && (await commitDelete(place, this.#writerOptions(place, options.signal)));
  }

  /** The current revision and those that are kept, newest first. */
  async listRevisions(name: string): Promise<StoredRevision[]> {
    const place = this.#place(name);
    if (!this.enabled) return [];
    await assertKnownFormat(this.storage);
    return await storedRevisions(place);
  }

  /**
   * An earlier revision's rows, as `openCheckpoint` has the current ones.
   *
   * @throws {MissingCheckpointError} If none of that id is kept.
   */
  async openRevision<T extends RowTypeInput = undefined>(
    name: string,
    id: string,
    type?: T,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<OpenCheckpoint<RowOf<T>>> {
    const place = this.#place(name);
    assertKnownOptions(`open checkpoint "${name}"`, options, ["signal"]);
    const wanted = resolveRowType(type, place.name);
    await assertKnownFormat(this.storage);
    const found = { type: wanted, onEvent: this.#onEvent, signal: options.signal };
    return (await openRevision(place, id, found)) as OpenCheckpoint<RowOf<T>>;
  }

  /**
   * Save a kept revision's rows once more: they become the current ones, as a new revision, and what they displace is kept.
   *
   * @throws {MissingCheckpointError} If none of that id is kept.
   */
  async restoreRevision(
    name: string,
    id: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<CheckpointInfo> {
    const place = this.#place(name);
    assertKnownOptions(`restore checkpoint "${name}"`, options, ["signal"]);
    const { signal } = options;
    if (!this.enabled) return nothingSaved(place);
    return await this.#save(
      place,
      (sink) => writeRevision(place, id, sink, { onEvent: this.#onEvent, signal }),
      signal,
    );
  }

  /**
   * Make a file ours that another program saved, or that was damaged and is right as it is: every row is checked and saved. What was
   * there is kept as a revision. Rows that are ours already, and made from `madeFrom` if that is given, stay as they are.
   *
   * @throws {MissingCheckpointError} Where there is nothing.
   * @throws {CorruptCheckpointError} At the first row that does not fit.
   */
  async adoptCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions = {},
  ): Promise<CheckpointInfo> {
    const place = this.#place(name);
    assertKnownOptions(`adopt checkpoint "${name}"`, options, ["madeFrom", "signal"]);
    const { madeFrom, signal } = options;
    if (!this.enabled) return nothingSaved(place);
    const wanted = resolveRowType(type, place.name);
    const fingerprint = madeFrom && fingerprintOf(madeFrom, `adopt checkpoint "${name}"`);
    for (;;) {
      const ours = await this.#ours(place, signal);
      if (ours && (!fingerprint || canonical(ours.fingerprint) === canonical(fingerprint))) return ours;
      const found = { type: wanted, onEvent: this.#onEvent, signal };
      const opened = await (ours ? openCheckpoint(place, found) : openAsFound(place, found));
      if (!opened) throw new MissingCheckpointError(place.name, `"${this.location}"`);
      try {
        const saved = wanted ?? (await rowTypeOf(opened, signal));
        return await this.#save(
          place,
          async (sink) => {
            await assertStands(place, opened);
            const { missing } = opened.info;
            const keys = new DuplicateKeys(saved.key);
            const rows = keys.watch(opened.batches({ signal }));
            const contents = await writeRows(place, rows, { sink, type: saved, fingerprint, missing });
            if (keys.count > 0) this.#onEvent?.(duplicateKeys(place, keys));
            return contents;
          },
          signal,
        );
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
      } finally {
        await opened.close();
      }
    }
  }

  /** What is known of rows that are ours, every byte of them; undefined for others, whole or not. */
  async #ours(place: Place, signal: AbortSignal | undefined): Promise<CheckpointInfo | undefined> {
    try {
      const info = await this.getCheckpointInfo(place.name, { check: true, signal });
      return info?.verified === "bytes" ? info : undefined;
    } catch (error) {
      if (error instanceof CorruptCheckpointError) return undefined;
      throw error;
    }
  }

  #place(name: string): Place {
    return placeOf(this.storage, this.#format, checkpointName(name));
  }

  async #open(name: string, type: RowTypeInput, signal: AbortSignal | undefined): Promise<OpenCheckpoint | undefined> {
    const place = this.#place(name);
    const wanted = resolveRowType(type, place.name);
    if (!this.enabled) return undefined;
    await assertKnownFormat(this.storage);
    return await openCheckpoint(place, { type: wanted, onEvent: this.#onEvent, signal });
  }

  async #save(place: Place, fill: Fill, signal: AbortSignal | undefined): Promise<CheckpointInfo> {
    const started = performance.now();
    const manifest: Manifest = await commitSave(place, fill, this.#writerOptions(place, signal));
    const { revision, rows, bytes } = manifest;
    const seconds = (performance.now() - started) / 1000;
    this.#onEvent?.({ type: "saved", checkpoint: place.name, revision: revision.id, rows, bytes, seconds });
    return savedInfo(place, manifest);
  }

  #writerOptions(place: Place, signal: AbortSignal | undefined): WriterOptions {
    return { ...this.#options, signal, onWait: (holder) => this.#onEvent?.(waiting(place, holder)) };
  }

  async #names(): Promise<string[]> {
    const names: string[] = [];
    for (const { path } of await this.storage.list("")) {
      const name = this.#format.checkpointName(path);
      if (name !== undefined && isCheckpointName(name)) names.push(name);
    }
    return names.sort();
  }

  /** Two names that some file systems take for one would be one checkpoint there. */
  async #assertDistinct({ name }: Place): Promise<void> {
    const other = (await this.#names()).find((there) => there !== name && there.toLowerCase() === name.toLowerCase());
    if (other === undefined) return;
    throw new TypeError(
      `Cannot use "${name}" as the name of a checkpoint: there is "${other}", and names must differ by more than case`,
    );
  }
}

type Fill = (sink: Parameters<Parameters<typeof commitSave>[1]>[0]) => Promise<Contents>;

function assertMadeFrom({ name, fingerprint }: CheckpointInfo, wanted: Fingerprint): void {
  const changes = fingerprint ? fingerprintChanges(fingerprint, wanted) : ["nothing says what it was made from"];
  if (changes.length > 0) throw new StaleCheckpointError(name, changes);
}

/** Somebody saved other rows after these were looked at: those are now the ones to be adopted. */
class Superseded extends Error {}

async function assertStands({ storage, visible }: Place, { identity }: OpenedCheckpoint): Promise<void> {
  if ((await storage.identify(visible))?.identity !== identity) throw new Superseded();
}

/** Look at what was given now, or, where it is only known after the last row, then. */
function later<T>(given: T | (() => T) | undefined, look: (value: T) => T): T | (() => T) | undefined {
  if (typeof given === "function") return () => look((given as () => T)());
  return given === undefined ? undefined : look(given);
}

function keysOf(missing: readonly string[], act: string): readonly string[] {
  if (Array.isArray(missing) && missing.every((key) => typeof key === "string")) return [...missing];
  throw new TypeError(`Cannot ${act}: missing is a list of keys, each a text`);
}

/** A listener's own error is its own: rows are durable whether or not it could say so. It comes out where no work waits for it. */
function tolerant(onEvent: OnCheckpointEvent): OnCheckpointEvent {
  return (event) => {
    try {
      onEvent(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}

function duplicateKeys(place: Place, { key, count, some }: DuplicateKeys): CheckpointEvent {
  const examples = some.map((value) => JSON.stringify(value)).join(", ");
  const message = `${count} rows of "${shownPath(place)}" have a ${key} that a row before them has, such as ${examples}`;
  return { type: "warning", code: "duplicate-keys", checkpoint: place.name, message };
}

function waiting(place: Place, holder: string): CheckpointEvent {
  const message = `Waiting to write "${shownPath(place)}": ${holder} is writing it`;
  return { type: "warning", code: "waiting", checkpoint: place.name, message };
}
