import { describe, it } from "vitest";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { assertNeverHeld, MOST_MS, NAMES } from "./event-loop-holds.js";

describe(`the event loop is held for less than ${MOST_MS} ms at a time`, () => {
  for (const name of NAMES)
    it(`by ${name}`, async () => {
      await assertNeverHeld("datasets", (place) => new HFDatasetCheckpointManager(place), { name });
    });
});
