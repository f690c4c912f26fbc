import { HubError } from "../errors.js";
import { type ParquetOptions, parquetFormat } from "../formats/parquet.js";
import { assertGiven } from "../hub/access.js";
import { ByteCache } from "../hub/byte-cache.js";
import { repoId } from "../hub/names.js";
import { LONG_WAIT_MS } from "../hub/retry.js";
import type { HubCommit, HubRefs } from "../hub/versions.js";
import { type RowOf, type RowTypeInput, resolveRowType, withoutSchema } from "../rows/row-type.js";
import type { Agreement } from "./agreement.js";
import type { ChangeOptions, InfoOptions, LoadOptions, Rows, SaveOptions } from "./base-checkpoint-manager.js";
import { CheckpointManager, type CheckpointManagerOptions, MANAGER_OPTIONS } from "./checkpoint-manager.js";
import type { OnCheckpointEvent } from "./event.js";
import type { Finding, VerifyOptions } from "./finding.js";
import type { ForeignTable } from "./hub/foreign-table.js";
import type { HubSnapshot } from "./hub/hub-snapshot.js";
import { HubStorage } from "./hub/hub-storage.js";
import { loadLine } from "./hub/load-line.js";
import { ifFresh } from "./if-fresh.js";
import type { CheckpointInfo } from "./info.js";
import { listener } from "./listener.js";
import { checkpointName } from "./names.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";
import { assertOptions, flag, number, type OptionShapes, object, text } from "./option-shapes.js";
import { splitOptions } from "./options.js";
import { PARQUET_OPTIONS } from "./parquet-checkpoint-manager.js";
import { nameOfVisible } from "./place.js";
import type { RevisionState } from "./revision-state.js";
import { rowTypeOf } from "./row-type-of.js";

export interface HubOptions {
  /** Else the environment's `HF_TOKEN`, else the file of `hf auth login`. "" is none. */
  hubToken?: string | undefined;
  /** Else the environment's `HF_ENDPOINT`, else https://huggingface.co. */
  hubUrl?: string | undefined;
  /** A branch, made when it is first written to; or a tag or commit, which is only read. "main" by default. */
  hubRevision?: string | undefined;
  /** Whether a dataset that has to be made can be seen by its owners alone. As the Hub does it by default. */
  private?: boolean | undefined;
  /** Where parts of files that were read are kept; "kura-ts/hub" in the user's cache directory by default. */
  cacheDirectory?: string | undefined;
  /** How much of them: 1 GB by default, 0 for nothing. */
  cacheBytes?: number | undefined;
  /** The longest time in which nothing may be heard of the Hub; a minute by default. */
  hubTimeoutMs?: number | undefined;
  /** How often a request is made before the Hub counts as out of order; 6 by default, over some ten seconds. */
  hubAttempts?: number | undefined;
  /** Where `HF_TOKEN` and the like are looked for; that of the process by default. @internal */
  hubEnv?: Readonly<Record<string, string | undefined>> | undefined;
  /** Before the second attempt. Tests do not wait. @internal */
  hubRetryBaseMs?: number | undefined;
}

export const HUB_OPTIONS = {
  hubToken: text,
  hubUrl: text,
  hubRevision: text,
  private: flag,
  cacheDirectory: text,
  cacheBytes: number,
  hubTimeoutMs: number,
  hubAttempts: number,
  hubEnv: object,
  hubRetryBaseMs: number,
} satisfies OptionShapes<HubOptions>;

export interface HubCheckpointManagerOptions extends CheckpointManagerOptions, HubOptions, ParquetOptions {
  /** Which split of configs that other programs wrote is read; by default the only one, or "train". */
  split?: string | undefined;
}

const CACHE_BYTES = 1_000_000_000;

/**
 * Checkpoints as a dataset of the HuggingFace Hub: each a Parquet file and a config of its own, `load_dataset(repo, name="summaries")`. A save
 * is one commit. The dataset is a checkpoint directory: a download of it, with all files, opens as a ParquetCheckpointManager.
 *
 * Configs of Parquet files that other programs wrote, as `push_to_hub` of Python's `datasets` does, are checkpoints too: read, listed and
 * adopted, but not deleted. A save of that name makes the config one of ours; their files stay.
 *
 * @throws {HubError} From every method that has to ask the Hub.
 */
