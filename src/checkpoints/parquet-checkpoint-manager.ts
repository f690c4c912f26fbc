import { type ParquetOptions, parquetFormat } from "../formats/parquet.js";
import { LocalStorage } from "../storage/local.js";
import type { Storage } from "../storage/storage.js";
import { CheckpointManager, type CheckpointManagerOptions } from "./checkpoint-manager.js";

export interface ParquetCheckpointManagerOptions extends CheckpointManagerOptions, ParquetOptions {}

/** Checkpoints as `<name>.parquet`: typed columns, of which only those that are asked for are read. */
export class ParquetCheckpointManager extends CheckpointManager {
  /** @param where A directory, made when first written to; or a storage. */
  constructor(
    where: string | Storage,
    { compression, compressionLevel, rowGroupRows, dialect, ...options }: ParquetCheckpointManagerOptions = {},
  ) {
    const format = parquetFormat({ compression, compressionLevel, rowGroupRows, dialect });
    super(format, typeof where === "string" ? new LocalStorage(where) : where, options);
  }
}
