import { mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../../src/errors.js";
import { LocalStorage } from "../../src/storage/local.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import type { Storage } from "../../src/storage/storage.js";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-append-"));
});
afterEach(async () => {
  await rm(scratch, { recursive: true, force: true });
});

const STORAGES: Record<string, () => Storage> = {
  "a directory": () => new LocalStorage(scratch),
  memory: () => new MemoryStorage(),
};

async function textAt(storage: Storage, path: string): Promise<string | undefined> {
  const file = await storage.open(path);
  const bytes = await file?.read(0, file.byteLength);
  await file?.close();
  return bytes && Buffer.from(bytes).toString();
}

describe.each(Object.entries(STORAGES))("append() in %s", (_, make) => {
  it("makes an empty file that grows where it is", async () => {
    const storage = make();
    const file = await storage.append!("a/b/log");
    expect(await textAt(storage, "a/b/log")).toBe("");
    const chunk = Buffer.from("one ");
    await file.write(chunk);
    chunk.fill(0);
    const pinned = await storage.open("a/b/log");
    await file.write(Buffer.from("two".repeat(1000)));
    await file.sync();
    expect(await textAt(storage, "a/b/log")).toBe(`one ${"two".repeat(1000)}`);
    expect(pinned!.byteLength).toBe(4);
    expect(Buffer.from(await pinned!.read(0, 4)).toString()).toBe("one ");
    await pinned!.close();
    await file.close();
    expect(await storage.list("a/b")).toMatchObject([{ path: "a/b/log", byteLength: 3004 }]);
  });

  it("refuses a name that is taken", async () => {
    const storage = make();
    await (await storage.append!("log")).close();
    await expect(storage.append!("log")).rejects.toThrow(StorageError);
  });

  it("says so when the name has gone: what is written could not be found again", async () => {
    const storage = make();
    const file = await storage.append!("log");
    await file.write(Buffer.from("one"));
    await file.sync();
    await storage.remove("log");
    await expect(file.write(Buffer.from("two")).then(() => file.sync())).rejects.toThrow(StorageError);
    await file.close();
    expect(await textAt(storage, "log")).toBeUndefined();
  });
});

describe("append() in a directory", () => {
  it("makes a file, and a directory, that are its user's alone", async () => {
    const storage = new LocalStorage(scratch);
    await (await storage.append!("outer/inner/log")).close();
    expect((await stat(join(scratch, "outer/inner/log"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(scratch, "outer/inner"))).mode & 0o777).toBe(0o700);
    // Only the innermost: others may be for more than this.
    expect((await stat(join(scratch, "outer"))).mode & 0o077).not.toBe(0);
  });

  it("says so when another file has taken the name", async () => {
    const storage = new LocalStorage(scratch);
    const file = await storage.append!("log");
    await rename(join(scratch, "log"), join(scratch, "moved"));
    await writeFile(join(scratch, "log"), "another");
    await expect(file.sync()).rejects.toThrow("another file has taken its name");
    await file.close();
  });
});
