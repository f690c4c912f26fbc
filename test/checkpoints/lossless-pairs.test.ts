import fc from "fast-check";
import { expect, it } from "vitest";
import type { CheckpointManager } from "../../src/checkpoints/checkpoint-manager.js";
import { copyCheckpoint } from "../../src/checkpoints/copy-checkpoint.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { LONG, SEED } from "../crash/scale.js";
import { table } from "../formats/row-arbitraries.js";

const TABLES = LONG ? 2_000 : 8;

function managers(): CheckpointManager[] {
  const storage = new MemoryStorage();
  return [
    new JSONLCheckpointManager(storage),
    new ParquetCheckpointManager(storage, { rowGroupRows: 7 }),
    new HFDatasetCheckpointManager(storage, { maxShardBytes: 1_000 }),
  ];
}

it(`rows are the same after every way from one format to another and back, for ${TABLES} generated tables`, async () => {
  await fc.assert(
    fc.asyncProperty(table({ minLength: 0, maxLength: 40 }), async ({ type, rows }) => {
      const [here, there] = [managers(), managers()];
      for (const from of here) {
        const { revision } = await from.saveCheckpoint("rows", rows, type);
        for (const to of there) {
          const copied = await copyCheckpoint(from, to, "rows");
          expect(copied.revision!.rowHash).toBe(revision!.rowHash);
          expect(copied.columns).toEqual(type.columns);
          expect(await to.loadCheckpoint("rows")).toEqual(rows);
        }
      }
    }),
    { seed: SEED, numRuns: TABLES },
  );
});
