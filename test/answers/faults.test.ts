import { afterAll, describe, expect, it } from "vitest";
import { Answers } from "../../src/checkpoints/answers/answers.js";
import { StorageError, UnwritableAnswersError } from "../../src/errors.js";
import type { FileSystem } from "../../src/storage/file-system.js";
import { LONG } from "../crash/scale.js";
import { canBefall, FAULT_CODES, type Fault, faulty, shortTransfers } from "../support/fault-file-system.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { usedDisk } from "./explore.js";
import { answerOf, keyOf, LOCKS, lookAt, numbersIn, openOn, SEGMENTS } from "./samples.js";

const STEP = 7;
const counts = { faults: 0, refused: 0, reads: 0, collections: 0 };
afterAll(() => {
  console.log(
    `answers, faults: ${counts.faults} met while asking (${counts.refused} stopped it), ${counts.reads} while reading, ` +
      `${counts.collections} while collecting`,
  );
});

const NUMBERS = Array.from({ length: 12 }, (_, i) => i);

/** A disk with twelve answers, in a sealed segment and in one whose writer died. */
async function usedDiskWithAnswers(): Promise<PowerLossFileSystem> {
  const fs = await usedDisk(new PowerLossFileSystem());
  const first = await openOn(fs);
  for (const number of NUMBERS.slice(0, 6)) await first.put(answerOf(number));
  await first.close();
  const second = await openOn(fs);
  for (const number of NUMBERS.slice(6)) await second.put(answerOf(number));
  const left = fs.clone();
  await second.close();
  return left;
}

const DISK = await usedDiskWithAnswers();
const disk = (): PowerLossFileSystem => DISK.clone();

/** Every fault that can befall every call of some work. */
async function faultsOf(work: (fs: FileSystem) => Promise<unknown>): Promise<Fault[]> {
  const { fileSystem, calls } = faulty(disk());
  await work(fileSystem);
  return calls.flatMap((call, at) =>
    FAULT_CODES.filter((code) => canBefall(code, call)).flatMap((code) =>
      // A lock that could neither be filled nor taken away is known as dead by five seconds of silence only: right, and slow to watch.
      (call.method === "file.write" && call.path.startsWith(LOCKS) ? [false] : [false, true]).map((forever) => ({
        at,
        code,
        forever,
      })),
    ),
  );
}

interface Asked {
  /** Numbers whose call was made. */
  readonly called: number[];
  /** Numbers whose answer was given. */
  readonly given: number[];
  readonly problems: unknown[];
}

/** Ask for what is known and what is not, one after the other, as a run does. */
async function askAll(fs: FileSystem): Promise<Asked> {
  const asked: Asked = { called: [], given: [], problems: [] };
  const store = await openOn(fs);
  try {
    const answers = new Answers(store);
    for (const number of [0, 100, 7, 101, 102, 8, 103, 104, 3]) {
      const { chatId, step, ...outcome } = answerOf(number);
      const call = async () => {
        asked.called.push(number);
        return outcome;
      };
      try {
        await answers.ask({ key: keyOf(number), chatId, step, call });
        asked.given.push(number);
      } catch (error) {
        asked.problems.push(error);
      }
    }
  } finally {
    await store.close();
  }
  return asked;
}

