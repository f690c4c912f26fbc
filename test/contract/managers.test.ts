import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { MemoryStorage } from "../../src/storage/memory.js";
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
    again: async (manager, options) => new ParquetCheckpointManager(manager.storage, options),
  },
  "jsonl in memory": {
    make: async (options) => new JSONLCheckpointManager(new MemoryStorage(), options),
    again: async (manager, options) => new JSONLCheckpointManager(manager.storage, options),
  },
};

for (const [name, implementation] of Object.entries(IMPLEMENTATIONS)) checkpointContract(name, implementation);
