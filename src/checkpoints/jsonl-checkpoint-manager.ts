import { jsonlFormat } from "../formats/jsonl.js";
import type { Storage } from "../storage/storage.js";
import { CheckpointManager, type CheckpointManagerOptions } from "./checkpoint-manager.js";
import { storageOf } from "./storage-of.js";

/** Checkpoints as `<name>.jsonl`, which Python's Kura, datasets, pandas, polars, DuckDB and Spark open as they are. */
export class JSONLCheckpointManager extends CheckpointManager {
  /** @param where A directory, made when first written to; or a storage. */
  constructor(where: string | Storage, options?: CheckpointManagerOptions) {
    super(jsonlFormat, storageOf(where), options);
  }
}
