import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import type { Storage } from "../../src/storage/storage.js";
import { checkpointContract } from "../../src/testing/checkpoint-contract.js";
import { copyContract } from "../../src/testing/copy-contract.js";
import { expect as ours } from "../../src/testing/expect.js";

type Maker = (where: Storage, options?: object) => JSONLCheckpointManager;

/** Which tests of both suites a manager fails. */
async function failures(manager: Maker, cannot = {}): Promise<string[]> {
  const tests: { title: string; body: () => Promise<void> }[] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (title: string, body: () => Promise<void>) => void tests.push({ title, body }),
  };
  const implementation = {
    make: async (options?: object) => manager(new MemoryStorage(), options),
    again: async (one: { storage: Storage | undefined }, options?: object) => manager(one.storage!, options),
    cannot,
  };
  checkpointContract("mine", implementation, runner);
  copyContract("mine", implementation, runner);
  const failed: string[] = [];
  for (const { title, body } of tests) await body().catch(() => failed.push(title));
  return failed;
}

it("the suites pass a manager that is right", async () => {
  expect(await failures((where, options) => new JSONLCheckpointManager(where, options))).toEqual([]);
});

it("the suites fail one that saves without asking, and one that forgets a deletion", async () => {
  class Hasty extends JSONLCheckpointManager {
    override saveCheckpoint = (async (
      name: string,
      rows: never,
      type: never,
      { agreement: _, ...options }: { agreement?: unknown } = {},
    ) => await super.saveCheckpoint(name, rows, type, options)) as never;
  }
  expect((await failures((where, options) => new Hasty(where, options))).length).toBeGreaterThanOrEqual(5);
  class Forgetful extends JSONLCheckpointManager {
    override getRevisionState = async (name: string) => {
      const found = await super.getRevisionState(name);
      return found.state === "deleted" ? { ...found, state: "absent" as const, revision: undefined } : found;
    };
  }
  expect(await failures((where, options) => new Forgetful(where, options))).toEqual([
    "deleteCheckpoint() leaves the revision that was decided, also where there was nothing",
  ]);
});

it("the suites fail one that loses rows, and leave out what one says that it cannot do", async () => {
  class Lossy extends JSONLCheckpointManager {
    override loadCheckpoint = (async (...args: [string]) =>
      (await super.loadCheckpoint(...args))?.slice(0, 500)) as never;
  }
  expect((await failures((where, options) => new Lossy(where, options))).length).toBeGreaterThanOrEqual(5);
  class Single extends JSONLCheckpointManager {
    override restoreRevision = () => Promise.reject(new Error("there is one only"));
  }
  const made = (where: Storage, options?: object) => new Single(where, options);
  expect(await failures(made)).toEqual(["revisions: the earlier ones are kept, listed and restored"]);
  expect(await failures(made, { revisions: "it keeps one" })).toEqual([]);
});

it("expect() of the suites fails where it should", async () => {
  const wrong: (() => unknown)[] = [
    () => ours(-0).toBe(0),
    () => ours({ a: [1] }).toEqual({ a: [2] }),
    () => ours({ a: { b: 1 } }).toMatchObject({ a: { b: 2 } }),
    () => ours(undefined).toMatchObject({ a: 1 }),
    () => ours(1).toBeUndefined(),
    () => ours({}).toBeInstanceOf(Error),
    () => ours(1).toBeGreaterThan(1),
    () => ours([1]).toHaveLength(2),
    () => ours(undefined).toHaveLength(0),
    () => ours(Promise.resolve(1n)).rejects.toThrow(Error),
    () => ours(Promise.reject(new Error("a"))).rejects.toThrow(TypeError),
    () => ours(Promise.reject(new Error("a"))).rejects.toThrow("b"),
    () => ours(Promise.reject(new Error("a"))).rejects.toThrow(/b/),
  ];
  for (const one of wrong) await expect((async () => await one())(), String(one)).rejects.toThrow();
  ours({ a: { b: 1, c: 2 } }).toMatchObject({ a: { b: 1 } });
  await ours(Promise.reject(new TypeError("a b"))).rejects.toThrow(TypeError);
});
