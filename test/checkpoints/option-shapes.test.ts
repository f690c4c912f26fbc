import { expect, it } from "vitest";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const storage = new MemoryStorage();
const MAKERS: Record<string, (options: never) => unknown> = {
  jsonl: (options) => new JSONLCheckpointManager(storage, options),
  parquet: (options) => new ParquetCheckpointManager(storage, options),
  hf: (options) => new HFDatasetCheckpointManager(storage, options),
  hub: (options) => new HubCheckpointManager("me/chats", options),
  multi: (options) => new MultiCheckpointManager([new JSONLCheckpointManager(storage)], options),
};
const OF_ALL = { enabled: "no", keepRevisions: "2", lockWaitMs: true, onEvent: 3 };
const WRONG: Record<string, Record<string, unknown>> = {
  jsonl: OF_ALL,
  parquet: { ...OF_ALL, compression: 1, compressionLevel: "9", rowGroupRows: "10", dialect: true },
  hf: { ...OF_ALL, maxShardBytes: "1GB", split: 1, streaming: "no", hubRepo: 7 },
  hub: { ...OF_ALL, private: "yes", hubUrl: 1, cacheBytes: "1", hubAttempts: "3", hubRevision: 1 },
  multi: { saveStrategy: 1, minimumCopies: "1", copyTimeoutMs: "1s", repairOnLoad: "y", onEvent: true },
};

it.each(Object.keys(MAKERS))(
  "options of a manager of %s are refused where they are unknown or of a wrong type",
  (kind) => {
    const make = (options: object) => () => MAKERS[kind]!(options as never);
    for (const [name, value] of Object.entries(WRONG[kind]!)) {
      expect(make({ [name]: value }), name).toThrow(TypeError);
      expect(make({ [name]: value }), name).toThrow(name);
      if (name !== "hubRepo") expect(make({ [name]: undefined }), name).not.toThrow();
    }
    expect(make({ compresion: "zstd" })).toThrow(/unknown option "compresion"; options are /);
    expect(make("all" as never)).toThrow(TypeError);
  },
);

it("says the option, what was given and what is allowed", () => {
  expect(() => new JSONLCheckpointManager(storage, { enabled: "no" as never })).toThrow(
    'Cannot make a checkpoint manager: enabled is true or false; the text "no" was given',
  );
  expect(() => new HFDatasetCheckpointManager(storage, { maxShardBytes: 1 })).toThrow(/maxShardBytes.*>= 1000/);
});
