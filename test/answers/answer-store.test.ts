import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeAnswer, encodeLine } from "../../src/checkpoints/answers/answer-line.js";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { HEADER } from "../../src/checkpoints/answers/segment-reader.js";
import { NewerFormatError, UnwritableAnswersError } from "../../src/errors.js";
import { LocalStorage } from "../../src/storage/local.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import type { Storage } from "../../src/storage/storage.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { usedDisk } from "./explore.js";
import { AT, answerOf, keyOf, numbersIn, openOn, SEGMENTS } from "./samples.js";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-answers-"));
});
afterEach(async () => {
  await rm(scratch, { recursive: true, force: true });
});

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

async function keep(store: AnswerStore, numbers: readonly number[]): Promise<void> {
  await Promise.all(numbers.map((number) => store.put(answerOf(number))));
}

const STORAGES: Record<string, () => Storage> = {
  "a directory": () => new LocalStorage(join(scratch, "checkpoints")),
  memory: () => new MemoryStorage(),
};

describe.each(Object.entries(STORAGES))("AnswerStore in %s", (_, make) => {
  it("gives what was put, text, vectors and failures, at once and after opening anew", async () => {
    const storage = make();
    const store = await AnswerStore.open(storage);
    expect(store.size).toBe(0);
    expect(await store.get(keyOf(1))).toBeUndefined();
    await keep(store, range(0, 300));
    expect((await numbersIn(store, range(0, 310))).size).toBe(300);
    await store.close();
    const again = await AnswerStore.open(storage, { readOnly: true });
    expect(again.size).toBe(300);
    expect((await numbersIn(again, range(0, 310))).size).toBe(300);
    await again.close();
  });

  it("reads what a writer that never closed has left", async () => {
    const storage = make();
    const first = await AnswerStore.open(storage);
    await keep(first, range(0, 30));
    const second = await AnswerStore.open(storage);
    expect((await numbersIn(second, range(0, 30))).size).toBe(30);
    await first.close();
    await second.close();
  });

  it("is the union of all writers, and refresh() sees what others added", async () => {
    const storage = make();
    const stores = [await AnswerStore.open(storage), await AnswerStore.open(storage), await AnswerStore.open(storage)];
    for (const [i, store] of stores.entries()) await keep(store, range(100 * i, 100 * i + 50));
    expect((await storage.list(".kura/answers")).length).toBe(3);
    await stores[0]!.refresh();
    expect(stores[0]!.size).toBe(150);
    await keep(stores[1]!, range(500, 510));
    await stores[1]!.close();
    await stores[0]!.refresh();
    expect((await numbersIn(stores[0]!, range(0, 600))).size).toBe(160);
    await stores[0]!.close();
    await stores[2]!.close();
    const last = await AnswerStore.open(storage);
    expect(last.size).toBe(160);
    await last.close();
  });

  it("gives the first of two answers for a key, and an answer before a failure", async () => {
    const storage = make();
    const store = await AnswerStore.open(storage);
    await store.put({ key: keyOf("a"), failure: { reason: "refused" }, at: AT });
    await store.put({ key: keyOf("a"), value: "one", at: AT });
    await store.put({ key: keyOf("a"), value: "two", at: AT });
    await store.put({ key: keyOf("a"), failure: { reason: "refused" }, at: AT });
    expect((await store.get(keyOf("a")))?.value).toBe("one");
    expect(store.size).toBe(1);
    await store.close();
    const again = await AnswerStore.open(storage);
    expect((await again.get(keyOf("a")))?.value).toBe("one");
    await again.close();
  });

  it("finds the answers of a chat, and not those that only quote it", async () => {
    const storage = make();
    const store = await AnswerStore.open(storage);
    await keep(store, range(0, 100));
    await store.put({
      key: keyOf("quote"),
      value: 'says "chatId":"chat 3"',
      at: AT,
      chatId: 'other "chatId":"chat 3"',
    });
    const found = [];
    for await (const { key } of store.ofChat("chat 3")) found.push(key);
    expect(found.sort()).toEqual(
      range(0, 100)
        .filter((number) => number % 10 === 3)
        .map(keyOf)
        .sort(),
    );
    await store.close();
  });

  it("starts a new segment when one is full, and reads all", async () => {
    const storage = make();
    const store = await AnswerStore.open(storage);
    const text = "x".repeat(8 << 20);
    for (const start of [0, 5]) {
      const numbers = range(start, start + 5);
      await Promise.all(numbers.map((i) => store.put({ key: keyOf(i), value: `${i} ${text}`, at: AT })));
    }
    expect((await storage.list(".kura/answers")).length).toBe(2);
    await store.close();
    const again = await AnswerStore.open(storage);
    for (const i of range(0, 10)) expect((await again.get(keyOf(i)))?.value === `${i} ${text}`).toBe(true);
    await again.close();
  });

  it("leaves no segment when nothing was put", async () => {
    const storage = make();
    const store = await AnswerStore.open(storage);
    await store.ready();
    await store.close();
    expect(await storage.list(".kura/answers")).toEqual([]);
  });

  it("writes nothing when it is opened to read only", async () => {
    const storage = make();
    const store = await AnswerStore.open(storage, { readOnly: true });
    await expect(store.ready()).rejects.toThrow(UnwritableAnswersError);
    await expect(store.put(answerOf(1))).rejects.toThrow("opened to be read only");
    await expect(store.collect({ keep: () => false })).rejects.toThrow(UnwritableAnswersError);
    await store.close();
    expect(await storage.list(".kura/answers")).toEqual([]);
    expect(await storage.list(".kura")).toEqual([]);
  });

  it("takes keys that are hashes, and nothing else", async () => {
    const store = await AnswerStore.open(make());
    for (const key of ["", "abc", keyOf(1).toUpperCase(), `${keyOf(1)}0`]) {
      expect(() => store.has(key)).toThrow(TypeError);
      await expect(store.put({ key, value: "", at: AT })).rejects.toThrow("64 lower-case hexadecimal digits");
    }
  });

  it("refuses an answer that is too long, and goes on", async () => {
    const store = await AnswerStore.open(make());
    await expect(store.put({ key: keyOf(1), value: "x".repeat(65 << 20), at: AT })).rejects.toThrow(RangeError);
    await store.put(answerOf(2));
    expect((await numbersIn(store, [1, 2])).size).toBe(1);
    await store.close();
  });
});

