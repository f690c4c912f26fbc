import { CorruptCheckpointError, MissingCheckpointError } from "../../errors.js";
import type { Row } from "../../rows/column.js";
import type { Condition } from "../../rows/condition.js";
import { sketch } from "../../rows/field-error.js";
import { type RowOf, type RowType, type RowTypeInput, resolveRowType } from "../../rows/row-type.js";
import type { Storage } from "../../storage/storage.js";
import {
  BaseCheckpointManager,
  type ChangeOptions,
  type InfoOptions,
  type LoadOptions,
  type ReadOptions,
  type Rows,
  type SaveOptions,
} from "../base-checkpoint-manager.js";
import { assertKnownFormat, assertWritable } from "../directory-format.js";
import type { OnCheckpointEvent, WarningCode } from "../event.js";
import { byAge } from "../history.js";
import { ifFresh } from "../if-fresh.js";
import type { CheckpointInfo } from "../info.js";
import { listener } from "../listener.js";
import { checkpointName } from "../names.js";
import type { OpenCheckpoint, Projected } from "../open-checkpoint.js";
import { assertOptions, callback, flag, number, type OptionShapes, text } from "../option-shapes.js";
import { assertKnownOptions } from "../options.js";
import type { RevisionState } from "../revision-state.js";
import type { StoredRevision } from "../revisions.js";
import { rowBatches } from "../row-batches.js";
import { rowTypeOf, rowTypeToSave } from "../row-type-of.js";
import { adoptTogether } from "./adopt-together.js";
import { amongCopies, goodCopies, orSayWhere } from "./among-copies.js";
import { Copy, distinctPlaces, errorOf, placeKey } from "./copy.js";
import { type CopyReport, reportsOf } from "./copy-report.js";
import type { CopyState } from "./copy-state.js";
import { deleteTogether } from "./delete-together.js";
import { type LoadStrategy, loadOrder, ONLY_ONE } from "./load-order.js";
import { openRevisionOf } from "./open-revision.js";
import { failureOf, openSurvey, WrongCountError } from "./open-survey.js";
import { saveTogether } from "./save-together.js";
import { haveIt, sentenceOf } from "./sentences.js";
import { type MultiStats, readStats } from "./stats.js";
import { revisionStateOf, type Survey, survey } from "./survey.js";
import { type SyncReport, syncCheckpoint } from "./sync-checkpoint.js";

export type SaveStrategy = "all_enabled" | "primary_only";

export interface MultiCheckpointManagerOptions {
  /** `all_enabled`, the default: to every enabled copy · `primary_only`: to the first enabled one; the others fall behind. */
  saveStrategy?: SaveStrategy | undefined;
  /**
   * Whichever it is, a copy that missed a save or a deletion does not win.
   *
   * `first_found`, the default: the first copy that has the newest rows · `priority`: the first enabled one and no other · `newest`: of
   * copies that no revision tells apart, the one that was saved last · `fastest`: by the time that rows took to come when last read here.
   */
  loadStrategy?: LoadStrategy | undefined;
  /**
   * In how many copies a save or deletion has to succeed; by default in all that are enabled. With `primary_only` it is one. Where it is given, so
   * many that answer are also enough to find that nothing was saved.
   */
  minimumCopies?: number | undefined;
  /** What no copy has that answers is absent only if all answer, whatever `minimumCopies` is. @internal */
  asksAll?: boolean | undefined;
  /** A copy that makes no progress for so long, and does not wait for another writer, has failed; two minutes by default. */
  copyTimeoutMs?: number | undefined;
  /** Bring up what is found to be behind, absent or damaged when a checkpoint is loaded. */
  repairOnLoad?: boolean | undefined;
  /** What it throws undoes no save and stops no load: it is an uncaught exception of the process. */
  onEvent?: OnCheckpointEvent | undefined;
}

/** What is known of a checkpoint, from the copy that it would be loaded from, and how each copy is. */
export interface MultiCheckpointInfo extends CheckpointInfo {
  readonly copies: readonly CopyReport[];
}

