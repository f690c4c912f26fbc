import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BaseCheckpointManager } from "../../src/checkpoints/base-checkpoint-manager.js";
import type { CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import type { Storage } from "../../src/storage/storage.js";
import { checkpointContract, type Implementation } from "./checkpoint-contract.js";

const newDirectory = () => join(mkdtempSync(join(tmpdir(), "kura-contract-")), "checkpoints");

/** A new format or storage adds one line. */
const IMPLEMENTATIONS: Record<string, Implementation> = {
  "jsonl in a directory": {
    make: async (options) => new JSONLCheckpointManager(newDirectory(), options),
    again: async (manager, options) => new JSONLCheckpointManager(manager.location, options),
  },
  "parquet in a directory": {
    make: async (options) => new ParquetCheckpointManager(newDirectory(), options),
    again: async (manager, options) => new ParquetCheckpointManager(manager.location, options),
  },
  "parquet of gzip and small groups in memory": {
    make: async (options) =>
      new ParquetCheckpointManager(new MemoryStorage(), { ...options, compression: "gzip", rowGroupRows: 100 }),
    again: async (manager, options) => new ParquetCheckpointManager(manager.storage!, options),
  },
  "hf-dataset of small shards in a directory": {
    make: async (options) => new HFDatasetCheckpointManager(newDirectory(), { ...options, maxShardBytes: 50_000 }),
    again: async (manager, options) => new HFDatasetCheckpointManager(manager.location, options),
  },
  "jsonl in memory": {
    make: async (options) => new JSONLCheckpointManager(new MemoryStorage(), options),
    again: async (manager, options) => new JSONLCheckpointManager(manager.storage!, options),
  },
  "copies of three formats in one place, and a manager of copies elsewhere": multi(
    3,
    ([here, there, elsewhere], options) => [
      new JSONLCheckpointManager(here!, options),
      new ParquetCheckpointManager(here!, options),
      new HFDatasetCheckpointManager(here!, options),
      new MultiCheckpointManager([
        new JSONLCheckpointManager(there!, options),
        new JSONLCheckpointManager(elsewhere!, options),
      ]),
    ],
  ),
};

/** A manager of copies in so many places. */
function multi(
  places: number,
  copies: (where: Storage[], options: CheckpointManagerOptions | undefined) => BaseCheckpointManager[],
): Implementation {
  const storages = new WeakMap<BaseCheckpointManager, Storage[]>();
  const make = async (where: Storage[], options: CheckpointManagerOptions | undefined) => {
    const manager = new MultiCheckpointManager(copies(where, options));
    storages.set(manager, where);
    return manager;
  };
  return {
    make: (options) =>
      make(
        Array.from({ length: places }, () => new MemoryStorage()),
        options,
      ),
    again: (manager, options) => make(storages.get(manager)!, options),
  };
}

for (const [name, implementation] of Object.entries(IMPLEMENTATIONS)) checkpointContract(name, implementation);
