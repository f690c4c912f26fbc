import { expect, it } from "vitest";
import type { FileSystem } from "../../src/storage/file-system.js";
import { faulty, shortTransfers } from "./fault-file-system.js";
import { PowerLossFileSystem } from "./power-loss-file-system.js";
import { Scheduler } from "./scheduled-file-system.js";

async function write(fs: FileSystem, path: string, content: string): Promise<number[]> {
  const handle = await fs.open(path, "wx");
  try {
    const taken: number[] = [];
    for (let at = 0; at < content.length; ) {
      taken.push(await handle.write(Buffer.from(content), at, content.length - at));
      at += taken.at(-1)!;
    }
    await handle.sync();
    return taken;
  } finally {
    await handle.close();
  }
}

it("lists the calls of an operation, so that each can be made to fail", async () => {
  const { fileSystem, calls } = faulty(new PowerLossFileSystem());
  await write(fileSystem, "/a", "abc");
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "open /a",
    "file.write /a",
    "file.sync /a",
    "file.close /a",
  ]);
});

it("fails once, or for ever, and only what the code can befall", async () => {
  const codeOf = (error: { code?: string }): string | undefined => error.code;
  for (const forever of [false, true]) {
    const disk = new PowerLossFileSystem();
    const { fileSystem, failed } = faulty(disk, { at: 1, code: "ENOSPC", forever });
    expect(await write(fileSystem, "/a", "abc").catch(codeOf)).toBe("ENOSPC");
    expect(await write(fileSystem, "/b", "abc").catch(codeOf)).toEqual(forever ? "ENOSPC" : [3]);
    expect((await fileSystem.readdir("/")).sort()).toEqual(forever ? ["a"] : ["a", "b"]);
    expect(failed()).toBe(forever ? 2 : 1);
    expect(disk.openHandles).toBe(0);
  }
});

it("lets go of the handle when close fails", async () => {
  const disk = new PowerLossFileSystem();
  const { fileSystem } = faulty(disk, { at: 3, code: "EIO", forever: false });
  await expect(write(fileSystem, "/a", "abc")).rejects.toMatchObject({ code: "EIO" });
  expect(disk.openHandles).toBe(0);
});

it("takes and gives fewer bytes than asked for", async () => {
  const disk = new PowerLossFileSystem();
  const fs = shortTransfers(disk, { from: 1, atMost: 2 });
  expect(await write(fs, "/a", "abcdefg")).toEqual([7]);
  expect(await write(fs, "/b", "abcdefg")).toEqual([2, 2, 2, 1]);
  const handle = await fs.open("/b", "r");
  expect(await handle.read(Buffer.alloc(7), 0, 7, 0)).toBe(2);
});

it("orders the calls of several tasks by seed", async () => {
  const run = async (seed: number): Promise<string[]> => {
    const disk = new PowerLossFileSystem();
    const scheduler = new Scheduler(seed);
    const order: string[] = [];
    const task = async (name: string): Promise<void> => {
      const fs = scheduler.task(disk);
      for (let i = 0; i < 4; i++) {
        await fs.mkdir(`/${name}${i}`);
        order.push(name);
      }
    };
    await Promise.all([task("a"), task("b")]);
    expect(scheduler.turns).toBe(8);
    return order;
  };
  expect(await run(1)).toEqual(await run(1));
  const orders = await Promise.all([1, 2, 3, 4, 5, 6].map(run));
  expect(new Set(orders.map(String)).size).toBeGreaterThan(3);
});
