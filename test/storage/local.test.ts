import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LockedError, StorageError } from "../../src/errors.js";
import { LocalStorage } from "../../src/storage/local.js";
import { nodeFileSystem } from "../../src/storage/node-file-system.js";
import { livenessOf, thisProcess } from "../../src/storage/process-identity.js";
import { newDirectory } from "../checkpoints/notes.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { fileError } from "../support/memory-tree.js";
import { storageContract } from "./storage-contract.js";

const LINUX = process.platform === "linux";
const newStorage = async () => new LocalStorage(await newDirectory());

storageContract("a directory", newStorage);
storageContract("a directory where links are unknown", async () => {
  const fileSystem = interceptFileSystem(nodeFileSystem, async (call, run) => {
    if (call.method === "link" && (await stat(call.path).catch(() => undefined))) throw fileError("ENOTSUP", call.path);
    return await run();
  });
  return new LocalStorage(await newDirectory(), { fileSystem });
});

async function publish(storage: LocalStorage, path: string, text: string): Promise<void> {
  const staged = await storage.stage(".kura/1.tmp", path);
  await staged.write(Buffer.from(text));
  await staged.seal();
  await staged.publish();
}

describe("LocalStorage", () => {
  it("a file that was rewritten in place has another identity, one that was only linked or given another mode the same", async () => {
    const root = await newDirectory();
    const storage = new LocalStorage(root);
    await publish(storage, "x", "one");
    const before = (await storage.identify("x"))!.identity;
    await storage.keep("x", ".kura/x.data");
    await chmod(join(root, "x"), 0o600);
    expect((await storage.identify("x"))!.identity).toBe(before);
    expect((await storage.identify(".kura/x.data"))!.identity).toBe(before);
    await utimes(join(root, "x"), new Date(), new Date(Date.now() + 1000));
    expect((await storage.identify("x"))!.identity).not.toBe(before);
  });

  it("a file that is cut off while it is read is an error, never zeros", async () => {
    const root = await newDirectory();
    const storage = new LocalStorage(root);
    await publish(storage, "x", "0123456789");
    const file = (await storage.open("x"))!;
    await writeFile(join(root, "x"), "012");
    await expect(file.read(0, 10)).rejects.toThrow(/bytes 0-10 were asked for, the file ends at 3/);
    await file.close();
    await expect(file.read(0, 1)).rejects.toThrow(/it is closed/);
  });

  it("what is not a plain file is not replaced, neither when writing begins nor when it ends", async () => {
    const root = await newDirectory();
    const storage = new LocalStorage(root);
    await mkdir(join(root, "dir"));
    await expect(storage.stage(".kura/1.tmp", "dir")).rejects.toThrow(/dir": it is a directory; move it away/);
    const staged = await storage.stage(".kura/1.tmp", "x");
    await staged.seal();
    await symlink("dir", join(root, "x"));
    await expect(staged.publish()).rejects.toThrow(/x": it is a symbolic link; remove it/);
    await staged.discard();
    expect(await readdir(join(root, ".kura"))).toEqual([]);
  });

  it("errors carry the system's code and the path as the user knows it", async () => {
    const root = await newDirectory();
    await writeFile(join(root, "file"), "");
    const error = await new LocalStorage(`${root}/file`).open("x").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "ENOTDIR", path: `${root}/file/x` });
  });

  it("leaves no file open, whatever fails", async () => {
    const opened = new Set<string>();
    let fail: string | undefined;
    const fileSystem = interceptFileSystem(nodeFileSystem, async (call, run) => {
      // The system lets go of a file even where it reports an error.
      if (call.method === "file.close") {
        opened.delete(call.path);
        await run();
      }
      if (call.method === fail) throw fileError("EIO", call.path, call.method);
      if (call.method === "file.close") return undefined as never;
      const result = await run();
      if (call.method === "open") opened.add(call.path);
      return result;
    });
    const storage = new LocalStorage(await newDirectory(), { fileSystem });
    for (const method of [
      "file.write",
      "file.sync",
      "file.stat",
      "file.close",
      "rename",
      "chmod",
      "syncDirectory",
      "open",
      undefined,
    ]) {
      fail = method;
      await storage
        .stage(".kura/1.tmp", "x")
        .then(async (staged) => {
          try {
            await staged.write(Buffer.from("abc"));
            await staged.seal();
            await staged.publish();
          } finally {
            await staged.discard();
          }
        })
        .catch((error: unknown) => expect(error).toHaveProperty("path"));
      expect([...opened], `${method} fails`).toEqual([]);
    }
    expect(await storage.identify("x")).toMatchObject({ byteLength: 3 });
  });
});

