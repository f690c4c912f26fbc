import { describe, expect, it } from "vitest";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { usedDisk } from "./explore.js";
import { AT, answerOf, keyOf, lookAt, numbersIn, openOn, SEGMENTS } from "./samples.js";

const DAY_MS = 86_400_000;
const NOW = Date.parse(AT);
const NUMBERS = Array.from({ length: 30 }, (_, i) => i);
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS).toISOString();

/** Answer `n` is `n` days old; they are in three segments. */
async function aged(): Promise<{ storage: MemoryStorage; store: AnswerStore }> {
  const storage = new MemoryStorage();
  for (const start of [0, 10, 20]) {
    const writer = await AnswerStore.open(storage);
    for (const number of NUMBERS.slice(start, start + 10)) await writer.put(answerOf(number, daysAgo(number)));
    await writer.close();
  }
  return { storage, store: await AnswerStore.open(storage) };
}

const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);

describe("AnswerStore.collect()", () => {
  it("drops nothing when it is told of no limit, and puts small segments together", async () => {
    const { storage, store } = await aged();
    const before = (await storage.list(".kura/answers")).length;
    const { kept, dropped, skipped } = await store.collect({ keep: () => false });
    expect({ before, kept, dropped, skipped }).toEqual({ before: 3, kept: 30, dropped: 0, skipped: [] });
    expect((await storage.list(".kura/answers")).length).toBe(1);
    expect((await numbersIn(store, NUMBERS)).size).toBe(30);
    // There is nothing to do a second time.
    const [segment] = await storage.list(".kura/answers");
    await store.collect({ keep: () => false });
    expect(await storage.list(".kura/answers")).toEqual([segment]);
  });

  it("drops what is older than the limit, but for what is referred to", async () => {
    const { storage, store } = await aged();
    const kept = new Set([keyOf(25), keyOf(29), keyOf(3)]);
    const result = await store.collect({ keep: (key) => kept.has(key), maxAgeMs: 10.5 * DAY_MS, now: NOW });
    const wanted = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 25, 29];
    expect(result).toMatchObject({ kept: 13, dropped: 17 });
    expect(sorted(await numbersIn(store, NUMBERS))).toEqual(wanted);
    expect(store.size).toBe(13);
    expect(sorted(await numbersIn(await AnswerStore.open(storage), NUMBERS))).toEqual(wanted);
  });

  it("drops the oldest until the rest fits, but for what is referred to", async () => {
    const { storage, store } = await aged();
    const { byteLength: all } = await store.collect({ keep: () => true });
    const kept = new Set([keyOf(28), keyOf(29)]);
    const { byteLength, kept: left } = await store.collect({ keep: (key) => kept.has(key), maxBytes: all / 2 });
    expect(byteLength).toBeLessThanOrEqual(all / 2 + 1500);
    const found = sorted(await numbersIn(store, NUMBERS));
    expect(found.length).toBe(left);
    expect(found.slice(-2)).toEqual([28, 29]);
    // The youngest, without a gap.
    expect(found.slice(0, -2)).toEqual(NUMBERS.slice(0, left - 2));
    expect(left).toBeGreaterThan(8);
    await store.collect({ keep: (key) => kept.has(key), maxBytes: 0 });
    expect(sorted(await numbersIn(store, NUMBERS))).toEqual([28, 29]);
    expect((await storage.list(".kura/answers")).length).toBe(1);
  });

  it("removes a segment of which nothing stays", async () => {
    const { storage, store } = await aged();
    await store.collect({ keep: () => false, maxAgeMs: 0, now: NOW + 1 });
    expect(await storage.list(".kura/answers")).toEqual([]);
    expect(store.size).toBe(0);
    await store.put(answerOf(1));
    expect((await numbersIn(store, NUMBERS)).size).toBe(1);
  });

  it("keeps one of several answers for a key, and drops a failure that was made good", async () => {
    const storage = new MemoryStorage();
    for (const kept of [{ failure: { reason: "refused" } }, { value: "one" }, { value: "two" }]) {
      const writer = await AnswerStore.open(storage);
      await writer.put({ key: keyOf("a"), at: AT, ...kept });
      await writer.close();
    }
    const store = await AnswerStore.open(storage);
    expect(await store.collect({ keep: () => true })).toMatchObject({ kept: 1, dropped: 2 });
    expect((await store.get(keyOf("a")))?.value).toBe("one");
  });

  it("leaves alone what a living writer has not sealed, its own too, and takes it when that has ended", async () => {
    const { storage, store } = await aged();
    const writer = await AnswerStore.open(storage);
    await writer.put(answerOf(100, daysAgo(100)));
    await store.put(answerOf(101, daysAgo(100)));
    const all = { keep: () => false, maxAgeMs: 0, now: NOW + 1 };
    expect((await store.collect(all)).skipped.length).toBe(2);
    expect(sorted(await numbersIn(store, [...NUMBERS, 100, 101]))).toEqual([100, 101]);
    await writer.put(answerOf(102));
    await writer.close();
    expect((await store.collect(all)).skipped.length).toBe(1);
    expect(sorted(await numbersIn(store, [...NUMBERS, 100, 101, 102]))).toEqual([101]);
    await store.close();
  });

  it("takes what a dead writer left, though a living one has its slot now", async () => {
    const fs = await usedDisk(new PowerLossFileSystem());
    const first = await openOn(fs);
    await first.put(answerOf(1));
    const left = fs.clone();
    await first.close();
    const store = await openOn(left);
    await store.put(answerOf(2));
    const names = await left.readdir(SEGMENTS);
    expect(new Set(names.map((name) => name.split(".")[1]))).toEqual(new Set(["0"]));
    const { skipped } = await store.collect({ keep: (key) => key === keyOf(2), maxAgeMs: 0 });
    expect(skipped.length).toBe(1);
    expect(sorted(await numbersIn(store, [1, 2]))).toEqual([2]);
    await store.close();
    expect(sorted((await lookAt(left, [1, 2])).found)).toEqual([2]);
  });

  it("is not noticed by those who have the store open, but for what was dropped", async () => {
    const { storage, store } = await aged();
    const other = await AnswerStore.open(storage);
    await store.collect({ keep: (key) => key !== keyOf(5), maxAgeMs: 0, now: NOW + 1 });
    await store.collect({ keep: (key) => key !== keyOf(6), maxAgeMs: 0, now: NOW + 1 });
    const wanted = NUMBERS.filter((number) => number !== 5 && number !== 6);
    expect(sorted(await numbersIn(other, NUMBERS))).toEqual(wanted);
    await other.refresh();
    expect(other.size).toBe(28);
  });

  it("keeps a segment that grew while it was copied: its writer was not dead", async () => {
    const fs = await usedDisk(new PowerLossFileSystem());
    const store = await openOn(fs);
    await store.put(answerOf(1));
    await store.close();
    const [name] = await fs.readdir(SEGMENTS);
    const path = `${SEGMENTS}/${name}`;
    const collector = await openOn(fs);
    let grown = false;
    const keep = () => {
      if (!grown) fs.rewriteInPlace(path, Buffer.concat([fs.bytesAt(path)!, Buffer.from("more")]));
      grown = true;
      return false;
    };
    expect((await collector.collect({ keep, maxAgeMs: 0 })).skipped).toEqual([`.kura/answers/${name}`]);
    expect((await lookAt(fs, [1])).found.size).toBe(1);
    await collector.close();
  });
});
