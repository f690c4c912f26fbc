import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { JSONLCheckpointManager } from "../../../src/checkpoints/jsonl-checkpoint-manager.js";
import { deferred } from "../../../src/checkpoints/multi/deferred.js";
import {
  MultiCheckpointManager,
  type MultiCheckpointManagerOptions,
} from "../../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../../src/checkpoints/parquet-checkpoint-manager.js";
import { MemoryStorage } from "../../../src/storage/memory.js";

const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ n, text: `row ${n}` }));
const messageOf = async (work: Promise<unknown>) =>
  await work.then(
    () => "no error",
    (error: Error) => error.message,
  );

function home() {
  const dir = mkdtempSync(join(tmpdir(), "kura-among-"));
  const [a, b, c] = [join(dir, "a"), join(dir, "b"), join(dir, "c")] as const;
  const messages: string[] = [];
  const copies = (options: MultiCheckpointManagerOptions = {}) =>
    new MultiCheckpointManager(
      [new JSONLCheckpointManager(a), new ParquetCheckpointManager(b), new JSONLCheckpointManager(c)],
      { onEvent: (event) => event.type === "warning" && messages.push(event.message), ...options },
    );
  return { a, b, c, copies, said: () => messages.splice(0) };
}

function damage(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
}

describe("what is said of a copy that is not well", () => {
  it("names where a good one is, and does not advise to adopt what is damaged", async () => {
    const { a, b, c, copies, said } = home();
    await copies().saveCheckpoint("notes", rows(300));
    damage(join(a, "notes.jsonl"), 3_000);
    expect(await copies().loadCheckpoint("notes")).toEqual(rows(300));
    const good = `"${b} (parquet)" and "${c} (jsonl)" have a good copy: sync with check (kura sync --check) brings this one up`;
    expect(said()).toEqual([expect.stringMatching(/are not those that were saved/)]);
    await copies().loadCheckpoint("notes");
    const [event] = said();
    expect(event).toContain(good);
    expect(event).not.toMatch(/adopt|make it again/);
    const priority = await messageOf(copies({ loadStrategy: "priority" }).loadCheckpoint("notes"));
    expect(priority).toContain(good);
    expect(priority).not.toMatch(/adopt|make it again/);
  });

  it("names it also where damage is found in the middle of reading", async () => {
    const { a, b, copies } = home();
    const multi = new MultiCheckpointManager(copies().managers.slice(0, 2), { loadStrategy: "priority" });
    await multi.saveCheckpoint("notes", rows(3_000));
    const path = join(a, "notes.jsonl");
    const opened = (await multi.openCheckpoint("notes"))!;
    try {
      const { atime, mtime } = statSync(path);
      damage(path, 60_000);
      utimesSync(path, atime, mtime);
      const read = async () => {
        for await (const _ of opened.batches());
      };
      expect(await messageOf(read())).toContain(
        `"${b} (parquet)" has a good copy: sync with check (kura sync --check) brings this one up`,
      );
    } finally {
      await opened.close();
    }
  });

  it("keeps what one file alone allows where no copy is good", async () => {
    const { a, copies } = home();
    const [first] = copies().managers;
    const multi = new MultiCheckpointManager([first!], { loadStrategy: "first_found" });
    await multi.saveCheckpoint("notes", rows(300));
    damage(join(a, "notes.jsonl"), 3_000);
    expect(await messageOf(multi.loadCheckpoint("notes"))).toMatch(/adopt the file if it is right as it is/);
  });

  it("absent, and the only one that is read (priority): nothing, and where it is", async () => {
    const { a, b, c, copies, said } = home();
    await copies().saveCheckpoint("notes", rows(3));
    rmSync(a, { recursive: true });
    expect(await copies({ loadStrategy: "priority" }).loadCheckpoint("notes")).toBeUndefined();
    expect(said()[0]).toMatch(/"priority" reads the first copy and no other; sync brings it up/);
    expect(await copies().loadCheckpoint("notes")).toEqual(rows(3));
    expect(said()).toEqual([expect.stringContaining(`; "${b} (parquet)" and "${c} (jsonl)" have it`)]);
  });

  it("diverged: sync() says what it had and under which revision that is kept", async () => {
    const { copies } = home();
    const multi = copies();
    await multi.saveCheckpoint("notes", rows(3));
    const other = await multi.managers[0]!.saveCheckpoint("notes", rows(7));
    await multi.managers[1]!.saveCheckpoint("notes", rows(9));
    const [report] = await multi.sync();
    expect(report).toMatchObject({
      rows: 9,
      copies: [{ state: "diverged", had: { revision: other.revision!.id, rows: 7 } }, {}, { state: "behind" }],
    });
    await multi.restoreRevision("notes", report!.copies[0]!.had!.revision);
    expect(await multi.loadCheckpoint("notes")).toEqual(rows(7));
  });
});

describe("who stops", () => {
  async function* slowly(begun: { resolve(): void }, end: Promise<void>) {
    begun.resolve();
    await end;
    yield { n: 1 };
  }

  it("is heard while a copy waits for another writer, whatever is done", async () => {
    const { copies } = home();
    const multi = copies();
    await multi.saveCheckpoint("notes", rows(3));
    await multi.managers[1]!.saveCheckpoint("notes", rows(4));
    const [earlier] = (await multi.listRevisions("notes")).filter(({ current }) => !current);
    const [begun, end] = [deferred<void>(), deferred<void>()];
    const writing = multi.managers[2]!.saveCheckpoint("notes", slowly(begun, end.promise));
    await begun.promise;
    try {
      const works: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
        save: (signal) => multi.saveCheckpoint("notes", rows(5), undefined, { signal }),
        delete: (signal) => multi.deleteCheckpoint("notes", { signal }),
        sync: (signal) => multi.sync({ signal }),
        restore: (signal) => multi.restoreRevision("notes", earlier!.id, { signal }),
      };
      for (const [what, work] of Object.entries(works)) {
        const stop = new AbortController();
        const reason = new Error(`${what} was stopped`);
        const done = messageOf(work(stop.signal));
        setTimeout(() => stop.abort(reason), 30);
        expect(await done).toBe(reason.message);
      }
    } finally {
      end.resolve();
      await writing;
    }
  });

  it("is heard while a copy hangs, whatever is asked of it", async () => {
    const hang = () => new Promise<never>(() => {});
    class Hanging extends JSONLCheckpointManager {
      override readonly getRevisionState = hang;
      override readonly listCheckpoints = hang;
      override readonly listRevisions = hang;
      override readonly saveCheckpoint = hang;
    }
    const well = new JSONLCheckpointManager(new MemoryStorage());
    await well.saveCheckpoint("notes", rows(1));
    const multi = new MultiCheckpointManager([new Hanging(new MemoryStorage()), well]);
    const works: ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => multi.loadCheckpoint("notes", undefined, { signal }),
      (signal) => multi.listCheckpoints({ signal }),
      (signal) => multi.listRevisions("notes", { signal }),
      (signal) => multi.getStats({ signal }),
      (signal) => multi.sync({ signal }),
      (signal) => multi.adoptCheckpoint("notes", undefined, { signal }),
      (signal) => multi.saveCheckpoint("notes", rows(2), undefined, { signal }),
    ];
    vi.useFakeTimers();
    try {
      for (const work of works) {
        const stop = new AbortController();
        const done = messageOf(work(stop.signal));
        stop.abort(new Error("stopped"));
        // Far less than a copy may take to answer (copyTimeoutMs).
        await vi.advanceTimersByTimeAsync(3_000);
        expect(await done).toBe("stopped");
      }
    } finally {
      vi.useRealTimers();
    }
  });
});
