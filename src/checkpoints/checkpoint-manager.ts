import { CorruptCheckpointError, MissingCheckpointError } from "../errors.js";
import type { Format } from "../formats/format.js";
import { type RowOf, type RowTypeInput, resolveRowType, withoutSchema } from "../rows/row-type.js";
import type { Storage } from "../storage/storage.js";
import {
  BaseCheckpointManager,
  type ChangeOptions,
  type InfoOptions,
  type LoadOptions,
  type Rows,
  type SaveOptions,
} from "./base-checkpoint-manager.js";
import { commitDelete, commitSave } from "./commit.js";
import { assertKnownFormat } from "./directory-format.js";
import { DuplicateKeys } from "./duplicate-keys.js";
import type { CheckpointEvent, OnCheckpointEvent } from "./event.js";
import type { Finding, VerifyOptions } from "./finding.js";
import { canonical, fingerprintOf } from "./fingerprint-changes.js";
import { ifFresh } from "./if-fresh.js";
import { type CheckpointInfo, infoOfMatch, nothingSaved } from "./info.js";
import { listener } from "./listener.js";
import { lookAt } from "./look.js";
import type { Fingerprint, Manifest } from "./manifest.js";
import { checkpointName, isCheckpointName } from "./names.js";
import {
  infoOfLook,
  type OpenCheckpoint,
  type OpenedCheckpoint,
  openAsFound,
  openCheckpoint,
  openRevision,
} from "./open-checkpoint.js";
import { assertOptions, callback, flag, number, type OptionShapes } from "./option-shapes.js";
import { assertKnownOptions } from "./options.js";
import { findHead, nameOfVisible, type Place, placeOf, shownPath } from "./place.js";
import { type RevisionState, readRevisionState, revisionState } from "./revision-state.js";
import { type StoredRevision, storedRevisions, writeRevision } from "./revisions.js";
import { rowBatches } from "./row-batches.js";
import { rowTypeOf, rowTypeToSave } from "./row-type-of.js";
import { type SweepOptions, type Swept, sweepCheckpoint } from "./sweep-checkpoint.js";
import { type TransactingStorage, transactDelete, transactSave } from "./transact.js";
import { verifyCheckpoint } from "./verify-checkpoint.js";
import { writeRows } from "./write-rows.js";
import type { Phase, WriterOptions } from "./writer.js";

export type {
  ChangeOptions,
  InfoOptions,
  LoadOptions,
  Rows,
  SaveOptions,
} from "./base-checkpoint-manager.js";
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

/** What every manager takes. */
export const MANAGER_OPTIONS = {
  enabled: flag,
  keepRevisions: number,
  lockWaitMs: number,
  onEvent: callback,
} satisfies OptionShapes<Omit<CheckpointManagerOptions, "onPhase">>;

/** A format on a storage. */
export class CheckpointManager extends BaseCheckpointManager {
  override readonly storage: Storage;
  override readonly enabled: boolean;
  readonly #format: Format;
  readonly #options: Omit<WriterOptions, "signal" | "onWait" | "agreement">;
  readonly #onEvent: OnCheckpointEvent;

  constructor(format: Format, storage: Storage, options: CheckpointManagerOptions = {}) {
    assertOptions("make a checkpoint manager", options, MANAGER_OPTIONS);
    const { enabled = true, keepRevisions = 1, lockWaitMs, onEvent, onPhase } = options;
    assertKept(keepRevisions);
    if (lockWaitMs !== undefined && !(lockWaitMs >= 0))
      throw new RangeError(`Cannot wait ${lockWaitMs} ms for another writer: a number >= 0 is needed`);
    super();
    this.#format = format;
    this.storage = storage;
    this.enabled = enabled;
    this.#options = { keepRevisions, lockWaitMs, onPhase };
    this.#onEvent = listener(onEvent);
  }

  override get format(): Format["name"] {
    return this.#format.name;
  }

  override get location(): string {
    return this.storage.label;
  }