export interface SyncOptions {
  /** Say what would be done, and do nothing. */
  dryRun?: boolean | undefined;
  /** Read every byte and every row of every copy first, and after: what rotted where nobody looked is found, and made good. */
  check?: boolean | undefined;
  /** Bring up the first enabled copy alone, which is all that is saved to with `primary_only`. */
  primaryOnly?: boolean | undefined;
  /** All that any copy has, by default. */
  checkpoints?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

const OPTIONS = {
  saveStrategy: text,
  loadStrategy: text,
  minimumCopies: number,
  copyTimeoutMs: number,
  repairOnLoad: flag,
  onEvent: callback,
} satisfies OptionShapes<Omit<MultiCheckpointManagerOptions, "asksAll">>;
const SAVE_STRATEGIES = ["all_enabled", "primary_only"] as const;
const LOAD_STRATEGIES = ["first_found", "priority", "newest", "fastest"] as const;
/** Longer than a disk takes to make durable what the system lets pile up in memory. */
const DEFAULT_COPY_TIMEOUT_MS = 120_000;

/** Several managers as one: what is saved is in each of them, and what is loaded is the newest that any of them has. */
export class MultiCheckpointManager extends BaseCheckpointManager {
  readonly #copies: readonly Copy[];
  readonly #saveStrategy: SaveStrategy;
  readonly #loadStrategy: LoadStrategy;
  readonly #minimumCopies: number | undefined;
  readonly #asksAll: boolean;
  readonly #repairOnLoad: boolean;
  readonly #onEvent: OnCheckpointEvent;
  #storages: Promise<readonly Storage[]> | undefined;

  /** @param managers In the order in which they are tried. Several formats may share a directory. */
  constructor(managers: readonly BaseCheckpointManager[], options: MultiCheckpointManagerOptions = {}) {
    super();
    const act = "make a manager of several copies";
    assertOptions(act, options, OPTIONS);
    if (!Array.isArray(managers) || managers.length === 0)
      throw new TypeError(`Cannot ${act}: at least one checkpoint manager is needed`);
    for (const manager of managers as readonly (BaseCheckpointManager | undefined | null)[])
      if (typeof manager?.saveCheckpoint !== "function")
        throw new TypeError(`Cannot ${act}: ${sketch(manager)} is no checkpoint manager`);
    const { saveStrategy = "all_enabled", loadStrategy = "first_found", repairOnLoad = false, onEvent } = options;
    const { minimumCopies, asksAll = false, copyTimeoutMs = DEFAULT_COPY_TIMEOUT_MS } = options;
    assertOneOf(act, "saveStrategy", saveStrategy, SAVE_STRATEGIES);
    assertOneOf(act, "loadStrategy", loadStrategy, LOAD_STRATEGIES);
    if (minimumCopies !== undefined && !(Number.isInteger(minimumCopies) && minimumCopies >= 1))
      throw new RangeError(`Cannot ${act}: minimumCopies is ${minimumCopies}, an integer >= 1 is needed`);
    if (minimumCopies !== undefined && minimumCopies > managers.length)
      throw new RangeError(`Cannot ${act}: minimumCopies is ${minimumCopies}, and there are ${managers.length}`);
    if (!(copyTimeoutMs > 0))
      throw new RangeError(`Cannot ${act}: copyTimeoutMs is ${copyTimeoutMs}, a number > 0 is needed`);
    assertDifferent(act, managers);
    this.#copies = managers.map((manager) => new Copy(manager, Math.min(copyTimeoutMs, 2 ** 31 - 1)));
    this.#saveStrategy = saveStrategy;
    this.#loadStrategy = loadStrategy;
    this.#minimumCopies = minimumCopies;
    this.#asksAll = asksAll;
    this.#repairOnLoad = repairOnLoad;
    this.#onEvent = listener(onEvent);
  }

  /** Whether any copy is. */
  override get enabled(): boolean {
    return this.#enabled.length > 0;
  }

