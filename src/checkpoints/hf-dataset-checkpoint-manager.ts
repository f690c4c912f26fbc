import { type HFDatasetOptions, hfDatasetFormat } from "../formats/hf-dataset.js";
import { repoId } from "../hub/names.js";
import type { RowOf, RowTypeInput } from "../rows/row-type.js";
import type { Storage } from "../storage/storage.js";
import type {
  BaseCheckpointManager,
  ChangeOptions,
  InfoOptions,
  LoadOptions,
  Rows,
  SaveOptions,
} from "./base-checkpoint-manager.js";
import { CheckpointManager, type CheckpointManagerOptions, MANAGER_OPTIONS } from "./checkpoint-manager.js";
import { type HubCopy, rememberHubCopy } from "./hub/hub-copies.js";
import { HUB_OPTIONS, HubCheckpointManager, type HubOptions } from "./hub-checkpoint-manager.js";
import type { CheckpointInfo } from "./info.js";
import { MultiCheckpointManager, type SyncOptions } from "./multi/multi-checkpoint-manager.js";
import type { SyncReport } from "./multi/sync-checkpoint.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";
import { any, assertOptions, number, type OptionShapes, text } from "./option-shapes.js";
import { splitOptions } from "./options.js";
import type { RevisionState } from "./revision-state.js";
import type { StoredRevision } from "./revisions.js";
import { storageOf } from "./storage-of.js";

export interface HFDatasetCheckpointManagerOptions extends CheckpointManagerOptions, HFDatasetOptions, HubOptions {
  /** Only `true`, which is how it always is: `streamCheckpoint()` never loads a file, `loadCheckpoint()` loads all rows. */
  streaming?: true | undefined;
  /** Only "none": `datasets` maps files into memory, so they hold bytes as they are. Parquet compresses, here and on the Hub. */
  compression?: "none" | undefined;
  /** A dataset of the Hub, "owner/name", that is a copy of the directory. The options that begin with `hub` are of it. */
  hubRepo?: string | undefined;
  /**
   * `eventual`, the default: each save and deletion goes to the Hub too; where that fails it stands here, with a warning, and `sync()` brings
   * the copy up · `required`: it is done in both, or in neither · `manual`: only `sync()` sends. Whichever it is, what is loaded is
   * the newest that either has.
   */
  pushPolicy?: "required" | "eventual" | "manual" | undefined;
}

const PUSH_POLICIES = ["required", "eventual", "manual"] as const;
const DATASET_OPTIONS = { maxShardBytes: number, split: text, streaming: any, compression: any } satisfies OptionShapes<
  Pick<HFDatasetCheckpointManagerOptions, "maxShardBytes" | "split" | "streaming" | "compression">
>;
const COPY_OPTIONS = { hubRepo: text, pushPolicy: any, ...HUB_OPTIONS };
const COPY_OPTION_NAMES = Object.keys(COPY_OPTIONS) as (keyof typeof COPY_OPTIONS)[];
/** Without a network, a load is not to wait for half a minute before it takes what is here. */
const ATTEMPTS_BESIDE_A_DIRECTORY = 3;

/** Checkpoints as directories that `datasets.load_from_disk` opens: `<name>/{data-*.arrow, dataset_info.json, state.json}`. */
export class HFDatasetCheckpointManager extends CheckpointManager {
  /** The directory and its copy on the Hub, as one; undefined without a copy. */
  readonly #copies: MultiCheckpointManager | undefined;
  #unremembered: HubCopy | undefined;

