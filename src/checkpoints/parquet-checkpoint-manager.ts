import { type ParquetOptions, parquetFormat } from "../formats/parquet.js";
import type { Storage } from "../storage/storage.js";
import { CheckpointManager, type CheckpointManagerOptions, MANAGER_OPTIONS } from "./checkpoint-manager.js";
import { assertOptions, number, type OptionShapes, oneOf, text } from "./option-shapes.js";
import { storageOf } from "./storage-of.js";

export interface ParquetCheckpointManagerOptions extends CheckpointManagerOptions, ParquetOptions {}

export const PARQUET_OPTIONS = {
  compression: text,
  compressionLevel: number,
  rowGroupRows: number,
  dialect: oneOf("kura-python"),
} satisfies OptionShapes<ParquetOptions>;

/** Checkpoints as `<name>.parquet`: typed columns, of which only those that are asked for are read. */
export class ParquetCheckpointManager extends CheckpointManager {
  /** @param where A directory, made when first written to; or a storage. */
  constructor(where: string | Storage, options: ParquetCheckpointManagerOptions = {}) {
    assertOptions("make a checkpoint manager", options, { ...MANAGER_OPTIONS, ...PARQUET_OPTIONS });
    const { compression, compressionLevel, rowGroupRows, dialect, ...rest } = options;
    super(parquetFormat({ compression, compressionLevel, rowGroupRows, dialect }), storageOf(where), rest);
  }
}
