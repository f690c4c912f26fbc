import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  HFDatasetCheckpointManager,
  type HFDatasetCheckpointManagerOptions,
} from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { TooFewCopiesError } from "../../src/errors.js";
import { rowType } from "../../src/rows/row-type.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";

const Note = rowType({ name: "notes", key: "id", columns: [{ name: "id", type: "text" }] });
const notes = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `n${n}` }));

let hub: TestHub;
let directory: string;
let warnings: string[];
beforeEach(async () => {
  hub = await startHub();
  directory = join(mkdtempSync(join(tmpdir(), "kura-hf-hub-")), "checkpoints");
  warnings = [];
});
afterEach(() => hub.close());

const hubOptions = () => ({
  hubUrl: hub.url,
  hubToken: "hf_writer",
  cacheBytes: 0,
  hubRetryBaseMs: 1,
  hubTimeoutMs: 10_000,
});
const open = (options: HFDatasetCheckpointManagerOptions = {}) =>
  new HFDatasetCheckpointManager(directory, {
    hubRepo: "me/chats",
    ...hubOptions(),
    onEvent: (event) => event.type === "warning" && warnings.push(`${event.code}: ${event.message}`),
    ...options,
  });
const onHub = () => new HubCheckpointManager("me/chats", hubOptions());
const lengths = async () => [
  (await new HFDatasetCheckpointManager(directory).loadCheckpoint("notes", Note))?.length,
  (await onHub().loadCheckpoint("notes", Note))?.length,
];
const goOffline = () => hub.onRequest(() => ({ reset: "before" }));
const goOnline = () => hub.onRequest(() => undefined);

describe("HFDatasetCheckpointManager with a copy on the Hub", () => {
  it("the directory remembers its copy, where it is and nothing secret, also when it could not be sent", async () => {
    const broken = open({ hubToken: "hf_nobody" });
    await broken.saveCheckpoint("notes", notes(1), Note);
    await broken.saveCheckpoint("notes", notes(2), Note);
    const remembered = readFileSync(join(directory, ".kura/hub-copies.json"), "utf8");
    expect(JSON.parse(remembered)).toEqual([{ id: "me/chats", hubUrl: hub.url }]);
  });

  it("saves in both, as one revision, and deletes in both", async () => {
    const manager = open({ private: true });
    const { revision } = await manager.saveCheckpoint("notes", notes(3), Note);
    expect(existsSync(join(directory, "notes/state.json"))).toBe(true);
    expect((await onHub().getCheckpointInfo("notes"))!.revision).toEqual(revision);
    expect(await lengths()).toEqual([3, 3]);
    expect(hub.repo("me/chats")!.isPrivate).toBe(true);
    await manager.deleteCheckpoint("notes");
    expect(await lengths()).toEqual([undefined, undefined]);
  });

  it("eventual: what cannot be sent stands here, is said, and is brought up by sync()", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1), Note);
    goOffline();
    await manager.saveCheckpoint("notes", notes(2), Note);
    expect(warnings.join("\n")).toMatch(/hf:\/\/datasets\/me\/chats/);
    expect(await manager.loadCheckpoint("notes", Note)).toHaveLength(2);
    goOnline();
    expect(await lengths()).toEqual([2, 1]);
    // The Hub's older copy never wins.
    expect(await manager.loadCheckpoint("notes", Note)).toHaveLength(2);
    expect((await manager.sync()).map(({ inSync }) => inSync)).toEqual([true]);
    expect(await lengths()).toEqual([2, 2]);
  });

  it("required: a save that cannot be sent is not made", async () => {
    const manager = open({ pushPolicy: "required" });
    await manager.saveCheckpoint("notes", notes(1), Note);
    goOffline();
    await expect(manager.saveCheckpoint("notes", notes(2), Note)).rejects.toThrow(TooFewCopiesError);
    goOnline();
    expect(await lengths()).toEqual([1, 1]);
  });

  it("manual: nothing is sent before sync()", async () => {
    const manager = open({ pushPolicy: "manual" });
    await manager.saveCheckpoint("notes", notes(1), Note);
    expect(hub.repo("me/chats")).toBeUndefined();
    await manager.sync();
    expect(await lengths()).toEqual([1, 1]);
  });

  it("what is newer on the Hub is loaded, and a directory that is lost is brought back", async () => {
    await open().saveCheckpoint("notes", notes(1), Note);
    const elsewhere = directory;
    directory = join(mkdtempSync(join(tmpdir(), "kura-hf-hub-")), "other");
    const other = open();
    expect(await other.loadCheckpoint("notes", Note)).toHaveLength(1);
    await other.saveCheckpoint("notes", notes(5), Note);
    directory = elsewhere;
    expect(await open().loadCheckpoint("notes", Note)).toHaveLength(5);
    rmSync(directory, { recursive: true });
    await open().sync();
    expect(await lengths()).toEqual([5, 5]);
  });

  it("refuses what has no meaning", async () => {
    expect(() => new HFDatasetCheckpointManager(directory, { hubToken: "hf_secret" })).toThrow(/hubRepo names none/);
    expect(() => new HFDatasetCheckpointManager(directory, { hubToken: "hf_secret" })).not.toThrow(/hf_secret/);
    expect(() => open({ pushPolicy: "later" as never })).toThrow(/one of required, eventual, manual/);
    expect(() => open({ hubRepo: "chats" })).toThrow(/owner\/name/);
    await expect(new HFDatasetCheckpointManager(directory).sync()).rejects.toThrow(/hubRepo names one/);
  });
});