export class HubCheckpointManager extends CheckpointManager {
  readonly #dataset: HubStorage;
  readonly #split: string | undefined;
  readonly #onEvent: OnCheckpointEvent;
  readonly #nameOf: (path: string) => string | undefined;
  readonly #foreign = new WeakMap<HubSnapshot, Promise<Map<string, ForeignTable>>>();

  /** @param hubRepo "owner/name". @throws {TypeError} For names that the Hub would refuse, and what is no address or token. */
  constructor(hubRepo: string, given: HubCheckpointManagerOptions = {}) {
    assertOptions("make a checkpoint manager", given, {
      ...MANAGER_OPTIONS,
      ...HUB_OPTIONS,
      ...PARQUET_OPTIONS,
      split: text,
    });
    const [hub, rest] = splitOptions(given, Object.keys(HUB_OPTIONS) as (keyof HubOptions)[]);
    const { compression, compressionLevel, rowGroupRows, dialect, split, ...options } = rest;
    const format = parquetFormat({ compression, compressionLevel, rowGroupRows, dialect });
    const id = repoId(hubRepo);
    assertGiven({ token: hub.hubToken, hubUrl: hub.hubUrl });
    const storage = new HubStorage(id, {
      token: hub.hubToken,
      hubUrl: hub.hubUrl,
      env: hub.hubEnv,
      revision: hub.hubRevision,
      isPrivate: hub.private,
      cacheDirectory: hub.cacheDirectory ?? ByteCache.defaultDirectory(),
      cacheBytes: hub.cacheBytes ?? CACHE_BYTES,
      stallMs: hub.hubTimeoutMs,
      attempts: hub.hubAttempts,
      retryBaseMs: hub.hubRetryBaseMs,
      onRetry: (message, ms) => {
        if (ms >= LONG_WAIT_MS) this.#onEvent({ type: "warning", code: "hub-waiting", checkpoint: "", message });
      },
      alsoChange: async (changes) => {
        const { writeCard } = await import("./hub/write-card.js");
        await writeCard(changes, { id, format });
      },
    });
    super(format, storage, options);
    this.#dataset = storage;
    this.#split = split;
    this.#onEvent = listener(options.onEvent);
    this.#nameOf = (path) => nameOfVisible(format, path);
  }