  override async saveCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    rows: Rows<T>,
    type?: T,
    options: SaveOptions = {},
  ): Promise<CheckpointInfo> {
    const place = this.#place(name);
    assertKnownOptions(`save checkpoint "${name}"`, options, ["madeFrom", "missing", "signal", "agreement", "ownRows"]);
    const { madeFrom, missing, signal } = options;
    const fingerprint = later<object, Fingerprint, [string]>(madeFrom, (given) =>
      fingerprintOf(given, `save checkpoint "${name}"`),
    );
    const absent = later(missing, (given) => keysOf(given, `save checkpoint "${name}"`));
    const all = rowTypeToSave(type, place.name, rows);
    const batches = rowBatches(rows, `checkpoint "${place.name}"`, signal);
    if (!this.enabled) return nothingSaved(place);
    await this.#assertDistinct(place);
    return await this.#save(
      place,
      (files) => writeRows(place, batches, { files, type: all, fingerprint, missing: absent }),
      { ...options, runsOthers: Symbol.asyncIterator in rows && !options.ownRows },
    );
  }

  override async getCheckpointInfo(name: string, options: InfoOptions = {}): Promise<CheckpointInfo | undefined> {
    const wanted = this.#place(name);
    assertKnownOptions(`get the info of checkpoint "${name}"`, options, ["check", "signal"]);
    const { check = false, signal } = options;
    if (!this.enabled) return undefined;
    const place = await this.#pinned(wanted, signal);
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
    try {
      return await infoOfLook(place, look);
    } finally {
      await look.files.close();
    }
  }

  override async openCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions = {},
  ): Promise<OpenCheckpoint<RowOf<T>> | undefined> {
    assertKnownOptions(`open checkpoint "${name}"`, options, ["madeFrom", "signal"]);
    const opened = (await this.#open(name, type, options.signal)) as OpenCheckpoint<RowOf<T>> | undefined;
    return await ifFresh(opened, name, options.madeFrom);
  }

  override async getRevisionState(
    name: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<RevisionState> {
    const place = this.#place(name);
    assertKnownOptions(`get the revision of checkpoint "${name}"`, options, ["signal"]);
    if (!this.enabled) return revisionState(undefined, [], undefined);
    return await readRevisionState(await this.#pinned(place, options.signal), options.signal);
  }

  override async listCheckpoints(options: { signal?: AbortSignal | undefined } = {}): Promise<string[]> {
    assertKnownOptions("list checkpoints", options, ["signal"]);
    options.signal?.throwIfAborted();
    if (!this.enabled) return [];
    await assertKnownFormat(this.storage);
    return await this.names();
  }

  override async deleteCheckpoint(name: string, options: ChangeOptions = {}): Promise<boolean> {
    const place = this.#place(name);
    assertKnownOptions(`delete checkpoint "${name}"`, options, ["signal", "agreement"]);
    if (!this.enabled) return false;
    const writer = this.#writerOptions(place, options);
    return await (transacts(place) ? transactDelete(place, writer) : commitDelete(place, writer));
  }

  override async listRevisions(
    name: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<StoredRevision[]> {
    const place = this.#place(name);
    assertKnownOptions(`list revisions of checkpoint "${name}"`, options, ["signal"]);
    options.signal?.throwIfAborted();
    if (!this.enabled) return [];
    return await storedRevisions(await this.#pinned(place, options.signal));
  }

  override async openRevision<T extends RowTypeInput = undefined>(
    name: string,
    id: string,
    type?: T,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<OpenCheckpoint<RowOf<T>>> {
    const place = this.#place(name);
    assertKnownOptions(`open checkpoint "${name}"`, options, ["signal"]);
    const wanted = resolveRowType(type, place.name);
    const found = { type: wanted, onEvent: this.#onEvent, signal: options.signal };
    return (await openRevision(await this.#pinned(place, options.signal), id, found)) as OpenCheckpoint<RowOf<T>>;
  }

  /** Names of which something is kept, also where the checkpoint itself is not there any more; sorted by code unit. */
  async listKept(): Promise<string[]> {
    if (!this.enabled) return [];
    await assertKnownFormat(this.storage);
    const names = await this.names();
    const suffix = this.#place("x").history.slice(".kura/x".length);
    for (const directory of await this.storage.listDirectories(".kura")) {
      const name = directory.slice(0, -suffix.length);
      if (directory.endsWith(suffix) && isCheckpointName(name)) names.push(name);
    }
    return [...new Set(names)].sort();
  }

  /** Read every byte that is kept of a checkpoint, one finding for each part of it: its rows, its earlier revisions. Nothing is changed. */
  async *verifyCheckpoint(name: string, options: VerifyOptions = {}): AsyncGenerator<Finding> {
    const place = this.#place(name);
    assertKnownOptions(`verify checkpoint "${name}"`, options, ["deep", "signal"]);
    if (!this.enabled) return;
    await assertKnownFormat(this.storage);
    yield* verifyCheckpoint(place, options);
  }

  /**
   * Drop earlier revisions of a checkpoint, files that were displaced, and what writers that died have left. What stands stays.
   *
   * @throws {LockedError} If another writer holds the checkpoint for longer than `lockWaitMs`.
   */
  async sweepCheckpoint(name: string, options: SweepOptions = {}): Promise<Swept> {
    const place = this.#place(name);
    assertKnownOptions(`sweep checkpoint "${name}"`, options, ["keepRevisions", "displacedBefore", "dryRun", "signal"]);
    const { keepRevisions = this.#options.keepRevisions } = options;
    assertKept(keepRevisions);
    if (!this.enabled) return { revisions: [], temporary: 0, bytes: 0 };
    if (transacts(place))
      throw new TypeError(`Cannot sweep checkpoint "${name}" of "${this.location}": it keeps its own history`);
    await assertKnownFormat(this.storage);
    return await sweepCheckpoint(place, { ...options, keepRevisions }, this.#writerOptions(place, options));
  }

  override async restoreRevision(name: string, id: string, options: ChangeOptions = {}): Promise<CheckpointInfo> {
    const place = this.#place(name);
    assertKnownOptions(`restore checkpoint "${name}"`, options, ["signal", "agreement"]);
    const { signal } = options;
    if (!this.enabled) return nothingSaved(place);
    return await this.#save(
      place,
      (files) => writeRevision(place, id, files, { onEvent: this.#onEvent, signal }),
      options,
    );
  }

  override async adoptCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions & ChangeOptions = {},
  ): Promise<CheckpointInfo> {
    const place = this.#place(name);
    assertKnownOptions(`adopt checkpoint "${name}"`, options, ["madeFrom", "signal", "agreement"]);
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
          async (files) => {
            await assertStands(place, opened);
            const { missing } = opened.info;
            const keys = new DuplicateKeys(saved.key);
            const rows = keys.watch(opened.batches({ signal }));
            const contents = await writeRows(place, rows, { files, type: withoutSchema(saved), fingerprint, missing });
            if (keys.count > 0) this.#onEvent(duplicateKeys(place, keys));
            return contents;
          },
          options,
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

  /** The same place as it is now, where a storage can show all its files as they are at one instant. */
  async #pinned(place: Place, signal?: AbortSignal): Promise<Place> {
    const storage = (await this.storage.pinned?.({ signal })) ?? this.storage;
    await assertKnownFormat(storage);
    return { ...place, storage };
  }

  async #open(name: string, type: RowTypeInput, signal: AbortSignal | undefined): Promise<OpenCheckpoint | undefined> {
    const place = this.#place(name);
    const wanted = resolveRowType(type, place.name);
    if (!this.enabled) return undefined;
    return await openCheckpoint(await this.#pinned(place, signal), { type: wanted, onEvent: this.#onEvent, signal });
  }

  async #save(
    place: Place,
    fill: Fill,
    options: ChangeOptions & Pick<WriterOptions, "runsOthers">,
  ): Promise<CheckpointInfo> {
    const started = performance.now();
    const writer = { ...this.#writerOptions(place, options), runsOthers: options.runsOthers };
    const save = transacts(place) ? transactSave(place, fill, writer) : commitSave(place, fill, writer);
    const manifest: Manifest = await save;
    const { revision, rows, bytes } = manifest;
    const seconds = (performance.now() - started) / 1000;
    this.#onEvent({ type: "saved", checkpoint: place.name, revision: revision.id, rows, bytes, seconds });
    return infoOfMatch(place, { manifest, by: "identity" });
  }

  #writerOptions(place: Place, { signal, agreement }: ChangeOptions): WriterOptions {
    const onWait = (holder: string) => {
      agreement?.waiting?.(holder);
      this.#onEvent(waiting(place, holder));
    };
    return { ...this.#options, signal, agreement, onWait };
  }

  /** Of what is visible; sorted by code unit. */
  protected async names(): Promise<string[]> {
    const { storage } = this;
    const isDirectory = this.#format.directory !== undefined;
    const visible = isDirectory ? await storage.listDirectories("") : (await storage.list("")).map(({ path }) => path);
    const names: string[] = [];
    for (const file of visible) {
      const name = nameOfVisible(this.#format, file);
      if (name === undefined) continue;
      // Not every directory is a checkpoint.
      if (!isDirectory || (await findHead(placeOf(storage, this.#format, name)))) names.push(name);
    }
    return names.sort();
  }

  /** Two names that some file systems take for one would be one checkpoint there. */
  async #assertDistinct({ name }: Place): Promise<void> {
    const other = (await this.names()).find((there) => there !== name && there.toLowerCase() === name.toLowerCase());
    if (other === undefined) return;
    throw new TypeError(
      `Cannot use "${name}" as the name of a checkpoint: there is "${other}", and names must differ by more than case`,
    );
  }
}

function transacts(place: Place): place is Place & { storage: TransactingStorage } {
  return place.storage.transact !== undefined;
}

function assertKept(keepRevisions: number): void {
  if (!Number.isInteger(keepRevisions) || keepRevisions < 0)
    throw new RangeError(`Cannot keep ${keepRevisions} revisions: an integer >= 0 is needed`);
}

type Fill = Parameters<typeof commitSave>[1];

/** Somebody saved other rows after these were looked at: those are now the ones to be adopted. */
class Superseded extends Error {}

async function assertStands(place: Place, { identity }: OpenedCheckpoint): Promise<void> {
  if ((await findHead(place))?.identity !== identity) throw new Superseded();
}

/** Look at what was given now, or, where it is only known after the last row, then. */
function later<G, T, A extends unknown[]>(
  given: G | ((...args: A) => G) | undefined,
  look: (value: G) => T,
): T | ((...args: A) => T) | undefined {
  if (typeof given === "function") return (...args) => look((given as (...args: A) => G)(...args));
  return given === undefined ? undefined : look(given);
}

function keysOf(missing: readonly string[], act: string): readonly string[] {
  if (Array.isArray(missing) && missing.every((key) => typeof key === "string")) return [...missing];
  throw new TypeError(`Cannot ${act}: missing is a list of keys, each a text`);
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
