import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { CheckpointEvent } from "../../../src/checkpoints/event.js";
import { JSONLCheckpointManager } from "../../../src/checkpoints/jsonl-checkpoint-manager.js";
import { deferred } from "../../../src/checkpoints/multi/deferred.js";
import {
  MultiCheckpointManager,
  type MultiCheckpointManagerOptions,
} from "../../../src/checkpoints/multi/multi-checkpoint-manager.js";
import type { OpenCheckpoint, RowOptions } from "../../../src/checkpoints/open-checkpoint.js";
import { ParquetCheckpointManager } from "../../../src/checkpoints/parquet-checkpoint-manager.js";
import { CorruptCheckpointError, InvalidRowError, NoGoodCopyError, TooFewCopiesError } from "../../../src/errors.js";
import { ConversationSummary } from "../../../src/rows/builtin.js";
import type { Row } from "../../../src/rows/column.js";
import { LocalStorage } from "../../../src/storage/local.js";
import { MemoryStorage } from "../../../src/storage/memory.js";
import { nodeFileSystem } from "../../../src/storage/node-file-system.js";
import { SwitchedStorage } from "../../support/switched-storage.js";

const newDirectory = () => join(mkdtempSync(join(tmpdir(), "kura-multi-")), "checkpoints");
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ n, text: `row ${n}` }));

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

function copiesIn(directories: string[], options: MultiCheckpointManagerOptions = {}) {
  const events: CheckpointEvent[] = [];
  const managers = directories.map((directory, index) =>
    index === 1 ? new ParquetCheckpointManager(directory) : new JSONLCheckpointManager(directory),
  );
  const multi = new MultiCheckpointManager(managers, { onEvent: (event) => events.push(event), ...options });
  const codes = () => events.splice(0).flatMap((event) => (event.type === "warning" ? [event.code] : []));
  return { multi, managers, events, codes };
}