/** A process that lives until it is told to end. */
async function livingProcess() {
  const child = spawn(process.execPath, ["-e", "process.stdout.write('up'); setInterval(() => {}, 1000)"]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
  const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
  const holder = { ...thisProcess(), pid: child.pid!, start, since: "2026-06-30T12:00:00Z", token: "theirs" };
  const end = () =>
    new Promise<void>((resolve) => {
      child.once("close", () => resolve());
      child.kill("SIGKILL");
    });
  return { holder, end };
}

describe("a lock that another process holds", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const held = async (content: string) => {
    const root = await newDirectory();
    await mkdir(join(root, ".kura/locks"), { recursive: true });
    await writeFile(join(root, ".kura/locks/x.1.lock"), content);
    return new LocalStorage(root);
  };

  it.runIf(LINUX)("is waited for while it lives, and taken when it is killed", async () => {
    const { holder, end } = await livingProcess();
    const storage = await held(JSON.stringify(holder));
    await expect(storage.lock("x", { waitMs: 100 })).rejects.toThrow(
      `process ${holder.pid} on ${hostname()} (since 2026-06-30T12:00:00Z) has been writing it`,
    );
    const waiting = storage.lock("x", { waitMs: 10_000 });
    await end();
    const lock = await waiting;
    await lock.assertHeld();
    await lock.release();
  });

  it.runIf(LINUX)(
    "is taken at once where the process number was given to another since, or the machine was started anew",
    async () => {
      const { holder, end } = await livingProcess();
      for (const other of [{ start: "1" }, { boot: "an earlier one" }, { pid: 2 ** 22 + 1 }]) {
        const storage = await held(JSON.stringify({ ...holder, ...other }));
        await (await storage.lock("x", { waitMs: 0 })).release();
      }
      await end();
    },
  );

  it.each([
    ["null", "null"],
    ["a number", "5"],
    ["a list", "[]"],
    ["no names", "{}"],
    ["a token that is a number", '{"token":5}'],
    ["a host that is a number", '{"host":1,"token":"a"}'],
    ["half an object", '{"host":"a'],
    ["zeros", "\0".repeat(100)],
    ["too much", `{"host":"${"x".repeat(9000)}"}`],
  ])("of which the file holds %s is waited for as one of which nothing is known", async (_, content) => {
    const storage = await held(content);
    await expect(storage.lock("x", { waitMs: 30 })).rejects.toThrow(/another process has been writing it/);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
    const waiting = storage.lock("x");
    let lock: Awaited<typeof waiting> | undefined;
    waiting.then((taken) => {
      lock = taken;
    });
    while (!lock) {
      await vi.advanceTimersByTimeAsync(250);
      await sleep(3); // the files are real
    }
    await lock.release();
  });

  it("on another machine is taken when its file was not touched for a minute, by our clock, and then says so to its holder", async () => {
    const root = await newDirectory();
    const theirs = await new LocalStorage(root).lock("x");
    const file = join(root, ".kura/locks/x.1.lock");
    await writeFile(
      file,
      JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), host: "elsewhere", token: "a" }),
    );
    await expect(new LocalStorage(root).lock("x", { waitMs: 50 })).rejects.toThrow(/on elsewhere/);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const waiting = new LocalStorage(root).lock("x");
    let lock: Awaited<typeof waiting> | undefined;
    waiting.then((taken) => {
      lock = taken;
    });
    let waitedMs = 0;
    for (; !lock; waitedMs += 1000) {
      await vi.advanceTimersByTimeAsync(1000);
      await sleep(3); // the files are real
    }
    expect(waitedMs).toBeGreaterThanOrEqual(60_000);
    const error = await theirs.assertHeld().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(LockedError);
    expect((error as Error).message).toMatch(/another process took over because this one gave no sign of life/);
    await lock!.release();
    await theirs.release();
  });

  it("files beside the locks that are none change nothing", async () => {
    const root = await newDirectory();
    await mkdir(join(root, ".kura/locks"), { recursive: true });
    for (const name of ["x.lock", `x.${"9".repeat(200)}.lock`, "x.a.lock", "y.7.lock", "x.1.lock~"])
      await writeFile(join(root, ".kura/locks", name), "");
    for (let time = 0; time < 3; time++) {
      const lock = await new LocalStorage(root).lock("x", { waitMs: 0 });
      await lock.assertHeld();
      await lock.release();
    }
  });

  it("leaves two small files for each name, however often it was held", async () => {
    const root = await newDirectory();
    const storage = new LocalStorage(root);
    for (let i = 0; i < 20; i++) await (await storage.lock("x")).release();
    expect((await readdir(join(root, ".kura/locks"))).sort()).toEqual(["x.20.free", "x.20.lock"]);
  });
});

describe("livenessOf()", () => {
  const self = thisProcess();
  it.each([
    ["this very process", {}, "alive"],
    ["one on another host", { host: "elsewhere" }, "unknown"],
    ["one of before the machine was started", { boot: "earlier" }, "dead"],
    ["one in another container", { namespace: "pid:[1]" }, "unknown"],
  ])("%s", (_, change, expected) => {
    if (!LINUX && expected !== "unknown") return;
    expect(livenessOf({ ...self, ...change }, self)).toBe(expected);
  });

  it("where the system does not tell when a process started, only a process that is gone is dead", () => {
    const other = { ...self, start: "" };
    expect(livenessOf(other, { ...self, start: "" })).toBe("alive");
    expect(livenessOf({ ...other, pid: process.ppid }, { ...self, start: "" })).toBe("unknown");
    expect(livenessOf({ ...other, pid: 2 ** 22 + 1 }, { ...self, start: "" })).toBe("dead");
  });
});

it("a directory in which nothing can be made, though it is there, is an error and no endless attempt", async () => {
  const directory = await newDirectory();
  const fileSystem = interceptFileSystem(nodeFileSystem, async (call, run) => {
    if (call.method === "mkdir" && call.path !== directory) throw fileError("ENOENT", call.path);
    return await run();
  });
  const storage = new LocalStorage(join(directory, "inside"), { fileSystem });
  await expect(storage.lock("notes.jsonl")).rejects.toThrow(StorageError);
  await expect(storage.stage("a.tmp", "a.jsonl")).rejects.toThrow(StorageError);
});
