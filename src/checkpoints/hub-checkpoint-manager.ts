import { type ParquetOptions, parquetFormat } from "../formats/parquet.js";
import { ByteCache } from "../hub/byte-cache.js";
import { repoId } from "../hub/names.js";
import type { HubCommit, HubRefs } from "../hub/versions.js";
import { CheckpointManager, type CheckpointManagerOptions, MANAGER_OPTIONS } from "./checkpoint-manager.js";
import { HubStorage } from "./hub/hub-storage.js";
import { loadLine } from "./hub/load-line.js";
import { checkpointName } from "./names.js";
import { assertOptions, flag, number, type OptionShapes, object, text } from "./option-shapes.js";
import { splitOptions } from "./options.js";
import { PARQUET_OPTIONS } from "./parquet-checkpoint-manager.js";

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
  /** How often a request is made before the Hub counts as out of order; 6 by default, over half a minute. */
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

export interface HubCheckpointManagerOptions extends CheckpointManagerOptions, HubOptions, ParquetOptions {}

const CACHE_BYTES = 1_000_000_000;

/**
 * Checkpoints as a dataset of the HuggingFace Hub: each a Parquet file and a config of its own, `load_dataset(repo, name="summaries")`. A save
 * is one commit. The dataset is a checkpoint directory: a download of it, with all files, opens as a ParquetCheckpointManager.
 *
 * @throws {HubError} From every method that has to ask the Hub.
 */
export class HubCheckpointManager extends CheckpointManager {
  readonly #dataset: HubStorage;

  /** @param hubRepo "owner/name". @throws {TypeError} For names that the Hub would refuse. */
  constructor(hubRepo: string, given: HubCheckpointManagerOptions = {}) {
    assertOptions("make a checkpoint manager", given, { ...MANAGER_OPTIONS, ...HUB_OPTIONS, ...PARQUET_OPTIONS });
    const [hub, rest] = splitOptions(given, Object.keys(HUB_OPTIONS) as (keyof HubOptions)[]);
    const { compression, compressionLevel, rowGroupRows, dialect, ...options } = rest;
    const format = parquetFormat({ compression, compressionLevel, rowGroupRows, dialect });
    const id = repoId(hubRepo);
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
      alsoChange: async (changes) => {
        const { writeCard } = await import("./hub/write-card.js");
        await writeCard(changes, { id, format });
      },
    });
    super(format, storage, options);
    this.#dataset = storage;
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

  /** The line of Python that loads a checkpoint. */
  loadLine(name: string): string {
    return loadLine(this.#dataset.id, checkpointName(name), this.#dataset.revision);
  }

  /** The page that people see. */
  async url(): Promise<string> {
    return (await this.#dataset.repo()).url;
  }
}
