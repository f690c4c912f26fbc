import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";
import { checkpointContract } from "./checkpoint-contract.js";

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

const cacheDirectory = mkdtempSync(join(tmpdir(), "kura-hub-cache-"));
const open = (id: string, options: CheckpointManagerOptions | undefined) =>
  new HubCheckpointManager(id, { ...options, hubUrl: hub.url, hubToken: "hf_writer", cacheDirectory });

checkpointContract("parquet in a dataset of the Hub", {
  make: async (options) => open(`me/${randomUUID()}`, options),
  again: async (manager, options) => open(manager.location.replace("hf://datasets/", ""), options),
});