/** What Kura's own tests of its manager of several say, and a little more. */
describe("MultiCheckpointManager as Kura has it", () => {
  const three = () => [newDirectory(), newDirectory(), newDirectory()];

  it("is enabled where any copy is, and has the strategies that it was given", async () => {
    const on = new JSONLCheckpointManager(newDirectory());
    const off = new JSONLCheckpointManager(newDirectory(), { enabled: false });
    const multi = new MultiCheckpointManager([off, on]);
    expect(multi).toMatchObject({ enabled: true, saveStrategy: "all_enabled", loadStrategy: "first_found" });
    expect(multi.managers).toHaveLength(2);
    expect(multi.location).toBe(on.location);
    expect(new MultiCheckpointManager([off]).enabled).toBe(false);
    expect(await new MultiCheckpointManager([off]).saveCheckpoint("notes", rows(1))).toMatchObject({ files: [] });
  });

  it("all_enabled saves in all, primary_only in the first that is enabled", async () => {
    const directories = three();
    await copiesIn(directories).multi.saveCheckpoint("notes", rows(5));
    for (const directory of directories)
      expect(readdirSync(directory).some((name) => name.startsWith("notes."))).toBe(true);
    const [a, b] = three();
    await copiesIn([a!, b!], { saveStrategy: "primary_only" }).multi.saveCheckpoint("notes", rows(5));
    expect([existsSync(a!), existsSync(b!)]).toEqual([true, false]);
    const off = new JSONLCheckpointManager(newDirectory(), { enabled: false });
    const [first, last] = [new JSONLCheckpointManager(newDirectory()), new JSONLCheckpointManager(newDirectory())];
    await new MultiCheckpointManager([first, off, last]).saveCheckpoint("notes", rows(5));
    expect([first, off, last].map(({ location }) => existsSync(location))).toEqual([true, false, true]);
  });

  it("first_found loads from any copy, priority from the first only", async () => {
    const directories = three();
    await copiesIn(directories).managers[1]!.saveCheckpoint("notes", rows(5));
    expect(await copiesIn(directories).multi.loadCheckpoint("notes")).toEqual(rows(5));
    const { multi, codes } = copiesIn(directories, { loadStrategy: "priority" });
    expect(await multi.loadCheckpoint("notes")).toBeUndefined();
    expect(codes()).toContain("copy-absent");
  });

  it("listCheckpoints() has each name once, each loads, and a deletion is one of all copies", async () => {
    const { multi, managers } = copiesIn(three());
    await managers[0]!.saveCheckpoint("notes", rows(1));
    await managers[1]!.saveCheckpoint("notes", rows(1));
    await managers[2]!.saveCheckpoint("other", rows(2));
    expect(await multi.listCheckpoints()).toEqual(["notes", "other"]);
    expect(await multi.deleteCheckpoint("notes")).toBe(true);
    for (const manager of managers) expect(await manager.loadCheckpoint("notes")).toBeUndefined();
    expect(await multi.listCheckpoints()).toEqual(["other"]);
  });

  it("getStats() counts managers and checkpoints, and says how each copy is", async () => {
    const on = new JSONLCheckpointManager(newDirectory());
    const behind = new ParquetCheckpointManager(newDirectory());
    const off = new JSONLCheckpointManager(newDirectory(), { enabled: false });
    const multi = new MultiCheckpointManager([on, behind, off]);
    await multi.saveCheckpoint("notes", rows(5));
    await on.saveCheckpoint("notes", rows(6));
    expect(await multi.getStats()).toMatchObject({
      enabled: true,
      saveStrategy: "all_enabled",
      loadStrategy: "first_found",
      numManagers: 3,
      enabledManagers: 2,
      managers: [
        {
          type: "JSONLCheckpointManager",
          enabled: true,
          checkpointCount: 1,
          health: { checkpoints: { notes: "good" } },
        },
        {
          type: "ParquetCheckpointManager",
          checkpointCount: 1,
          health: { checkpoints: { notes: "behind" }, failures: 0 },
        },
        { enabled: false, checkpointCount: 0, health: { checkpoints: {} } },
      ],
    });
  });

  it("takes a link to a directory for that directory, also where nothing is there yet", () => {
    const base = mkdtempSync(join(tmpdir(), "kura-link-"));
    symlinkSync(base, join(base, "link"));
    const manager = new JSONLCheckpointManager(join(base, "a"));
    const linked = new JSONLCheckpointManager(join(base, "link", "a"));
    expect(() => new MultiCheckpointManager([manager, linked])).toThrow(/is there twice/);
    expect(() => new MultiCheckpointManager([manager, new JSONLCheckpointManager(join(base, "b"))])).not.toThrow();
    rmSync(base, { recursive: true });
  });

  it("refuses no managers, one place twice, and strategies that are none, the one for saving first", () => {
    const manager = new JSONLCheckpointManager("x");
    expect(() => new MultiCheckpointManager([])).toThrow(/at least one checkpoint manager/);
    expect(() => new MultiCheckpointManager([manager, new JSONLCheckpointManager("./x")])).toThrow(/is there twice/);
    const nested = new MultiCheckpointManager([new JSONLCheckpointManager("y"), new JSONLCheckpointManager("x")]);
    expect(() => new MultiCheckpointManager([manager, nested])).toThrow(/is there twice/);
    const wrong = { saveStrategy: "invalid_save", loadStrategy: "invalid_load" } as never;
    expect(() => new MultiCheckpointManager([manager], wrong)).toThrow(/invalid saveStrategy "invalid_save"/);
    expect(() => new MultiCheckpointManager([manager], { loadStrategy: "invalid_load" } as never)).toThrow(
      /invalid loadStrategy "invalid_load"/,
    );
    expect(() => Object.assign(new MultiCheckpointManager([manager]), { saveStrategy: "x" })).toThrow(TypeError);
    for (const minimumCopies of [0, 2, 0.5])
      expect(() => new MultiCheckpointManager([manager], { minimumCopies })).toThrow(RangeError);
    for (const other of ["./checkpoints", undefined, null, {}])
      expect(() => new MultiCheckpointManager([manager, other as never])).toThrow(/is no checkpoint manager$/);
    expect(() => new MultiCheckpointManager([manager], { copyTimeoutMs: 0 })).toThrow(RangeError);
  });
});