describe("answers on a disk that fails", () => {
  it("stop being bought at the first that could not be kept, whatever failed, and none that was given is lost", async () => {
    const faults = (await faultsOf(askAll)).filter((_, i) => LONG || i % STEP === 0);
    for (const fault of faults) {
      counts.faults += 1;
      const before = disk();
      const where = JSON.stringify(fault);
      let asked: Asked;
      try {
        asked = await askAll(faulty(before, fault).fileSystem);
      } catch (error) {
        // Opening failed: nothing was asked.
        expect(error, where).toBeInstanceOf(StorageError);
        expect(before.openHandles, where).toBe(0);
        continue;
      }
      const { called, given, problems } = asked;
      // Reading what is known may fail by itself; one call at most is made whose answer cannot be kept.
      for (const problem of problems)
        expect(
          problem instanceof UnwritableAnswersError || problem instanceof StorageError,
          `${where}: ${problem}`,
        ).toBe(true);
      const lost = called.filter((number) => !given.includes(number));
      expect(lost.length, `${where} lost ${lost}`).toBeLessThanOrEqual(1);
      const stopped = problems.some((problem) => problem instanceof UnwritableAnswersError);
      if (stopped) counts.refused += 1;
      if (lost.length > 0) {
        expect(stopped, where).toBe(true);
        expect(called.at(-1), where).toBe(lost[0]);
      }
      expect(before.openHandles, where).toBe(0);
      const { found } = await lookAt(before, [...NUMBERS, 100, 101, 102, 103, 104]);
      for (const number of [...NUMBERS, ...given]) expect(found.has(number), `${where}: ${number}`).toBe(true);
    }
    expect(faults.length).toBeGreaterThan(40);
    expect(counts.refused).toBeGreaterThan(10);
  });

  it.each(["ENOSPC", "EIO"] as const)("make no call at all on a disk that has %s from the start", async (code) => {
    const before = disk();
    const full = interceptFileSystem(before, (call, run) => {
      if (call.method === "file.write" || (code === "EIO" && call.method === "file.sync"))
        return Promise.reject(Object.assign(new Error(code), { code }));
      return run();
    });
    const { called, given, problems } = await askAll(full);
    expect(called).toEqual([]);
    expect(given).toEqual([0, 7, 8, 3]);
    expect(problems.every((problem) => problem instanceof UnwritableAnswersError)).toBe(true);
    expect(String(problems[0])).toContain(code === "ENOSPC" ? "no space is left" : "input/output error");
    expect((await lookAt(before, NUMBERS)).found.size).toBe(12);
  });

  it("stop being bought when their directory is taken away", async () => {
    const fs = disk();
    const store = await openOn(fs);
    const answers = new Answers(store);
    const value = async () => ({ value: "v" });
    await answers.ask({ key: keyOf("a"), call: value });
    await fs.rename(SEGMENTS, `${SEGMENTS}-elsewhere`);
    let calls = 0;
    const call = async () => {
      calls += 1;
      return { value: "v" };
    };
    for (const name of ["b", "c", "d"])
      await expect(answers.ask({ key: keyOf(name), call })).rejects.toThrow(UnwritableAnswersError);
    expect(calls).toBe(1);
    await store.close();
  });

  it("reject all that were handed in together, and those that come later at once", async () => {
    const fs = disk();
    let full = false;
    const store = await openOn(
      interceptFileSystem(fs, (call, run) =>
        full && call.method === "file.write" ? Promise.reject(Object.assign(new Error(), { code: "ENOSPC" })) : run(),
      ),
    );
    await store.put(answerOf(50));
    full = true;
    const put = await Promise.allSettled([51, 52, 53].map((number) => store.put(answerOf(number))));
    expect(put.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    full = false;
    await expect(store.put(answerOf(54))).rejects.toThrow(UnwritableAnswersError);
    await expect(store.ready()).rejects.toThrow(UnwritableAnswersError);
    await store.close();
    // A new store starts a new segment.
    const again = await openOn(fs);
    await again.put(answerOf(55));
    expect((await numbersIn(again, [...NUMBERS, 50, 55])).size).toBe(14);
    await again.close();
  });
});

it("a reader that meets a fault gets what was put, or an error of ours", async () => {
  const read = (fs: FileSystem) => lookAt(fs, NUMBERS);
  for (const fault of await faultsOf(read)) {
    counts.reads += 1;
    const before = disk();
    try {
      const { found } = await read(faulty(before, fault).fileSystem);
      expect(found.size, JSON.stringify(fault)).toBe(12);
    } catch (error) {
      expect(error, JSON.stringify(fault)).toBeInstanceOf(StorageError);
    }
  }
  expect(counts.reads).toBeGreaterThan(50);
});

it("a collection that meets a fault loses nothing that was to stay", async () => {
  const stay = new Set(NUMBERS.filter((number) => number % 2 === 0).map(keyOf));
  const collect = async (fs: FileSystem) => {
    const store = await openOn(fs);
    try {
      await store.collect({ keep: (key) => stay.has(key), maxAgeMs: 0 });
    } finally {
      await store.close();
    }
  };
  const faults = (await faultsOf(collect)).filter((_, i) => LONG || i % STEP === 0);
  for (const fault of faults) {
    counts.collections += 1;
    const before = disk();
    const where = JSON.stringify(fault);
    const error = await collect(faulty(before, fault).fileSystem).then(
      () => undefined,
      (problem: unknown) => problem,
    );
    if (error !== undefined) expect(error, where).toBeInstanceOf(StorageError);
    expect(before.openHandles, where).toBe(0);
    const { found } = await lookAt(before, NUMBERS);
    for (const number of NUMBERS) if (stay.has(keyOf(number))) expect(found.has(number), where).toBe(true);
    if (error === undefined) expect(found.size, where).toBe(6);
    // And the next one does what this one could not.
    await collect(before);
    expect((await lookAt(before, NUMBERS)).found.size, where).toBe(6);
  }
  expect(faults.length).toBeGreaterThan(40);
});

it("short reads and writes change nothing", async () => {
  for (const [from, atMost] of [
    [0, 1],
    [0, 7],
    [3, 100],
    [10, 7],
    [20, 1],
  ] as const) {
    const fs = disk();
    const short = shortTransfers(fs, { from, atMost });
    const store = await openOn(short);
    for (const number of [20, 21, 22]) await store.put(answerOf(number));
    expect((await numbersIn(store, [...NUMBERS, 20, 21, 22])).size).toBe(15);
    await store.collect({ keep: (key) => key !== keyOf(0), maxAgeMs: 0 });
    await store.close();
    expect((await lookAt(shortTransfers(fs, { atMost: 3 }), [...NUMBERS, 20, 21, 22])).found.size).toBe(14);
    expect(fs.openHandles).toBe(0);
  }
});
