import { describe, expect, it } from "vitest";
import { LockedError, StorageError } from "../../src/errors.js";
import type { Storage } from "../../src/storage/storage.js";

const bytes = (text: string) => Buffer.from(text);

async function put(storage: Storage, path: string, text: string): Promise<string> {
  const staged = await storage.stage(`.kura/${path.replaceAll("/", "_")}.tmp`, path);
  await staged.write(bytes(text));
  const { identity } = await staged.seal();
  await staged.publish();
  return identity;
}

async function get(storage: Storage, path: string): Promise<string | undefined> {
  const file = await storage.open(path);
  if (!file) return undefined;
  try {
    return Buffer.from(await file.read(0, file.byteLength)).toString();
  } finally {
    await file.close();
  }
}

/** What every storage must do. */
export function storageContract(name: string, make: () => Promise<Storage>): void {
  describe(`storage contract: ${name}`, () => {
    it("publish() gives the bytes that were written a name, and not before", async () => {
      const storage = await make();
      const staged = await storage.stage(".kura/x/1.tmp", "x");
      const chunk = bytes("hello ");
      await staged.write(chunk);
      chunk.fill(0); // it is the writer's again
      await staged.write(bytes("world"));
      expect(await storage.open("x")).toBeUndefined();
      const sealed = await staged.seal();
      expect(sealed.byteLength).toBe(11);
      expect(await storage.identify("x")).toBeUndefined();
      await staged.publish();
      expect(await get(storage, "x")).toBe("hello world");
      expect(await storage.identify("x")).toEqual({ path: "x", ...sealed });
      expect(await storage.open(".kura/x/1.tmp")).toBeUndefined();
    });

    it("listDirectories() names those directly inside, and list() the files", async () => {
      const storage = await make();
      for (const path of ["a/b/x", "a/c/d/x", "a/y", "z"]) await put(storage, path, "");
      expect((await storage.listDirectories("a")).sort()).toEqual(["b", "c"]);
      expect(await storage.listDirectories("a/b")).toEqual([]);
      expect(await storage.listDirectories("nowhere")).toEqual([]);
      expect((await storage.list("a")).map(({ path }) => path)).toEqual(["a/y"]);
    });

    it("an empty file is a file", async () => {
      const storage = await make();
      await put(storage, "x", "");
      expect(await get(storage, "x")).toBe("");
      expect(await storage.identify("x")).toMatchObject({ byteLength: 0 });
    });

    it("publish() replaces what was there; who had it open reads on", async () => {
      const storage = await make();
      const first = await put(storage, "x", "first");
      const opened = (await storage.open("x"))!;
      const second = await put(storage, "x", "second!");
      expect(second).not.toBe(first);
      expect(await get(storage, "x")).toBe("second!");
      expect(opened).toMatchObject({ identity: first, byteLength: 5 });
      expect(Buffer.from(await opened.read(1, 4)).toString()).toBe("irs");
      await storage.remove("x");
      expect(Buffer.from(await opened.read(0, 5)).toString()).toBe("first");
      await opened.close();
    });

    it("read() gives exactly what is asked for, into memory that is offered or not, or an error", async () => {
      const storage = await make();
      await put(storage, "x", "0123456789");
      const file = (await storage.open("x"))!;
      const memory = new Uint8Array(64).fill(7);
      for (const [start, end] of [
        [0, 10],
        [3, 4],
        [5, 5],
        [9, 10],
      ] as const) {
        for (const options of [{}, { into: memory }, { into: new Uint8Array(1) }])
          expect(Buffer.from(await file.read(start, end, options)).toString()).toBe("0123456789".slice(start, end));
      }
      await expect(file.read(5, 11)).rejects.toThrow(/bytes 5-11/);
      expect(Math.abs(file.modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);
      await file.close();
    });

    it("discard() leaves nothing, may be called at any time, and not after publish() does harm", async () => {
      const storage = await make();
      const staged = await storage.stage(".kura/1.tmp", "x");
      await staged.write(bytes("a"));
      await staged.discard();
      await staged.discard();
      const sealed = await storage.stage(".kura/1.tmp", "x");
      await sealed.seal();
      await sealed.discard();
      expect(await storage.list("")).toEqual([]);
      expect((await storage.list(".kura")).filter(({ path }) => path.endsWith(".tmp"))).toEqual([]);
      const published = await storage.stage(".kura/1.tmp", "x");
      await published.seal();
      await published.publish();
      await published.discard();
      expect(await get(storage, "x")).toBe("");
    });

    it("what is not sealed cannot be published", async () => {
      const storage = await make();
      const staged = await storage.stage(".kura/1.tmp", "x");
      await expect(staged.publish()).rejects.toThrow(/it is not sealed/);
      await staged.discard();
      expect(await storage.open("x")).toBeUndefined();
    });

    it("two cannot stage the same temporary name", async () => {
      const storage = await make();
      const staged = await storage.stage(".kura/1.tmp", "x");
      await expect(storage.stage(".kura/1.tmp", "x")).rejects.toThrow(StorageError);
      await staged.discard();
      await (await storage.stage(".kura/1.tmp", "x")).discard();
    });

    it("list() gives the files directly inside a directory, and none for one that is not there", async () => {
      const storage = await make();
      for (const path of ["a", "b.jsonl", "dir/c", "dir/sub/d", "directory/e"]) await put(storage, path, path);
      const paths = async (directory: string) => (await storage.list(directory)).map(({ path }) => path).sort();
      expect(await paths("")).toEqual(["a", "b.jsonl"]);
      expect(await paths("dir")).toEqual(["dir/c"]);
      expect(await paths("dir/sub")).toEqual(["dir/sub/d"]);
      expect(await paths("nothing")).toEqual([]);
      for (const file of await storage.list("dir")) expect(file).toEqual(await storage.identify(file.path));
    });

    it("keep() gives bytes a second name, which stays when the first is replaced or removed", async () => {
      const storage = await make();
      await put(storage, "x", "old");
      await storage.keep("x", ".kura/kept.data");
      await storage.sync(".kura");
      await put(storage, "x", "new");
      expect(await get(storage, ".kura/kept.data")).toBe("old");
      await storage.remove("x");
      expect(await get(storage, ".kura/kept.data")).toBe("old");
      await expect(storage.keep("x", ".kura/other.data")).rejects.toThrow(/Cannot keep ".*x": it does not exist/);
      await put(storage, "y", "y");
      await expect(storage.keep("y", ".kura/kept.data")).rejects.toThrow(StorageError);
    });

    it("remove() says whether there was something", async () => {
      const storage = await make();
      await put(storage, "dir/x", "");
      expect(await storage.remove("dir/x")).toBe(true);
      expect(await storage.remove("dir/x")).toBe(false);
      expect(await storage.remove("nothing/x")).toBe(false);
      await storage.sync("nothing");
    });

    it("a lock has one holder at a time, in the order of asking or not, and other names are free", async () => {
      const storage = await make();
      let holders = 0;
      let most = 0;
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const lock = await storage.lock("x");
          most = Math.max(most, ++holders);
          await (await storage.lock("y")).release();
          await lock.assertHeld();
          holders--;
          await lock.release();
        }),
      );
      expect(most).toBe(1);
    });

    it("a lock that is not had in time is told with who holds it, after saying once that it waits", async () => {
      const storage = await make();
      const lock = await storage.lock("x");
      const told: string[] = [];
      const options = { waitMs: 50, onWait: (holder: string) => told.push(holder) };
      await expect(storage.lock("x", options)).rejects.toThrow(LockedError);
      expect(told).toHaveLength(1);
      await expect(storage.lock("x", { waitMs: 0 })).rejects.toThrow(/has been writing it for the \d+ s/);
      await lock.release();
      const quiet: string[] = [];
      await (await storage.lock("x", { waitMs: 50, onWait: (holder) => quiet.push(holder) })).release();
      expect(quiet).toEqual([]);
    });

    it("waiting for a lock ends with the signal, and who waits behind still gets it", async () => {
      const storage = await make();
      const lock = await storage.lock("x");
      const stop = new AbortController();
      const impatient = storage.lock("x", { signal: stop.signal });
      const patient = storage.lock("x");
      const reason = Object.assign(new Error("enough"), { code: "ABORT_ERR" });
      setTimeout(() => stop.abort(reason), 20);
      await expect(impatient).rejects.toBe(reason);
      await expect(storage.lock("x", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await lock.release();
      await (await patient).release();
      await (await storage.lock("x", { waitMs: 1000 })).release();
    });
  });
}