describe("a save in several copies", () => {
  it("is one revision, with the same rowHash in every format", async () => {
    const { multi, managers } = copiesIn([newDirectory(), newDirectory(), newDirectory()]);
    const info = await multi.saveCheckpoint("notes", rows(700), undefined, { madeFrom: { v: 1 } });
    expect(info.copies.map(({ state, revision }) => [state, revision])).toEqual(
      managers.map(() => ["good", info.revision!.id]),
    );
    for (const manager of managers)
      expect(await manager.getCheckpointInfo("notes")).toMatchObject({
        revision: info.revision,
        fingerprint: { v: 1 },
      });
  });

  it("takes the rows once, a batch at a time, at the pace of the slowest copy", async () => {
    const { multi, managers } = copiesIn([newDirectory(), newDirectory()]);
    let taken = 0;
    async function* source() {
      for (; taken < 10_000; taken++) yield { n: taken };
    }
    let ahead = 0;
    const slow = managers[1]!;
    const save = slow.saveCheckpoint.bind(slow) as (...args: unknown[]) => never;
    slow.saveCheckpoint = (async (name: string, given: AsyncIterable<object>, type: never, options: never) => {
      async function* slowly() {
        let seen = 0;
        for await (const row of given) {
          if (++seen % 256 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
          ahead = Math.max(ahead, taken - seen);
          yield row;
        }
      }
      return save(name, slowly(), type, options);
    }) as never;
    await multi.saveCheckpoint("notes", source());
    expect(taken).toBe(10_000);
    expect(ahead).toBeLessThanOrEqual(2 * 256);
    expect(await managers[0]!.loadCheckpoint("notes")).toHaveLength(10_000);
    expect(await slow.loadCheckpoint("notes")).toHaveLength(10_000);
  });

  it("publishes nowhere when a copy cannot write and all are wanted; the error says what became of each", async () => {
    const directory = newDirectory();
    writeFileSync(join(mkdtempSync(join(tmpdir(), "kura-multi-")), "x"), "");
    const blocked = join(mkdtempSync(join(tmpdir(), "kura-multi-")), "file");
    writeFileSync(blocked, "in the way");
    const { multi, managers } = copiesIn([blocked, directory]);
    const error = await multi.saveCheckpoint("notes", rows(3)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TooFewCopiesError);
    expect((error as TooFewCopiesError).outcomes.map(({ outcome }) => outcome)).toEqual(["failed", "withdrawn"]);
    expect((error as TooFewCopiesError).message).toMatch(/nothing has changed in any/);
    expect(await managers[1]!.loadCheckpoint("notes")).toBeUndefined();

    const one = copiesIn([blocked, directory], { minimumCopies: 1 });
    const info = await one.multi.saveCheckpoint("notes", rows(3));
    expect(info.copies.map(({ state }) => state)).toEqual(["failed", "good"]);
    expect(one.codes()).toEqual(["copy-failed"]);
    expect(await one.multi.loadCheckpoint("notes")).toEqual(rows(3));
  });

  it.each(["comes back with nothing", "comes back with what is older", "comes back with what is newer"] as const)(
    "goes on without a copy that was never reached where fewer copies are enough, which then %s",
    async (back) => {
      const [there, away] = [new SwitchedStorage("there"), new SwitchedStorage("away")];
      const managers = [there, away].map(({ storage }) => new JSONLCheckpointManager(storage));
      const warnings: string[] = [];
      const onEvent = (event: CheckpointEvent) => event.type === "warning" && warnings.push(event.message);
      const multi = new MultiCheckpointManager(managers, { minimumCopies: 1, onEvent });
      const alone = async (text: string) => (await managers[1]!.saveCheckpoint("notes", [{ text }])).revision!.id;
      let other = back === "comes back with what is older" ? await alone("away") : undefined;

      away.isDown = true;
      // All are wanted: there may be rows that were paid for.
      for (const strategy of ["all_enabled", "primary_only"] as const)
        await expect(
          new MultiCheckpointManager(managers, { saveStrategy: strategy }).loadCheckpoint("notes"),
        ).rejects.toThrow(/it is down\), so whether it has any is not known, .* minimumCopies/);
      expect(await multi.loadCheckpoint("notes")).toBeUndefined();
      expect(warnings).toEqual([expect.stringMatching(/"away \(jsonl\)".*it is down; .*as 1 copy is enough/)]);
      expect(await multi.getCheckpointInfo("notes")).toBeUndefined();
      const { revision } = await multi.saveCheckpoint("notes", [{ text: "there" }]);
      expect(await multi.loadCheckpoint("notes")).toEqual([{ text: "there" }]);

      away.isDown = false;
      if (back === "comes back with what is newer") other = await alone("away");
      const isNewer = other !== undefined && other > revision!.id;
      expect(isNewer).toBe(back === "comes back with what is newer");
      const newest = [{ text: isNewer ? "away" : "there" }];
      expect(await multi.loadCheckpoint("notes")).toEqual(newest);
      const [report] = await multi.sync();
      const states = other === undefined ? ["good", "absent"] : isNewer ? ["diverged", "good"] : ["good", "diverged"];
      expect(report!.copies.map(({ state }) => state)).toEqual(states);
      for (const { storage } of [there, away])
        expect(await new JSONLCheckpointManager(storage).loadCheckpoint("notes")).toEqual(newest);

      // What lost is no predecessor of what follows, and stays however often that is saved.
      for (const text of ["later", "latest"]) await multi.saveCheckpoint("notes", [{ text }]);
      if (other === undefined) return;
      const [holder, id] = isNewer ? [managers[0]!, revision!.id] : [managers[1]!, other];
      const opened = await holder.openRevision("notes", id);
      expect(await collect(opened.rows())).toEqual([{ text: isNewer ? "there" : "away" }]);
      await opened.close();
      expect((await holder.listRevisions("notes")).map(({ ours }) => ours)).toEqual([true, true, true]);
      await holder.sweepCheckpoint("notes", { keepRevisions: 0 });
      expect((await holder.listRevisions("notes")).map(({ current, id }) => (current ? "current" : id))).toEqual([
        "current",
        id,
      ]);
      await holder.sweepCheckpoint("notes", { displacedBefore: new Date(8.64e15) });
      expect(await holder.listRevisions("notes")).toHaveLength(1);
    },
  );

  it("is taken up again by a copy that hangs, once it is cut off", async () => {
    const never = new Promise<never>(() => {});
    const storage = new LocalStorage(newDirectory(), {
      fileSystem: {
        ...nodeFileSystem,
        open: (path, flags, mode) => (path.endsWith(".tmp") ? never : nodeFileSystem.open(path, flags, mode)),
      },
    });
    const hanging = new JSONLCheckpointManager(storage);
    const well = new JSONLCheckpointManager(new MemoryStorage());
    const multi = new MultiCheckpointManager([hanging, well], { copyTimeoutMs: 1_000, minimumCopies: 1 });
    const info = await multi.saveCheckpoint("notes", rows(3));
    expect(info.copies).toMatchObject([{ state: "failed", error: { name: "StalledCopyError" } }, { state: "good" }]);
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(3));
  });

  it("throws what the rows throw, and what is wrong with a row", async () => {
    const { multi } = copiesIn([newDirectory(), newDirectory()]);
    async function* failing() {
      yield { n: 1 };
      throw new Error("provider down");
    }
    await expect(multi.saveCheckpoint("notes", failing())).rejects.toThrow("provider down");
    await expect(multi.saveCheckpoint("summaries", [{} as never], ConversationSummary)).rejects.toThrow(
      InvalidRowError,
    );
    await expect(
      multi.saveCheckpoint("notes", rows(1), undefined, {
        madeFrom: () => {
          throw new Error("not known");
        },
      }),
    ).rejects.toThrow("not known");
    expect(await multi.listCheckpoints()).toEqual([]);
  });

  it("from within a save of the same name is refused, not waited for", async () => {
    const { multi, managers } = copiesIn([newDirectory(), newDirectory(), newDirectory()]);
    for (const inner of [multi, ...managers]) {
      const source = (async function* () {
        yield { n: 1 };
        await inner.saveCheckpoint("notes", rows(1));
      })();
      await expect(multi.saveCheckpoint("notes", source)).rejects.toThrow(/from within a save of it/);
    }
  });

  it("does not wait for one that waits for it, in whatever order the copies are", async () => {
    const storages = [new MemoryStorage(), new MemoryStorage(), new MemoryStorage()];
    const managers = () => storages.map((storage) => new JSONLCheckpointManager(storage, { lockWaitMs: 60_000 }));
    const forward = new MultiCheckpointManager(managers());
    const backward = new MultiCheckpointManager(managers().reverse());
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 ? forward : backward).saveCheckpoint("notes", rows(n))),
    );
    expect((await forward.sync()).every(({ inSync }) => inSync)).toBe(true);
  });
});