  /**
   * @param where A directory, made when first written to; or a storage.
   * @throws {TypeError} For `streaming` and `compression` where they would change nothing, and for names that the Hub would refuse.
   */
  constructor(where: string | Storage, options: HFDatasetCheckpointManagerOptions = {}) {
    assertOptions("make a checkpoint manager", options, { ...MANAGER_OPTIONS, ...DATASET_OPTIONS, ...COPY_OPTIONS });
    const [{ hubRepo, pushPolicy, ...hubOptions }, rest] = splitOptions(options, COPY_OPTION_NAMES);
    const { maxShardBytes, split, streaming = true, compression = "none", ...shared } = rest;
    if (streaming !== true)
      throw refused(
        "streaming",
        streaming,
        "rows are read as they are asked for: streamCheckpoint() one by one, loadCheckpoint() all of them",
      );
    if (compression !== "none")
      throw refused(
        "compression",
        compression,
        "datasets maps its files into memory, so they are not compressed; ParquetCheckpointManager and HubCheckpointManager compress",
      );
    const lonely = COPY_OPTION_NAMES.find((option) => options[option] !== undefined);
    if (hubRepo === undefined && lonely !== undefined)
      throw refused(lonely, "…", "it is of a copy on the Hub, and hubRepo names none");
    const format = hfDatasetFormat({ maxShardBytes, split });
    const storage = storageOf(where);
    super(format, storage, shared);
    if (hubRepo === undefined) return;
    this.#unremembered = { id: repoId(hubRepo), revision: options.hubRevision, hubUrl: options.hubUrl };
    const { hubAttempts = ATTEMPTS_BESIDE_A_DIRECTORY } = hubOptions;
    const hub = new HubCheckpointManager(hubRepo, { ...shared, ...hubOptions, hubAttempts, split });
    this.#copies = new MultiCheckpointManager([new CheckpointManager(format, storage, shared), hub], {
      ...policy(pushPolicy, shared.enabled),
      onEvent: shared.onEvent,
    });
  }

  /** The directory, and its copy on the Hub if it has one. */
  override get copies(): readonly BaseCheckpointManager[] {
    return this.#copies?.copies ?? [this];
  }

  /**
   * Bring the directory and its copy on the Hub up to the newest state that either has.
   *
   * @throws {TypeError} Without a copy.
   */
  async sync(options: SyncOptions = {}): Promise<SyncReport[]> {
    if (this.#copies) {
      const reports = await this.#copies.sync(options);
      if (!options?.dryRun) await this.#remember();
      return reports;
    }
    throw new TypeError(`Cannot sync "${this.location}": it has no copy; hubRepo names one`);
  }

  override async saveCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    rows: Rows<T>,
    type?: T,
    options?: SaveOptions,
  ): Promise<CheckpointInfo> {
    if (!this.#copies) return await super.saveCheckpoint(name, rows, type, options);
    const info = await this.#copies.saveCheckpoint(name, rows, type, options);
    await this.#remember();
    return info;
  }

  /** So that `kura status` of the directory shows the copy. No save fails for it. */
  async #remember(): Promise<void> {
    const copy = this.#unremembered;
    if (!copy || !this.enabled) return;
    this.#unremembered = undefined;
    await rememberHubCopy(this.storage, copy).catch(() => {});
  }

  override getCheckpointInfo(name: string, options?: InfoOptions): Promise<CheckpointInfo | undefined> {
    return this.#copies ? this.#copies.getCheckpointInfo(name, options) : super.getCheckpointInfo(name, options);
  }

  override openCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options?: LoadOptions,
  ): Promise<OpenCheckpoint<RowOf<T>> | undefined> {
    return this.#copies ? this.#copies.openCheckpoint(name, type, options) : super.openCheckpoint(name, type, options);
  }

  override getRevisionState(name: string, options?: { signal?: AbortSignal | undefined }): Promise<RevisionState> {
    return this.#copies ? this.#copies.getRevisionState(name, options) : super.getRevisionState(name, options);
  }

  override listCheckpoints(options?: { signal?: AbortSignal | undefined }): Promise<string[]> {
    return this.#copies ? this.#copies.listCheckpoints(options) : super.listCheckpoints(options);
  }

  override deleteCheckpoint(name: string, options?: ChangeOptions): Promise<boolean> {
    return this.#copies ? this.#copies.deleteCheckpoint(name, options) : super.deleteCheckpoint(name, options);
  }

  override listRevisions(name: string, options?: { signal?: AbortSignal | undefined }): Promise<StoredRevision[]> {
    return this.#copies ? this.#copies.listRevisions(name, options) : super.listRevisions(name, options);
  }

  override openRevision<T extends RowTypeInput = undefined>(
    name: string,
    id: string,
    type?: T,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<OpenCheckpoint<RowOf<T>>> {
    return this.#copies
      ? this.#copies.openRevision(name, id, type, options)
      : super.openRevision(name, id, type, options);
  }

  override restoreRevision(name: string, id: string, options?: ChangeOptions): Promise<CheckpointInfo> {
    return this.#copies ? this.#copies.restoreRevision(name, id, options) : super.restoreRevision(name, id, options);
  }

  override adoptCheckpoint<T extends RowTypeInput = undefined>(
    name: string,
    type?: T,
    options?: LoadOptions & ChangeOptions,
  ): Promise<CheckpointInfo> {
    return this.#copies
      ? this.#copies.adoptCheckpoint(name, type, options)
      : super.adoptCheckpoint(name, type, options);
  }
}

function policy(given: HFDatasetCheckpointManagerOptions["pushPolicy"] = "eventual", enabled = true) {
  if (!PUSH_POLICIES.includes(given)) throw refused("pushPolicy", given, `it is one of ${PUSH_POLICIES.join(", ")}`);
  if (given === "manual") return { saveStrategy: "primary_only" } as const;
  // Nobody said that one copy is enough to find that nothing was made yet.
  return enabled ? { minimumCopies: given === "required" ? 2 : 1, asksAll: true } : {};
}

function refused(option: string, given: unknown, reason: string): TypeError {
  return new TypeError(`Cannot make a checkpoint manager with ${option} ${JSON.stringify(given)}: ${reason}`);
}
