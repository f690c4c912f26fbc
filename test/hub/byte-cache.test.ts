import { mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteCache } from "../../src/hub/byte-cache.js";

const newDirectory = () => join(mkdtempSync(join(tmpdir(), "kura-byte-cache-")), "cache");
const whole = new Uint8Array(10_000).map((_, index) => (index * 31) % 251);

function counted() {
  const fetched: [number, number][] = [];
  const fetch = async (start: number, end: number) => {
    fetched.push([start, end]);
    return whole.slice(start, end);
  };
  return { fetched, fetch };
}
const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "swept")
    .map((entry) => join(entry.parentPath, entry.name));

describe("ByteCache", () => {
  it("fetches every byte once, and only what is asked for, whatever the ranges", async () => {
    const range = fc.tuple(fc.nat(10_000), fc.nat(10_000)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    await fc.assert(
      fc.asyncProperty(fc.array(range, { maxLength: 12 }), async (ranges) => {
        const cache = new ByteCache({ directory: newDirectory(), mostBytes: 1e9 });
        const { fetched, fetch } = counted();
        const asked = new Set<number>();
        for (const [start, end] of ranges) {
          expect(await cache.read("abcd", start, end, { fetch })).toEqual(whole.slice(start, end));
          for (let at = start; at < end; at++) asked.add(at);
        }
        expect(fetched.reduce((sum, [start, end]) => sum + end - start, 0)).toBe(asked.size);
      }),
      { numRuns: 30, seed: 8 },
    );
  });

  it("is shared by those who use the same directory, and is the user's alone", async () => {
    const directory = newDirectory();
    await new ByteCache({ directory, mostBytes: 1e9 }).read("abcd", 0, 100, counted());
    const { fetched, fetch } = counted();
    await new ByteCache({ directory, mostBytes: 1e9 }).read("abcd", 50, 60, { fetch });
    expect(fetched).toEqual([]);
    if (process.platform !== "win32") expect(statSync(filesIn(directory)[0]!).mode & 0o77).toBe(0);
  });

  it("fetches again what was damaged here, and what is to be fresh", async () => {
    const directory = newDirectory();
    const cache = new ByteCache({ directory, mostBytes: 1e9 });
    const { fetched, fetch } = counted();
    await cache.read("abcd", 0, 100, { fetch });
    const [path] = filesIn(directory);
    const damaged = readFileSync(path!);
    damaged[7]! ^= 1;
    writeFileSync(path!, damaged);
    expect(await cache.read("abcd", 0, 100, { fetch })).toEqual(whole.slice(0, 100));
    await cache.read("abcd", 10, 20, { fetch, fresh: true });
    expect(fetched).toEqual([
      [0, 100],
      [0, 100],
      [10, 20],
    ]);
  });

  it("keeps to its size, and what was used last", async () => {
    const directory = newDirectory();
    const cache = new ByteCache({ directory, mostBytes: 5000 });
    for (let at = 0; at < 10_000; at += 500) await cache.read("abcd", at, at + 500, counted());
    const total = filesIn(directory).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(total).toBeLessThanOrEqual(5500);
    expect(total).toBeGreaterThan(2000);
  });

  it("is counted by the first of many in ten minutes", async () => {
    const directory = newDirectory();
    const sizeAfter = async (start: number) => {
      await new ByteCache({ directory, mostBytes: 3000 }).read("abcd", start, start + 100, counted());
      return filesIn(directory).reduce((sum, path) => sum + statSync(path).size, 0);
    };
    await new ByteCache({ directory, mostBytes: 1e9 }).read("abcd", 0, 5000, counted());
    expect(await sizeAfter(6000)).toBe(5100);
    utimesSync(join(directory, "swept"), 0, 0);
    expect(await sizeAfter(7000)).toBeLessThanOrEqual(3000);
  });

  it("does without where nothing can be written", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "kura-byte-cache-")), "file");
    writeFileSync(file, "");
    const cache = new ByteCache({ directory: file, mostBytes: 1e9 });
    expect(await cache.read("abcd", 3, 9, counted())).toEqual(whole.slice(3, 9));
  });
});