describe("a copy that is not well", () => {
  async function saved(count = 3, options: MultiCheckpointManagerOptions = {}) {
    const directories = [newDirectory(), newDirectory(), newDirectory()].slice(0, count);
    const made = copiesIn(directories, options);
    await made.multi.saveCheckpoint("notes", rows(600));
    return { ...made, directories };
  }
  const damage = (path: string, at = 5_000) => {
    const bytes = readFileSync(path);
    bytes[at]! ^= 1;
    writeFileSync(path, bytes);
  };

  it("damaged: is passed over, also in the middle of reading, and brought up", async () => {
    const { multi, managers, directories, codes } = await saved();
    damage(join(directories[0]!, "notes.jsonl"), 12_000);
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(600));
    expect(codes()).toEqual(["copy-damaged"]);
    const seen: unknown[] = [];
    for await (const row of multi.streamCheckpoint("notes", undefined, { where: { n: { gte: 300 } }, rowStart: 2 }))
      seen.push(row);
    expect(seen).toEqual(rows(600).slice(300));
    const [report] = await multi.sync({ check: true });
    expect(report).toMatchObject({ inSync: true, copies: [{ state: "damaged", action: "write", done: true }, {}, {}] });
    expect(await managers[0]!.loadCheckpoint("notes")).toEqual(rows(600));
  });

  it("all damaged: is an error that says so, and what older rows there are", async () => {
    const { multi, managers, directories } = await saved(2);
    await managers[0]!.saveCheckpoint("notes", rows(601));
    damage(join(directories[0]!, "notes.jsonl"));
    const error = await multi.loadCheckpoint("notes").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect((error as Error).message).toMatch(/has revision \S+, which is not the newest: restore it/);
    const [older] = (await multi.listRevisions("notes")).filter(({ current }) => !current);
    await multi.restoreRevision("notes", older!.id);
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(600));
    expect(await managers[0]!.loadCheckpoint("notes")).toEqual(rows(600));
  });

  it("behind: never wins, whatever the strategy, and is brought up", async () => {
    const { managers, directories } = await saved();
    await managers[2]!.saveCheckpoint("notes", rows(2));
    for (const loadStrategy of ["first_found", "newest", "fastest"] as const) {
      const { multi, codes } = copiesIn(directories, { loadStrategy });
      expect(await multi.loadCheckpoint("notes")).toEqual(rows(2));
      expect(codes()).toEqual(["copy-behind", "copy-behind"]);
    }
    const { multi } = copiesIn(directories, { loadStrategy: "priority" });
    await expect(multi.loadCheckpoint("notes")).rejects.toThrow(NoGoodCopyError);
    await expect(multi.loadCheckpoint("notes")).rejects.toThrow(new RegExp(`"${directories[2]} \\(jsonl\\)" has it`));
    await multi.sync();
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(2));
  });

  it("that missed a deletion: does not bring it back, and learns of it", async () => {
    const { multi, managers, directories } = await saved();
    const two = copiesIn(directories.slice(0, 2));
    expect(await two.multi.deleteCheckpoint("notes")).toBe(true);
    expect(await multi.loadCheckpoint("notes")).toBeUndefined();
    expect(await multi.listCheckpoints()).toEqual([]);
    expect(await multi.sync({ dryRun: true })).toMatchObject([{ isDeletion: true, inSync: false }]);
    expect(await managers[2]!.loadCheckpoint("notes")).toHaveLength(600);
    expect(await multi.sync()).toMatchObject([{ copies: [{}, {}, { action: "delete", done: true }], inSync: true }]);
    expect(await managers[2]!.loadCheckpoint("notes")).toBeUndefined();
    const next = await multi.saveCheckpoint("notes", rows(1));
    expect(next.revision!.parent! > "").toBe(true);
    expect(await managers[2]!.loadCheckpoint("notes")).toEqual(rows(1));
  });

  it("gone: is made again, when it is loaded if that is wanted", async () => {
    const { multi, managers, directories, codes } = await saved(3, { repairOnLoad: true });
    rmSync(directories[0]!, { recursive: true });
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(600));
    expect(codes()).toEqual(["copy-absent", "copy-repaired"]);
    expect(await managers[0]!.loadCheckpoint("notes")).toEqual(rows(600));
    expect((await managers[0]!.getCheckpointInfo("notes"))!.revision).toEqual(
      (await managers[1]!.getCheckpointInfo("notes"))!.revision,
    );
  });

  it("gone, and the only one that is read: is made again before it is loaded", async () => {
    const { multi, directories } = await saved(2, { repairOnLoad: true, loadStrategy: "priority" });
    rmSync(directories[0]!, { recursive: true });
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(600));
  });

  it("behind, while somebody is writing it: is not waited for by a load", async () => {
    const { multi, managers } = await saved(2, { repairOnLoad: true });
    await managers[1]!.saveCheckpoint("notes", rows(2));
    const [begun, end] = [deferred<void>(), deferred<void>()];
    async function* slowly() {
      begun.resolve();
      await end.promise;
      yield { n: 1 };
    }
    const writing = managers[0]!.saveCheckpoint("notes", slowly());
    await begun.promise;
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(2));
    end.resolve();
    await writing;
  });

  it("behind because it is not saved to: is not worth a word", async () => {
    const { multi, directories } = await saved(2);
    await multi.saveCheckpoint("other", rows(1));
    const primary = copiesIn(directories, { saveStrategy: "primary_only" });
    await primary.multi.saveCheckpoint("notes", rows(1));
    expect(await primary.multi.loadCheckpoint("notes")).toEqual(rows(1));
    expect(primary.codes()).toEqual([]);
    expect((await primary.multi.getCheckpointInfo("notes"))!.copies.map(({ state }) => state)).toEqual([
      "good",
      "behind",
    ]);
  });

  it("diverged: the later wins and it is said", async () => {
    const { multi, managers, codes } = await saved();
    await managers[0]!.saveCheckpoint("notes", rows(1));
    await managers[1]!.saveCheckpoint("notes", rows(2));
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(2));
    expect(codes()).toEqual(["copy-diverged", "copy-behind"]);
    await multi.saveCheckpoint("notes", rows(3));
    expect(codes()).toEqual(["copy-diverged"]);
    expect((await managers[0]!.listRevisions("notes")).map(({ rows }) => rows)).toEqual([3, 1, 600]);
  });

  it("diverged, and deleted elsewhere: does not come back, and is left until it is deleted again or restored", async () => {
    for (const way of ["delete", "restore"] as const) {
      const { multi, managers } = await saved();
      const { revision } = await managers[2]!.saveCheckpoint("notes", rows(7));
      for (const manager of managers.slice(0, 2)) await manager.deleteCheckpoint("notes");
      expect(await multi.loadCheckpoint("notes")).toBeUndefined();
      const [report] = await multi.sync();
      expect(report).toMatchObject({
        inSync: false,
        isDeletion: true,
        copies: [{}, {}, { state: "diverged", action: "left", reason: expect.stringMatching(/delete it again, or/) }],
      });
      expect(await managers[2]!.loadCheckpoint("notes")).toEqual(rows(7));
      if (way === "delete") expect(await multi.deleteCheckpoint("notes")).toBe(true);
      else await multi.restoreRevision("notes", revision!.id);
      for (const manager of managers)
        expect(await manager.loadCheckpoint("notes")).toEqual(way === "delete" ? undefined : rows(7));
    }
  });

  it("another program's file: does not win, is not overwritten by repair, and is adopted by all", async () => {
    const { multi, managers, directories, codes } = await saved(3, { repairOnLoad: true });
    const path = join(directories[0]!, "notes.jsonl");
    writeFileSync(path, '{"n": 1, "text": "mine"}\n');
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(600));
    expect(codes()).toEqual(["copy-unversioned"]);
    expect(readFileSync(path, "utf8")).toMatch(/mine/);
    expect(await multi.sync()).toMatchObject([{ inSync: false, copies: [{ action: "left" }, {}, {}] }]);
    const info = await multi.adoptCheckpoint("notes");
    expect(info.copies.map(({ state }) => state)).toEqual(["good", "good", "good"]);
    for (const manager of managers) expect(await manager.loadCheckpoint("notes")).toEqual([{ n: 1, text: "mine" }]);
  });

  it("files that are nobody's in all copies: are adopted as one revision where they have the same rows", async () => {
    const directories = [newDirectory(), newDirectory(), newDirectory()];
    await saved();
    const { multi, managers } = copiesIn(directories);
    for (const manager of managers) {
      await manager.saveCheckpoint("notes", rows(3));
      rmSync(join(manager.location, ".kura"), { recursive: true });
    }
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(3));
    const info = await multi.adoptCheckpoint("notes");
    expect(info.copies.map(({ state, revision }) => [state, revision])).toEqual(
      managers.map(() => ["good", info.revision!.id]),
    );
  });

  it("that gives fewer rows than it has, or others: is passed over, and found out", async () => {
    const { multi, managers, codes } = await saved();
    const honest = managers[0]!.openCheckpoint.bind(managers[0]!) as (name: string) => Promise<OpenCheckpoint>;
    let lie: (batch: Row[]) => Row[] = (batch) => batch.slice(0, 100);
    managers[0]!.openCheckpoint = (async (name: string) => {
      const opened = await honest(name);
      async function* batches(options?: RowOptions) {
        for await (const batch of opened.batches(options)) yield lie(batch);
      }
      return { ...opened, batches };
    }) as never;
    await expect(collect(multi.streamCheckpoint("notes"))).rejects.toThrow(/gave 288 rows and should have 600/);
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(600));
    expect(await new MultiCheckpointManager(managers).loadCheckpoint("notes")).toEqual(rows(600));
    expect(codes()).toEqual(["copy-damaged"]);
    // What has the right number of rows is only found by who reads all copies.
    lie = (batch) => batch.map((row) => ({ ...row, text: "something else" }));
    const [report] = await multi.sync({ check: true });
    expect(report!.copies[0]).toMatchObject({ state: "damaged", action: "write", done: false });
    expect(report!.copies[0]!.reason).toMatch(/its rows are not those of revision/);
    managers[0]!.openCheckpoint = honest as never;
    expect(await multi.sync({ check: true })).toMatchObject([{ inSync: true }]);
  });

  it("fastest: each copy is measured once, and then the quickest is read", async () => {
    const { multi, managers } = await saved(3, { loadStrategy: "fastest" });
    const read: number[] = [];
    const now = performance.now.bind(performance);
    let lateMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now() + lateMs);
    for (const [index, manager] of managers.entries()) {
      const open = manager.openCheckpoint.bind(manager) as (name: string) => Promise<OpenCheckpoint>;
      manager.openCheckpoint = (async (name: string) => {
        read.push(index);
        const opened = await open(name);
        async function* batches(options?: RowOptions) {
          if (index !== 1) lateMs += 1_000_000;
          yield* opened.batches(options);
        }
        return { ...opened, batches };
      }) as never;
    }
    for (let load = 0; load < 5; load++) await multi.loadCheckpoint("notes");
    expect(read).toEqual([0, 1, 2, 1, 1]);
    vi.restoreAllMocks();
  });

  it("newest: of files that are nobody's, the one that was written last", async () => {
    const directories = [newDirectory(), newDirectory()];
    const managers = directories.map((directory) => new JSONLCheckpointManager(directory));
    for (const [index, { location }] of managers.entries()) {
      mkdirSync(location, { recursive: true });
      const path = join(location, "notes.jsonl");
      writeFileSync(path, `{"n": ${index}}\n`);
      utimesSync(path, 1_700_000_000 + index, 1_700_000_000 + index);
    }
    const load = async (loadStrategy: "newest" | "first_found") =>
      await new MultiCheckpointManager(managers, { loadStrategy }).loadCheckpoint("notes");
    expect(await load("first_found")).toEqual([{ n: 0 }]);
    expect(await load("newest")).toEqual([{ n: 1 }]);
  });

  it("that cannot be reached: is not an answer, unless another has one", async () => {
    const blocked = join(mkdtempSync(join(tmpdir(), "kura-multi-")), "file");
    writeFileSync(blocked, "in the way");
    const directory = newDirectory();
    // It may have rows that were paid for.
    const { multi: both } = copiesIn([blocked, directory]);
    await expect(both.loadCheckpoint("notes")).rejects.toThrow(/is a file|not a directory/i);
    const { multi } = copiesIn([blocked, directory], { minimumCopies: 1 });
    await multi.saveCheckpoint("notes", rows(1));
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(1));
    await expect(multi.deleteCheckpoint("notes")).resolves.toBe(true);
    expect(await multi.loadCheckpoint("notes")).toBeUndefined();
  });
});
