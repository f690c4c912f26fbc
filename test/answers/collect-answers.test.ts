import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answerKey } from "../../src/checkpoints/answers/answer-key.js";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { Answers } from "../../src/checkpoints/answers/answers.js";
import { collectAnswers, collectReleased } from "../../src/checkpoints/answers/collect-answers.js";
import { readKeyList } from "../../src/checkpoints/answers/key-list.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { namedInManifests } from "../../src/checkpoints/named-in-manifests.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { LocalStorage } from "../../src/storage/local.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import type { Storage } from "../../src/storage/storage.js";
import { LONG, SEED } from "../crash/scale.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { buryLockHolders, usedDisk } from "./explore.js";
import { LOCKS, storageOn } from "./samples.js";

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const START = Date.parse("2026-01-01T00:00:00Z");
const pass = (days: number) => vi.setSystemTime(Date.now() + days * DAY_MS);

interface RunOptions {
  readonly inputs: readonly string[];
  readonly version: number;
  /** Abort after so many calls. */
  readonly stopAfter?: number | undefined;
  readonly answers?: Storage | undefined;
  readonly collecting?: boolean | undefined;
}

/** A run of a map in a process of its own. Returns how many calls it made. */
async function run(
  checkpoints: Storage,
  { inputs, version, stopAfter, answers, collecting = false }: RunOptions,
): Promise<number> {
  const store = answers && (await AnswerStore.open(answers));
  const stop = new AbortController();
  let calls = 0;
  try {
    await resumableMap({
      name: "map",
      inputs,
      key: (input) => input,
      version,
      fn: async (input) => {
        calls += 1;
        if (calls === stopAfter) stop.abort(new Error("enough"));
        return { input, text: `${input} in version ${version}` };
      },
      concurrency: 1,
      checkpointManager: new JSONLCheckpointManager(checkpoints),
      answerLimits: collecting ? {} : false,
      ...(store && { answers: new Answers(store) }),
      signal: stop.signal,
    });
  } catch (error) {
    if (!(error instanceof Error && error.message === "enough")) throw error;
  } finally {
    await store?.close();
  }
  return calls;
}

const keyOf = (input: string, version: number) =>
  answerKey({ model: `map/map@${version}`, text: JSON.stringify(input) });

/** Which inputs have an answer. */
async function answered(storage: Storage, inputs: readonly string[], version: number): Promise<string[]> {
  const store = await AnswerStore.open(storage, { readOnly: true });
  const found = inputs.filter((input) => store.has(keyOf(input, version)));
  await store.close();
  return found;
}

const ABC = ["a", "b", "c"];