describe("AnswerStore in a directory", () => {
  it("is its user's alone, and out of repositories", async () => {
    const root = join(scratch, "checkpoints");
    const store = await AnswerStore.open(new LocalStorage(root));
    await keep(store, [1]);
    await store.close();
    const [segment] = await readdir(join(root, ".kura/answers"));
    expect((await stat(join(root, ".kura/answers", segment!))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, ".kura/answers"))).mode & 0o777).toBe(0o700);
    expect(await readFile(join(root, ".kura/.gitignore"), "utf8")).toBe("*\n");
  });

  it("keeps a .gitignore and other files that are there", async () => {
    const storage = new LocalStorage(scratch);
    await mkdir(join(scratch, ".kura/answers/notes"), { recursive: true });
    for (const [path, text] of [
      [".kura/.gitignore", "mine"],
      [".kura/answers/readme.answers", "not a segment"],
    ] as const) {
      const file = await storage.stage(`${path}.tmp`, path);
      await file.write(Buffer.from(text));
      await file.seal();
      await file.publish();
    }
    const store = await AnswerStore.open(storage);
    await keep(store, [1, 2]);
    await store.collect({ keep: () => true });
    await store.close();
    expect(await readFile(join(scratch, ".kura/.gitignore"), "utf8")).toBe("mine");
    expect(await readFile(join(scratch, ".kura/answers/readme.answers"), "utf8")).toBe("not a segment");
  });

  it("uses its slots again, so that locks do not pile up", async () => {
    const storage = new LocalStorage(scratch);
    for (let run = 0; run < 5; run++) {
      const stores = [await AnswerStore.open(storage), await AnswerStore.open(storage)];
      for (const store of stores) await keep(store, [run]);
      for (const store of stores) await store.close();
    }
    expect((await readdir(join(scratch, ".kura/locks"))).length).toBe(4);
    expect((await readdir(join(scratch, ".kura/answers"))).length).toBe(10);
  });

  it("is lines of JSON behind a checksum", async () => {
    const store = await AnswerStore.open(new LocalStorage(scratch));
    await store.put({
      key: keyOf(1),
      value: "text",
      usage: { inputTokens: 3 },
      attempts: 1,
      at: AT,
      chatId: "c",
      step: "s",
    });
    await store.close();
    const [segment] = await readdir(join(scratch, ".kura/answers"));
    const lines = (await readFile(join(scratch, ".kura/answers", segment!), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => Object.keys(JSON.parse(line.slice(9)) as object))).toEqual([
      ["format"],
      ["key", "text", "usage", "attempts", "at", "chatId", "step"],
      ["index"],
      ["sealed", "index"],
    ]);
    expect(`${lines[1]}\n`).toBe(
      encodeAnswer({
        key: keyOf(1),
        value: "text",
        usage: { inputTokens: 3 },
        attempts: 1,
        at: AT,
        chatId: "c",
        step: "s",
      }).toString(),
    );
  });

  it("keeps few files open, however many segments there are", async () => {
    const fs = await usedDisk(new PowerLossFileSystem());
    const numbers = range(0, 100);
    for (const number of numbers) {
      const store = await openOn(fs);
      await keep(store, [number]);
      await store.close();
    }
    const store = await openOn(fs, { readOnly: true });
    const found = await Promise.all(numbers.map((number) => store.get(keyOf(number))));
    expect(found.filter((answer) => answer === undefined)).toEqual([]);
    expect((await numbersIn(store, numbers)).size).toBe(100);
    expect(fs.openHandles).toBeLessThanOrEqual(32);
    await store.close();
    expect(fs.openHandles).toBe(0);
  });

  it.each([
    ["in its first line", encodeLine('{"format":2}')],
    ["in its last", Buffer.concat([HEADER, encodeLine(`{"sealed":2,"index":${String(0).padStart(16)}}`)])],
  ])("refuses a segment of a newer version, that says so %s", async (_, bytes) => {
    const fs = await usedDisk(new PowerLossFileSystem());
    const store = await openOn(fs);
    await keep(store, [1]);
    await store.close();
    fs.rewriteInPlace(`${SEGMENTS}/${(await fs.readdir(SEGMENTS))[0]}`, bytes);
    await expect(openOn(fs)).rejects.toThrow(NewerFormatError);
    expect(fs.openHandles).toBe(0);
  });
});
