import { type HFDatasetOptions, hfDatasetFormat } from "../formats/hf-dataset.js";
import type { Storage } from "../storage/storage.js";
import { CheckpointManager, type CheckpointManagerOptions, MANAGER_OPTIONS } from "./checkpoint-manager.js";
import { assertKnownOptions } from "./options.js";
import { storageOf } from "./storage-of.js";

export interface HFDatasetCheckpointManagerOptions extends CheckpointManagerOptions, HFDatasetOptions {
  /** Only `true`, which is how it always is: `streamCheckpoint()` never loads a file, `loadCheckpoint()` loads all rows. */
  streaming?: true | undefined;
  /** Only "none": `datasets` maps files into memory, so they hold bytes as they are. Parquet compresses, here and on the Hub. */
  compression?: "none" | undefined;
}

const DATASET_OPTIONS = ["maxShardBytes", "split", "streaming", "compression"] as const;

/** Checkpoints as directories that `datasets.load_from_disk` opens: `<name>/{data-*.arrow, dataset_info.json, state.json}`. */
export class HFDatasetCheckpointManager extends CheckpointManager {
  /**
   * @param where A directory, made when first written to; or a storage.
   * @throws {TypeError} For `streaming` and `compression` where they would change nothing.
   */
  constructor(where: string | Storage, options: HFDatasetCheckpointManagerOptions = {}) {
    assertKnownOptions("make a checkpoint manager", options, [...MANAGER_OPTIONS, ...DATASET_OPTIONS]);
    const { maxShardBytes, split, streaming = true, compression = "none", ...rest } = options;
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
    super(hfDatasetFormat({ maxShardBytes, split }), storageOf(where), rest);
  }
}

function refused(option: string, given: unknown, reason: string): TypeError {
  return new TypeError(`Cannot make a checkpoint manager with ${option} ${JSON.stringify(given)}: ${reason}`);
}