describe("collectAnswers()", () => {
  it("drops what no kept revision was made of when it is old, and nothing else", async () => {
    const storage = new MemoryStorage();
    for (const version of [1, 2, 3]) await run(storage, { inputs: ABC, version });
    pass(89);
    expect(await collectReleased(storage, storage, {})).toMatchObject({ kept: 9, dropped: 0 });
    pass(2);
    expect(await collectReleased(storage, storage, { dryRun: true })).toMatchObject({ kept: 6, dropped: 3 });
    expect(await answered(storage, ABC, 1)).toEqual(ABC);
    expect(await collectReleased(storage, storage, {})).toMatchObject({ kept: 6, dropped: 3 });
    expect(await answered(storage, ABC, 1)).toEqual([]);
    expect(await answered(storage, ABC, 2)).toEqual(ABC);
    expect(await answered(storage, ABC, 3)).toEqual(ABC);
    // There is no list left of what is no more.
    expect((await storage.list(".kura/answers")).filter(({ path }) => path.endsWith(".keys")).length).toBe(2);
  });

  it("drops the oldest of it while all take too much", async () => {
    const storage = new MemoryStorage();
    for (const version of [1, 2, 3, 4]) {
      await run(storage, { inputs: ABC, version });
      pass(2);
    }
    const { byteLength } = await collectReleased(storage, storage, {});
    expect(await collectReleased(storage, storage, { maxBytes: byteLength * 0.7 })).toMatchObject({ dropped: 3 });
    expect(await answered(storage, ABC, 1)).toEqual([]);
    expect(await answered(storage, ABC, 2)).toEqual(ABC);
    expect(await collectReleased(storage, storage, { maxBytes: 0 })).toMatchObject({ kept: 6, dropped: 3 });
  });

  it("keeps what a restored revision was made of", async () => {
    const storage = new MemoryStorage();
    const manager = new JSONLCheckpointManager(storage);
    for (const version of [1, 2]) await run(storage, { inputs: ABC, version });
    await manager.restoreRevision("map", (await manager.listRevisions("map")).at(-1)!.id);
    pass(100);
    await collectReleased(storage, storage, { maxBytes: 0 });
    await run(storage, { inputs: [...ABC, "d"], version: 3 });
    await collectReleased(storage, storage, { maxBytes: 0 });
    expect(await answered(storage, ABC, 1)).toEqual(ABC);
    expect(await run(storage, { inputs: [...ABC, "e"], version: 1 })).toBe(1);
  });

  it("never drops what was paid for a step that has not been finished", async () => {
    const storage = new MemoryStorage();
    await run(storage, { inputs: ABC, version: 1 });
    await run(storage, { inputs: ABC, version: 2, stopAfter: 2 });
    for (const version of [3, 4, 5]) {
      pass(400);
      await run(storage, { inputs: ABC, version });
      await collectReleased(storage, storage, { maxBytes: 0, maxAgeMs: 0 });
    }
    expect(await answered(storage, ABC, 1)).toEqual([]);
    expect(await answered(storage, ABC, 2)).toEqual(["a", "b"]);
    expect(await run(storage, { inputs: ABC, version: 2 })).toBe(1);
  });

  it("drops all when the checkpoint is deleted, though not at once: a save may be about to name its list", async () => {
    const storage = new MemoryStorage();
    await run(storage, { inputs: ABC, version: 1 });
    await new JSONLCheckpointManager(storage).deleteCheckpoint("map");
    expect(await collectReleased(storage, storage, { maxAgeMs: 0 })).toMatchObject({ kept: 3, dropped: 0 });
    pass(2);
    expect(await collectReleased(storage, storage, { maxAgeMs: 0 })).toMatchObject({ kept: 0, dropped: 3 });
    expect(await storage.list(".kura/answers")).toEqual([]);
  });

  it("drops nothing that another directory refers to, or has not finished", async () => {
    const [answers, mine, theirs] = [new MemoryStorage(), new MemoryStorage(), new MemoryStorage()];
    await run(mine, { inputs: ABC, version: 1, answers });
    expect(await run(theirs, { inputs: ["b", "c", "d"], version: 1, answers })).toBe(1);
    await run(theirs, { inputs: ABC, version: 9, stopAfter: 1, answers });
    for (const version of [2, 3]) await run(mine, { inputs: ABC, version, answers });
    pass(400);
    await collectReleased(answers, mine, { maxBytes: 0 });
    expect(await answered(answers, [...ABC, "d"], 1)).toEqual(["b", "c", "d"]);
    expect(await answered(answers, ABC, 9)).toEqual(["a"]);
    // When they need it no more they drop it, and nothing of ours.
    for (const version of [4, 5]) await run(theirs, { inputs: ["x"], version, answers });
    pass(400);
    await collectReleased(answers, theirs, { maxBytes: 0 });
    expect(await answered(answers, [...ABC, "d"], 1)).toEqual([]);
    expect(await answered(answers, ABC, 2)).toEqual(ABC);
    expect(await answered(answers, ABC, 3)).toEqual(ABC);
  });

  it("drops nothing while a list is damaged", async () => {
    const directory = await mkdtemp(join(tmpdir(), "kura-collect-"));
    try {
      const storage = new LocalStorage(directory);
      for (const version of [1, 2, 3]) await run(storage, { inputs: ABC, version });
      pass(400);
      const [list] = (await storage.list(".kura/answers")).filter(({ path }) => path.endsWith(".keys"));
      const source = (await storage.open(list!.path))!;
      const bytes = Buffer.from(await source.read(0, source.byteLength));
      await source.close();
      bytes[bytes.length - 5]! ^= 1;
      const staged = await storage.stage(".kura/answers/x.tmp", list!.path);
      await staged.write(bytes);
      await staged.seal();
      await staged.publish();
      await expect(collectAnswers(directory, { maxAgeMs: 0 })).rejects.toThrow(/is not what was written; remove it/);
      expect(await answered(storage, ABC, 1)).toEqual(ABC);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("makes nothing where there are no answers, and refuses limits that are none", async () => {
    const directory = await mkdtemp(join(tmpdir(), "kura-collect-"));
    try {
      expect(await collectAnswers(directory)).toEqual({ kept: 0, dropped: 0, byteLength: 0, skipped: [] });
      expect(await new LocalStorage(directory).listDirectories("")).toEqual([]);
      await expect(collectAnswers(directory, { maxAgeMs: -1 })).rejects.toThrow(/maxAgeMs is a number >= 0/);
      await expect(collectAnswers(directory, { maxBytes: Number.NaN })).rejects.toThrow(/maxBytes/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("a run collects by itself", () => {
  it("when it has saved something, and only where something may be due", async () => {
    const storage = new MemoryStorage();
    for (const version of [1, 2, 3]) await run(storage, { inputs: ABC, version, collecting: true });
    expect(await answered(storage, ABC, 1)).toEqual(ABC);
    pass(100);
    await run(storage, { inputs: ABC, version: 3, collecting: true });
    expect(await answered(storage, ABC, 1)).toEqual(ABC);
    await run(storage, { inputs: ABC, version: 4, collecting: true });
    expect(await answered(storage, ABC, 1)).toEqual([]);
    expect(await answered(storage, ABC, 3)).toEqual(ABC);
  });

  it("of answers that it was given, too", async () => {
    const [answers, checkpoints] = [new MemoryStorage(), new MemoryStorage()];
    for (const version of [1, 2, 3]) await run(checkpoints, { inputs: ABC, version, answers, collecting: true });
    pass(100);
    await run(checkpoints, { inputs: ABC, version: 4, answers, collecting: true });
    expect(await answered(answers, ABC, 1)).toEqual([]);
    expect(await answered(answers, ABC, 3)).toEqual(ABC);
  });
});

it("whatever two directories do that share their answers, none is dropped that is needed", async () => {
  const scripts = LONG ? 500 : 6;
  let [dropped, looked] = [0, 0];
  for (let script = 0; script < scripts; script++) {
    const random = seededRandom(SEED * 1_000_000 + script);
    // One after another they would come to the year 2287, when milliseconds have 14 digits and files of answers no name.
    vi.setSystemTime(START);
    const below = (count: number) => seededIndex(random, count);
    const answers = new MemoryStorage();
    const projects = [new MemoryStorage(), new MemoryStorage()].map((storage) => ({
      storage,
      /** Of the kept revisions, the current one first: 16 of one name. */
      kept: [] as string[][],
    }));
    const paid = new Map<string, { at: number; finished: boolean }>();
    for (let round = 0; round < 16; round++) {
      pass(below(60));
      const project = projects[below(2)]!;
      const version = below(4);
      const inputs = ["a", "b", "c", "d", "e"].filter(() => below(3) > 0);
      const keys = inputs.map((input) => keyOf(input, version));
      const { revision: before } = (await new JSONLCheckpointManager(project.storage).getCheckpointInfo("map")) ?? {};
      await run(project.storage, { inputs, version, answers, stopAfter: below(2) === 0 ? 1 + below(3) : undefined });
      const { revision } = (await new JSONLCheckpointManager(project.storage).getCheckpointInfo("map")) ?? {};
      const store = await AnswerStore.open(answers, { readOnly: true });
      for (const key of keys) if (store.has(key) && !paid.has(key)) paid.set(key, { at: Date.now(), finished: false });
      if (revision?.id !== before?.id) {
        project.kept = [keys, ...project.kept].slice(0, 2);
        for (const key of keys) paid.get(key)!.finished = true;
      }
      const limits = { maxAgeMs: (10 + below(100)) * DAY_MS, maxBytes: below(3) === 0 ? 0 : 1e9 };
      await collectReleased(answers, project.storage, { ...limits, ifDue: below(2) === 0 });
      await store.refresh();
      const needed = new Set(projects.flatMap(({ kept }) => kept.flat()));
      for (const [key, { at, finished }] of paid) {
        looked += 1;
        if (store.has(key)) continue;
        const why = `script ${script}, round ${round}, seed ${SEED}`;
        expect({ isNeeded: needed.has(key), finished }, why).toEqual({ isNeeded: false, finished: true });
        if (limits.maxBytes > 0) expect(Date.now() - at, why).toBeGreaterThanOrEqual(limits.maxAgeMs);
        paid.delete(key);
        dropped += 1;
      }
      await store.close();
    }
  }
  expect(Math.min(dropped, looked)).toBeGreaterThan(scripts);
});

/** What the disk is like after each change that some work makes of it, or a third of them. */
async function instantsOf(
  disk: PowerLossFileSystem,
  work: (storage: Storage) => Promise<unknown>,
): Promise<PowerLossFileSystem[]> {
  const fs = disk.clone();
  const instants: PowerLossFileSystem[] = [];
  let version = fs.version;
  const watched = interceptFileSystem(fs, async (_, call) => {
    const result = await call();
    if (fs.version !== version) instants.push(fs.clone());
    version = fs.version;
    return result;
  });
  await work(storageOn(watched));
  return instants.filter((_, i) => LONG || i % 3 === SEED % 3);
}

it("after a crash at any instant of a run there is no revision whose list of answers is not there", async () => {
  const disk = await usedDisk(new PowerLossFileSystem());
  await run(storageOn(disk), { inputs: ABC, version: 1 });
  const instants = await instantsOf(disk, (storage) => run(storage, { inputs: ABC, version: 2 }));
  let named = 0;
  for (const [number, instant] of instants.entries()) {
    const cuts = instant.crashStates({ cap: LONG ? 500 : 4, seed: SEED + number, intact: [LOCKS] }).states;
    for (const state of [instant, ...cuts]) {
      const storage = storageOn(state);
      for (const id of await namedInManifests(storage, "answers")) {
        expect((await readKeyList(storage, id))?.keys.count, `instant ${number}`).toBe(3);
        named += 1;
      }
    }
  }
  expect(named).toBeGreaterThan(instants.length);
});

it("after a crash at any instant of a collection all is there that is needed, and the next collection ends it", async () => {
  const disk = await usedDisk(new PowerLossFileSystem());
  const before = storageOn(disk);
  for (const version of [1, 2, 3]) await run(before, { inputs: ABC, version });
  await run(before, { inputs: ABC, version: 8, stopAfter: 1 });
  // The manifest of a revision that was swept may come back until its directory is synced, and would be believed.
  await before.sync(".kura/map.jsonl");
  pass(400);
  const instants = await instantsOf(disk, (storage) => collectReleased(storage, storage, {}));
  let states = 0;
  for (const [number, instant] of instants.entries()) {
    const cuts = instant.crashStates({ cap: LONG ? 500 : 4, seed: SEED + number, intact: [LOCKS] }).states;
    for (const state of [instant, ...cuts]) {
      states += 1;
      const storage = storageOn(state);
      const check = async () => {
        for (const kept of [2, 3]) expect(await answered(storage, ABC, kept), `instant ${number}`).toEqual(ABC);
        expect(await answered(storage, ABC, 8)).toEqual(["a"]);
      };
      await check();
      buryLockHolders(state);
      await collectReleased(storage, storage, {});
      await check();
      expect(await answered(storage, ABC, 1)).toEqual([]);
    }
  }
  expect(states).toBeGreaterThan(instants.length);
});
