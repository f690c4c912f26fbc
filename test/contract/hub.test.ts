import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
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

const idOf = (location: string) => /hf:\/\/datasets\/([^\s,]+)/.exec(location)![1]!;

checkpointContract("parquet in a dataset of the Hub", {
  make: async (options) => open(`me/${randomUUID()}`, options),
  again: async (manager, options) => open(idOf(manager.location), options),
});

// The same, and a second manager beside it: half of the time of all contracts.
if (process.env["KURA_LONG"]) {
  const directories = new Map<string, string>();
  const both = (id: string, options: CheckpointManagerOptions | undefined) => {
    const directory = directories.get(id) ?? mkdtempSync(join(tmpdir(), "kura-hub-multi-"));
    directories.set(id, directory);
    return new MultiCheckpointManager([new JSONLCheckpointManager(directory, options), open(id, options)]);
  };
  checkpointContract("copies in a directory and in a dataset of the Hub", {
    make: async (options) => both(`me/${randomUUID()}`, options),
    again: async (manager, options) => both(idOf(manager.location), options),
  });
  const hf = (id: string, options: CheckpointManagerOptions | undefined) => {
    const directory = directories.get(id) ?? mkdtempSync(join(tmpdir(), "kura-hub-hf-"));
    directories.set(id, directory);
    return new HFDatasetCheckpointManager(directory, {
      ...options,
      hubRepo: id,
      hubUrl: hub.url,
      hubToken: "hf_writer",
      cacheDirectory,
    });
  };
  checkpointContract("a directory of datasets with a copy on the Hub", {
    make: async (options) => hf(`me/${randomUUID()}`, options),
    again: async (manager, options) =>
      hf([...directories].find(([, directory]) => directory === manager.location)![0], options),
  });
}
