import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MissingCheckpointError } from "../../src/errors.js";
import { visualiseFromCheckpoint } from "../../src/pipeline/visualise-from-checkpoint.js";
import { Cluster, ProjectedCluster } from "../../src/rows/builtin.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const root = {
  id: "r",
  name: "Root",
  description: "All",
  slug: "root",
  chat_ids: ["a", "b"],
  parent_id: null,
  count: 2,
};

it("draws the hierarchy of a manager, or another checkpoint of clusters", async () => {
  const manager = new JSONLCheckpointManager(new MemoryStorage());
  await manager.saveCheckpoint("meta_clusters", [root], Cluster);
  await manager.saveCheckpoint(
    "dimensionality",
    [{ ...root, name: "Placed", x_coord: 1, y_coord: 2, level: 0 }],
    ProjectedCluster,
  );
  expect(await visualiseFromCheckpoint(manager, { style: "basic" })).toBe("Clusters (2 conversations)\n╚══ Root (2)");
  expect(await visualiseFromCheckpoint(manager, { checkpoint: "dimensionality", style: "basic" })).toContain(
    "╚══ Placed (2)",
  );
});

it("throws where there is none, and for rows that are no clusters", async () => {
  const manager = new JSONLCheckpointManager(new MemoryStorage());
  await expect(visualiseFromCheckpoint(manager)).rejects.toThrow(MissingCheckpointError);
  await manager.saveCheckpoint("notes", [{ id: "1" }]);
  await expect(visualiseFromCheckpoint(manager, { checkpoint: "notes" })).rejects.toThrow('row 0 has no "name"');
  await expect(visualiseFromCheckpoint(manager, { checkpoint: "notes", colour: true } as never)).rejects.toThrow(
    "unknown option",
  );
});