  override async saveCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    rows: Rows<T>,
    type?: T,
    options: SaveOptions = {},
  ): Promise<CheckpointInfo> {
    const { agreement, signal } = options;
    const isForeign = agreement && (await this.#tableNow(name, signal));
    return await super.saveCheckpoint(
      name,
      rows,
      type,
      isForeign ? { ...options, agreement: over(agreement) } : options,
    );
  }

  override async openCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    { madeFrom, ...options }: LoadOptions = {},
  ): Promise<OpenCheckpoint<RowOf<T>> | undefined> {
    const ours = await super.openCheckpoint(name, type, options);
    const table = await this.#table(name, options.signal);
    if (!table) return await ifFresh(ours, name, madeFrom);
    await ours?.close();
    const how = { split: this.#split, type: resolveRowType(type, table.name), onEvent: this.#onEvent };
    const opened = (await table.open(how)) as OpenCheckpoint<unknown> as OpenCheckpoint<RowOf<T>>;
    return await ifFresh(opened, name, madeFrom);
  }

  override async getCheckpointInfo(name: string, options: InfoOptions = {}): Promise<CheckpointInfo | undefined> {
    const ours = await super.getCheckpointInfo(name, options);
    const table = await this.#table(name, options.signal);
    if (!table) return ours;
    return options.check ? await (await table.open({ split: this.#split })).check(options) : table.info(this.#split);
  }

  override async getRevisionState(
    name: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<RevisionState> {
    const state = await super.getRevisionState(name, options);
    return (await this.#table(name, options.signal)) ? unversioned(state) : state;
  }

  /** @throws {HubError} For what another program wrote. */
  override async deleteCheckpoint(name: string, options: ChangeOptions = {}): Promise<boolean> {
    if (!(await this.#tableNow(name, options.signal))) return await super.deleteCheckpoint(name, options);
    throw new HubError(
      "refused",
      `delete checkpoint "${name}" of ${this.location}`,
      "another program wrote it; delete its files on the Hub, or adopt it first",
    );
  }

  override async adoptCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options: LoadOptions & ChangeOptions = {},
  ): Promise<CheckpointInfo> {
    const table = await this.#tableNow(name, options.signal);
    if (!table) return await super.adoptCheckpoint(name, type, options);
    const opened = await table.open({ split: this.#split, type: resolveRowType(type, table.name) });
    const rowType = resolveRowType(type, table.name) ?? (await rowTypeOf(opened, options.signal));
    return await this.saveCheckpoint(name, opened.rows({ signal: options.signal }), withoutSchema(rowType), options);
  }

  override async *verifyCheckpoint(name: string, options: VerifyOptions = {}): AsyncGenerator<Finding> {
    yield* super.verifyCheckpoint(name, options);
    yield* (await this.#table(name, options.signal))?.verify(options) ?? [];
  }

  protected override async names(): Promise<string[]> {
    const names = await super.names();
    return [...new Set([...names, ...(await this.#tables()).keys()])].sort();
  }

  /** What another program wrote under this name, as far as was looked. */
  async #table(name: string, signal: AbortSignal | undefined): Promise<ForeignTable | undefined> {
    return (await this.#tables(signal)).get(checkpointName(name));
  }

  async #tableNow(name: string, signal: AbortSignal | undefined): Promise<ForeignTable | undefined> {
    if (this.enabled) await this.#dataset.pinned({ signal });
    return await this.#table(name, signal);
  }

  async #tables(signal?: AbortSignal): Promise<Map<string, ForeignTable>> {
    if (!this.enabled) return new Map();
    const snapshot = await this.#dataset.seen({ signal });
    let tables = this.#foreign.get(snapshot);
    if (!tables) {
      tables = import("./hub/foreign-table.js").then(({ foreignTables }) => foreignTables(snapshot, this.#nameOf));
      this.#foreign.set(snapshot, tables);
      tables.catch(() => this.#foreign.delete(snapshot));
    }
    return await tables;
  }

  /** The commits that led to what there is, from the newest to the first. */
  async *log(options: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<HubCommit> {
    yield* (await this.#dataset.repo()).log(this.#dataset.revision, options);
  }

  /** Branches and tags, and which commit each names. */
  async refs(options: { signal?: AbortSignal | undefined } = {}): Promise<HubRefs> {
    return await (await this.#dataset.repo()).refs(options);
  }

  /**
   * Give what there is a further name, which stays with it.
   *
   * @throws {HubError} `conflict` where that is the name of something else.
   */
  async tag(name: string, options: { message?: string; signal?: AbortSignal | undefined } = {}): Promise<void> {
    await (await this.#dataset.repo()).tag(name, this.#dataset.revision, options);
  }

  /**
   * Make the dataset, and the branch from "main", where they are not there; the first save would.
   *
   * @throws {StorageError} For a tag or a commit.
   */
  async prepare({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.enabled) await this.#dataset.pinned({ toWrite: true, signal });
  }

  /** The line of Python that loads a checkpoint. */
  loadLine(name: string): string {
    return loadLine(this.#dataset.id, checkpointName(name), this.#dataset.revision);
  }

  /** The page that people see. */
  async url(): Promise<string> {
    return (await this.#dataset.repo()).url;
  }
}

const unversioned = ({ newest }: RevisionState): RevisionState => {
  return { state: "unversioned", revision: undefined, ancestors: [], newest };
};

/** Whoever agrees knows that what stands is another program's, where a transaction sees what is ours. */
function over(agreement: Agreement): Agreement {
  return {
    waiting: (forWhat) => agreement.waiting?.(forWhat),
    decide: (found) => agreement.decide(unversioned(found)),
    publish: (written) => agreement.publish(written),
  };
}