  override get location(): string {
    const copies = this.enabled ? this.#enabled : this.#copies;
    return copies.map(({ manager }) => manager.location).join(", ");
  }

  override get format(): string {
    return "multi";
  }

  /** Of the first enabled copy that has one. */
  override get storage(): Storage | undefined {
    return this.#enabled.find(({ manager }) => manager.storage)?.manager.storage;
  }

  /** Who could not be written to once is not tried again by this manager: what is paid for stays in one place. */
  override async storages({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<readonly Storage[]> {
    this.#storages ??= this.#findStorages(signal);
    try {
      return await this.#storages;
    } catch (error) {
      this.#storages = undefined;
      throw error;
    }
  }

  async #findStorages(signal: AbortSignal | undefined): Promise<readonly Storage[]> {
    const enabled = this.#enabled;
    const copies = distinctPlaces(enabled);
    let spare = enabled.length - (this.#saveStrategy === "primary_only" ? enabled.length : this.#minimum(enabled));
    while (spare > 0 && copies.length > 1) {
      const [first] = copies;
      try {
        await first!.ask(({ storage }) => assertWritable(storage!), { signal });
        break;
      } catch (error) {
        signal?.throwIfAborted();
        copies.shift();
        spare -= 1;
        const reason = `${errorOf(error).message}; answers and models are kept in ${copies[0]!.label}`;
        this.#tell("", first!, "failed", reason);
      }
    }
    const [first, ...others] = copies;
    const readable: Copy[] = [];
    for (const copy of others)
      await copy
        .ask(({ storage }) => assertKnownFormat(storage!), { signal })
        .then(
          () => readable.push(copy),
          () => {},
        );
    signal?.throwIfAborted();
    return first ? [first, ...readable].map(({ manager }) => manager.storage!) : [];
  }

  get managers(): readonly BaseCheckpointManager[] {
    return this.#copies.map(({ manager }) => manager);
  }

  /** Those of its managers, each of which may be several. */
  override get copies(): readonly BaseCheckpointManager[] {
    return this.managers.flatMap(({ copies }) => copies);
  }

  get saveStrategy(): SaveStrategy {
    return this.#saveStrategy;
  }

  get loadStrategy(): LoadStrategy {
    return this.#loadStrategy;
  }

  /**
   * As with any manager, in as many copies as are wanted; one pass over the rows feeds them all, and the slowest sets the pace. All write
   * before any publishes.
   *
   * @throws {TooFewCopiesError} If fewer than `minimumCopies` could: its outcomes say what became of each.
   */
  override async saveCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    rows: Rows<T>,
    type?: T,
    options: SaveOptions = {},
  ): Promise<MultiCheckpointInfo> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`save checkpoint "${name}"`, options, ["madeFrom", "missing", "signal", "agreement", "ownRows"]);
    const all = rowTypeToSave(type, checkpoint, rows);
    const batches = rowBatches(rows, `checkpoint "${checkpoint}"`, options.signal);
    if (!this.enabled) return await this.#disabled((manager) => manager.saveCheckpoint(checkpoint, [], all));
    return await this.#save(checkpoint, batches, all, options);
  }

