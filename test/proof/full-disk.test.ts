import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { Answers } from "../../src/checkpoints/answers/answers.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { StorageError, UnwritableAnswersError } from "../../src/errors.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { MemoryStorage } from "../../src/storage/memory.js";

// A real file system of eight megabytes, most of them taken. Saves alone are in test/checkpoints, answers alone in test/answers.

const DISK = await mkdtemp(join(tmpdir(), "kura-full-map-"));
let unmountable = "";
try {
  if (process.platform !== "linux") throw new Error(`there is no tmpfs on ${process.platform}`);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", DISK], { stdio: "pipe" });
} catch (error) {
  unmountable = String(error).split("\n")[0]!;
  console.log(`full disk: skipped, a tmpfs cannot be mounted here: ${unmountable}`);
}

afterAll(async () => {
  if (!unmountable) execFileSync("umount", [DISK]);
  await rm(DISK, { recursive: true });
});

const CONCURRENCY = 8;
const BALLAST = join(DISK, "ballast");
/** So much is left while the disk is full. */
const LEFT_BYTES = 1_000_000;

const idsTo = (count: number): string[] => Array.from({ length: count }, (_, n) => `${n}`);
const rowOf = (id: string) => ({ id, reply: `${id} `.repeat(300) });
const rowsTo = (count: number) => idsTo(count).map(rowOf);

const REPLIES = z.object({ id: z.string(), reply: z.string() });

/** A map whose calls are counted; the time of each is a millisecond. Without a type rows are written once there are all answers. */
function counted(directory: string, { answers, type }: { answers?: Answers; type?: typeof REPLIES } = {}) {
  const calls: string[] = [];
  const late: string[] = [];
  let isOver = false;
  const checkpoints = new JSONLCheckpointManager(directory);
  const run = async (count: number): Promise<unknown> => {
    const inputs = idsTo(count);
    const fn = async (id: string) => {
      if (isOver) late.push(id);
      calls.push(id);
      await setTimeout(1);
      return rowOf(id);
    };
    const options = { name: "replies", inputs, key: (id: string) => id, fn, concurrency: CONCURRENCY };
    const problem = await resumableMap({ ...options, type, checkpointManager: checkpoints, answers }).then(
      () => undefined,
      (error: unknown) => error,
    );
    isOver = true;
    await setTimeout(20);
    isOver = false;
    expect(late).toEqual([]);
    return problem;
  };
  return { calls, checkpoints, run };
}

describe.skipIf(unmountable)("a map whose disk fills up", () => {
  it("stops at the first answer that cannot be kept; old rows stand, and with room again it pays for the rest", async () => {
    const { calls, checkpoints, run } = counted(join(DISK, "answers"));
    expect(await run(100)).toBeUndefined();
    await writeFile(BALLAST, Buffer.alloc((8 << 20) - LEFT_BYTES));
    const problem = await run(1200);
    expect(problem).toBeInstanceOf(UnwritableAnswersError);
    expect(String(problem)).toContain("no space is left on the device");
    const paid = calls.length;
    expect(paid).toBeGreaterThan(200);
    expect(paid).toBeLessThan(1200);
    expect(await checkpoints.loadCheckpoint("replies")).toEqual(rowsTo(100));
    // Still no room: that is seen before anything is paid for.
    for (let attempt = 0; attempt < 3; attempt++) expect(await run(1200)).toBeInstanceOf(UnwritableAnswersError);
    expect(calls.length).toBe(paid);

    await rm(BALLAST);
    expect(await run(1200)).toBeUndefined();
    expect(await checkpoints.loadCheckpoint("replies")).toEqual(rowsTo(1200));
    const lost = calls.length - 1200;
    expect(lost).toBeLessThanOrEqual(CONCURRENCY);
    console.log(
      `full disk, answers on it: stopped after ${paid} calls of 1200, none in 3 more attempts while it was full; ${lost} paid for twice (${CONCURRENCY} at once)`,
    );
    await rm(checkpoints.location, { recursive: true });
  });

  it("stops when its rows cannot be written; old rows stand, and with room again it pays for the rest alone", async () => {
    const store = await AnswerStore.open(new MemoryStorage());
    const { calls, checkpoints, run } = counted(join(DISK, "rows"), { answers: new Answers(store), type: REPLIES });
    expect(await run(100)).toBeUndefined();
    await writeFile(BALLAST, Buffer.alloc((8 << 20) - LEFT_BYTES));
    const problem = await run(5000);
    expect(problem).toBeInstanceOf(StorageError);
    expect(problem).toMatchObject({ code: "ENOSPC" });
    const paid = calls.length;
    expect(paid).toBeLessThan(5000);
    expect(await checkpoints.loadCheckpoint("replies")).toEqual(rowsTo(100));

    await rm(BALLAST);
    expect(await run(5000)).toBeUndefined();
    expect(await checkpoints.loadCheckpoint("replies")).toEqual(rowsTo(5000));
    expect(new Set(calls).size).toBe(calls.length);
    expect(calls.length).toBe(5000);
    console.log(`full disk, answers elsewhere: stopped after ${paid} calls of 5000; none paid for twice`);
    await store.close();
  });
});