  override async openCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions = {},
  ): Promise<OpenCheckpoint<RowOf<T>> | undefined> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`open checkpoint "${name}"`, options, ["madeFrom", "signal"]);
    const { signal } = options;
    const wanted = resolveRowType(type, checkpoint);
    let seen = await this.#survey(checkpoint, signal);
    if (this.#repairOnLoad && needsRepair(seen)) {
      await this.#repair(checkpoint, { signal });
      seen = await survey(this.#enabled, checkpoint, signal);
    }
    const damaged = new Set<Copy>();
    const candidates = await this.#loadOrder(seen, signal);
    const opened = await orSayWhere(seen, candidates, () =>
      openSurvey({
        survey: seen,
        candidates,
        type: wanted,
        signal,
        onPassedOver: (copy, error) => {
          if (error instanceof CorruptCheckpointError) damaged.add(copy);
          if (error instanceof WrongCountError) copy.isDistrusted = true;
          const { message } = amongCopies(error, seen, [copy]) as Error;
          this.#tell(checkpoint, copy, error instanceof CorruptCheckpointError ? "damaged" : "failed", message);
        },
        onClose: async () => {
          if (this.#repairOnLoad && damaged.size > 0) await this.#repair(checkpoint, { damaged, signal });
        },
      }),
    );
    return await ifFresh(opened as OpenCheckpoint<RowOf<T>> | undefined, name, options.madeFrom);
  }

  override async loadCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions = {},
  ): Promise<RowOf<T>[] | undefined> {
    return await this.#again(() => super.loadCheckpoint(name, type, options));
  }

  override async filterCheckpoint<
    T extends RowTypeInput = undefined,
    const Name extends keyof RowOf<T> & string = keyof RowOf<T> & string,
  >(
    name: string,
    where: Condition | ((row: RowOf<T>) => boolean),
    type?: T,
    options: Omit<ReadOptions<Name>, "where"> = {},
  ): Promise<Projected<RowOf<T>, Name>[] | undefined> {
    return await this.#again(() => super.filterCheckpoint(name, where, type, options));
  }

  override async getCheckpointInfo(name: string, options: InfoOptions = {}): Promise<MultiCheckpointInfo | undefined> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`get the info of checkpoint "${name}"`, options, ["check", "signal"]);
    const { check = false, signal } = options;
    const seen = await this.#survey(checkpoint, signal);
    const candidates = await this.#loadOrder(seen, signal);
    const failures: { copy: Copy; error: Error }[] = [];
    let info: CheckpointInfo | undefined;
    for (const copy of candidates) {
      try {
        const ask = (manager: BaseCheckpointManager, stop: AbortSignal) =>
          manager.getCheckpointInfo(checkpoint, { signal: stop });
        const found = await (check ? copy.check(checkpoint, signal) : copy.ask(ask, { signal }));
        if (found && seen.newest && (found.revision?.id ?? "") < seen.newest.revision.id) throw wentBack(copy);
        info ??= found;
      } catch (error) {
        signal?.throwIfAborted();
        failures.push({ copy, error: errorOf(error) });
      }
      if (info && !check) break;
    }
    if (!info && failures.length > 0)
      return await orSayWhere(seen, candidates, () => Promise.reject(failureOf(checkpoint, failures)));
    return info && { ...info, copies: reportsOf(seen, failures) };
  }

  override async getRevisionState(
    name: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<RevisionState> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`get the revision of checkpoint "${name}"`, options, ["signal"]);
    const seen = await survey(this.#enabled, checkpoint, options.signal);
    const failed = seen.sightings.filter(({ state }) => state === "failed");
    if (failed.length > 0 && failed.length === seen.sightings.length)
      throw failureOf(
        checkpoint,
        failed.map(({ copy, error }) => ({ copy, error: errorOf(error) })),
      );
    return revisionStateOf(seen);
  }

  /** Of all copies; without those that were deleted since a copy was last reached. */
  override async listCheckpoints({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<string[]> {
    const names: string[] = [];
    for (const name of await this.#allNames(signal)) {
      const { newest, sightings } = await survey(this.#enabled, name, signal);
      if (newest?.isDeletion) continue;
      const isThere = this.#loadStrategy !== "priority" || !["absent", "failed"].includes(sightings[0]!.state);
      if (isThere) names.push(name);
    }
    return names;
  }

  /**
   * From every enabled copy, whatever the strategies. One that cannot be reached does not bring it back: the others note the deletion.
   *
   * @throws {TooFewCopiesError} If fewer than `minimumCopies` could: it is deleted where it could be, and counts as deleted.
   */
  override async deleteCheckpoint(name: string, options: ChangeOptions = {}): Promise<boolean> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`delete checkpoint "${name}"`, options, ["signal", "agreement"]);
    if (!this.enabled) return false;
    return await deleteTogether(this.#enabled, checkpoint, {
      ...options,
      minimum: this.#minimum(this.#enabled),
      onFailed: (copy, error) => this.#tell(checkpoint, copy, "failed", error.message),
    });
  }

  /** Of all copies; that of the newest rows is the current one. */
  override async listRevisions(
    name: string,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<StoredRevision[]> {
    const checkpoint = checkpointName(name);
    const { newest } = await this.#survey(checkpoint, signal);
    if (newest?.isDeletion) return [];
    const revisions = new Map<string, StoredRevision>();
    for (const copy of this.#enabled) {
      const ask = (manager: BaseCheckpointManager, stop: AbortSignal) =>
        manager.listRevisions(checkpoint, { signal: stop });
      const stored = await copy.ask(ask, { signal }).catch((): StoredRevision[] => []);
      signal?.throwIfAborted();
      for (const revision of stored) {
        const current = newest ? revision.id === newest.revision.id : revision.current;
        if (!revisions.get(revision.id)?.ours) revisions.set(revision.id, { ...revision, current });
      }
    }
    const order = (a: StoredRevision, b: StoredRevision) => Number(b.current) - Number(a.current) || byAge(a.id, b.id);
    return [...revisions.values()].sort(order);
  }

  override async openRevision<T extends RowTypeInput = undefined>(
    name: string,
    id: string,
    type?: T,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<OpenCheckpoint<RowOf<T>>> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`open checkpoint "${name}"`, options, ["signal"]);
    const wanted = resolveRowType(type, checkpoint);
    const failures: { copy: Copy; error: Error }[] = [];
    for (const copy of this.#enabled) {
      try {
        return (await openRevisionOf(copy, checkpoint, id, wanted, options.signal)) as OpenCheckpoint<RowOf<T>>;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof MissingCheckpointError)) failures.push({ copy, error: errorOf(error) });
      }
    }
    if (failures.length > 0) throw failureOf(checkpoint, failures);
    throw new MissingCheckpointError(checkpoint, `"${this.location}"`, { revision: id });
  }

  /** Also of one that stands, or is kept, in a single copy. */
  override async restoreRevision(name: string, id: string, options: ChangeOptions = {}): Promise<MultiCheckpointInfo> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`restore checkpoint "${name}"`, options, ["signal", "agreement"]);
    const { signal } = options;
    if (!this.enabled) return await this.#disabled((manager) => manager.restoreRevision(checkpoint, id));
    const opened = await this.openRevision(checkpoint, id, undefined, { signal });
    try {
      const { fingerprint: madeFrom, missing } = opened.info;
      const type = await rowTypeOf(opened as OpenCheckpoint, signal);
      return await this.#save(checkpoint, opened.batches({ signal }) as AsyncIterable<Row[]>, type, {
        ...options,
        madeFrom,
        missing,
      });
    } finally {
      await opened.close();
    }
  }

  /** In one copy that has a file that is not ours; then the others are brought up, but for those whose file says something else. */
  override async adoptCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions & ChangeOptions = {},
  ): Promise<MultiCheckpointInfo> {
    const checkpoint = checkpointName(name);
    assertKnownOptions(`adopt checkpoint "${name}"`, options, ["madeFrom", "signal", "agreement"]);
    const wanted = resolveRowType(type, checkpoint);
    if (!this.enabled) return await this.#disabled((manager) => manager.adoptCheckpoint(checkpoint, wanted));
    const info = await adoptTogether(await this.#survey(checkpoint, options.signal), wanted, {
      ...options,
      location: this.location,
    });
    return { ...info, copies: reportsOf(await this.#survey(checkpoint, options.signal)) };
  }

  /**
   * Bring every copy up to the newest state that any of them has, byte for byte verified and compared by rowHash. What no revision
   * describes is left as it is.
   */
  async sync(options: SyncOptions = {}): Promise<SyncReport[]> {
    assertKnownOptions("sync", options, ["dryRun", "check", "primaryOnly", "checkpoints", "signal"]);
    const { checkpoints, primaryOnly, signal, ...rest } = options;
    const reports: SyncReport[] = [];
    for (const name of checkpoints?.map(checkpointName) ?? (await this.#allNames(signal))) {
      signal?.throwIfAborted();
      const seen = await survey(this.#enabled, name, signal);
      reports.push(
        await syncCheckpoint(seen, {
          ...rest,
          signal,
          ...(primaryOnly && { only: this.#enabled[0] }),
          onRepaired: (copy) => this.#tell(name, copy, "repaired", `has the newest state of "${name}" again`),
        }),
      );
    }
    return reports;
  }

  /** What there is and how it is. Looks at every checkpoint of every copy. */
  async getStats({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<MultiStats> {
    const strategies = { saveStrategy: this.#saveStrategy, loadStrategy: this.#loadStrategy };
    return await readStats(this.#copies, strategies, signal);
  }

  get #enabled(): readonly Copy[] {
    return this.#copies.filter(({ manager }) => manager.enabled);
  }

  #minimum(copies: readonly Copy[]): number {
    return this.#saveStrategy === "primary_only" ? 1 : (this.#minimumCopies ?? copies.length);
  }

  async #loadOrder(seen: Survey, signal: AbortSignal | undefined): Promise<Copy[]> {
    return await loadOrder(seen, { strategy: this.#loadStrategy, isEnough: this.#isEnough(seen), signal });
  }

  /** Whether so many copies answer as a save needs, that which is saved to among them: what none of them has is absent then. */
  #isEnough({ sightings }: Survey): boolean {
    if (this.#asksAll || (this.#saveStrategy === "primary_only" && sightings[0]?.state === "failed")) return false;
    const answering = sightings.filter(({ state }) => state !== "failed").length;
    return answering >= (this.#minimumCopies ?? sightings.length);
  }

  async #save(
    name: string,
    batches: AsyncIterable<Row[]>,
    type: RowType | undefined,
    options: SaveOptions,
  ): Promise<MultiCheckpointInfo> {
    const enabled = this.#enabled;
    const copies = this.#saveStrategy === "primary_only" ? enabled.slice(0, 1) : enabled;
    const started = performance.now();
    const { info, outcomes, before } = await saveTogether(copies, name, {
      ...options,
      batches,
      type,
      minimum: this.#minimum(copies),
      others: enabled.filter((copy) => !copies.includes(copy)),
    });
    for (const { copy, state } of before.sightings)
      if (state === "diverged") this.#tell(name, copy, state, sentenceOf(state, before));
    for (const { copy, error } of outcomes) if (error) this.#tell(name, copy, "failed", error.message);
    const { revision, rows = 0, bytes } = info;
    const seconds = (performance.now() - started) / 1000;
    this.#onEvent({ type: "saved", checkpoint: name, revision: revision!.id, rows, bytes, seconds });
    return {
      ...info,
      copies: enabled.map((copy): CopyReport => {
        const outcome = outcomes.find((one) => one.copy === copy);
        const state = outcome === undefined ? "behind" : outcome.error ? "failed" : "good";
        return {
          copy: copy.label,
          state,
          revision: state === "good" ? revision!.id : undefined,
          error: outcome?.error,
        };
      }),
    };
  }

  /** The answer of managers that are not enabled. */
  async #disabled(ask: (manager: BaseCheckpointManager) => Promise<CheckpointInfo>): Promise<MultiCheckpointInfo> {
    return { ...(await ask(this.#copies[0]!.manager)), copies: [] };
  }

  /** See how the copies are, and say so of those that are not well. */
  async #survey(name: string, signal: AbortSignal | undefined): Promise<Survey> {
    const seen = await survey(this.#enabled, name, signal);
    const isThere = seen.sightings.some(({ state }) => state !== "absent" && state !== "failed");
    const isGivenUp = !isThere && this.#isEnough(seen);
    for (const { copy, state, error } of seen.sightings) {
      const isMeantToBe =
        (state === "absent" && (!isThere || seen.newest?.isDeletion)) ||
        (this.#saveStrategy === "primary_only" &&
          (state === "absent" || state === "behind") &&
          copy !== this.#enabled[0]);
      if (state === "good" || isMeantToBe) continue;
      const what = state === "failed" ? errorOf(error).message : sentenceOf(state, seen);
      const good = goodCopies(seen, [copy]);
      const isOnlyOne = this.#loadStrategy === "priority" && state === "absent" && copy === this.#enabled[0];
      const where = good.length === 0 ? "" : `; ${haveIt(good)} it${isOnlyOne ? `: ${ONLY_ONE}` : ""}`;
      this.#tell(name, copy, state, what + where + (isGivenUp ? `; ${givenUp(this.#minimumCopies!)}` : ""));
    }
    return seen;
  }

  /** Rows that nobody has been given yet can be read once more, from another copy. */
  async #again<T>(read: () => Promise<T>): Promise<T> {
    for (let left = this.#enabled.length; ; left--) {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof WrongCountError) || left <= 1) throw error;
      }
    }
  }

  async #repair(
    name: string,
    { damaged, signal }: { damaged?: ReadonlySet<Copy>; signal: AbortSignal | undefined },
  ): Promise<void> {
    try {
      await syncCheckpoint(await survey(this.#enabled, name, signal), {
        damaged,
        signal,
        // Who writes it may take hours, and brings it up.
        isPatient: false,
        onRepaired: (copy) => this.#tell(name, copy, "repaired", `has the newest state of "${name}" again`),
      });
    } catch (error) {
      signal?.throwIfAborted();
      // Whoever loads has the rows already.
      this.#tell(name, this.#enabled[0]!, "failed", `could not be repaired: ${errorOf(error).message}`);
    }
  }

  /** Names that any copy has. @throws What the first said, where none could be asked. */
  async #allNames(signal: AbortSignal | undefined): Promise<string[]> {
    const names = new Set<string>();
    const failures: Error[] = [];
    for (const copy of this.#enabled) {
      try {
        const ask = (manager: BaseCheckpointManager, stop: AbortSignal) => manager.listCheckpoints({ signal: stop });
        for (const name of await copy.ask(ask, { signal })) names.add(name);
      } catch (error) {
        signal?.throwIfAborted();
        failures.push(errorOf(error));
      }
    }
    if (failures.length > 0 && failures.length === this.#enabled.length) throw failures[0]!;
    return [...names].sort();
  }

  #tell(checkpoint: string, copy: Copy, state: Exclude<CopyState, "good"> | "repaired", what: string): void {
    const code: WarningCode = `copy-${state}`;
    const message = `Copy "${copy.label}" of checkpoint "${checkpoint}": ${what}`;
    this.#onEvent({ type: "warning", code, checkpoint, copy: copy.label, message });
  }
}

/** What was seen there is not there any more: an earlier state was put in its place. */
function wentBack({ label }: Copy): Error {
  return new Error(`"${label}" has gone back to an earlier revision while it was looked at`);
}

function givenUp(minimum: number): string {
  return `it is taken to have nothing of this name, as ${minimum} ${minimum === 1 ? "copy is" : "copies are"} enough (minimumCopies)`;
}

function needsRepair({ newest, sightings }: Survey): boolean {
  const isLow = (state: CopyState) => ["absent", "behind", "diverged", "damaged"].includes(state);
  return newest !== undefined && sightings.some(({ state }) => isLow(state));
}

function assertOneOf(act: string, option: string, given: string, known: readonly string[]): void {
  if (known.includes(given)) return;
  throw new TypeError(`Cannot ${act}: invalid ${option} "${given}"; it is one of ${known.join(", ")}`);
}

/** Two names of one place would be one copy. */
function assertDifferent(act: string, managers: readonly BaseCheckpointManager[]): void {
  const keys = new Map<string, BaseCheckpointManager>();
  for (const manager of managers.flatMap(({ copies }) => copies)) {
    const key = placeKey(manager);
    const { location, format } = manager;
    if (keys.has(key))
      throw new TypeError(`Cannot ${act}: "${location}" (${format}) is there twice, and one place is one copy`);
    keys.set(key, manager);
  }
}
