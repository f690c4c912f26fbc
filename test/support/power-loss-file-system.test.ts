import { describe, expect, it } from "vitest";
import type { FileSystem } from "../../src/storage/file-system.js";
import { CRASH_MODES, type CrashMode, modeName, stateKey } from "./crash-states.js";
import { PowerLossFileSystem } from "./power-loss-file-system.js";

const text = (fs: PowerLossFileSystem, path: string): string | undefined => {
  const bytes = fs.bytesAt(path);
  return bytes && Buffer.from(bytes).toString();
};

async function write(fs: FileSystem, path: string, content: string, { sync = false } = {}): Promise<void> {
  const handle = await fs.open(path, "wx");
  await handle.write(Buffer.from(content), 0, content.length);
  if (sync) await handle.sync();
  await handle.close();
}

/** What a path may hold after a power cut now, each possibility once, sorted. */
function afterPowerCut(fs: PowerLossFileSystem, look: (state: PowerLossFileSystem) => unknown): string[] {
  const { states, complete } = fs.crashStates();
  expect(complete).toBe(true);
  return [...new Set(states.map((state) => JSON.stringify(look(state) ?? null)))].sort();
}

const weak: CrashMode = { meta: "reorder", data: "weak", rename: "atomic" };

describe("PowerLossFileSystem as a file system", () => {
  it("counts names, not files, and keeps a file until its last name goes", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "one");
    await fs.link("/a", "/b");
    const { ino } = await fs.stat("/a");
    expect((await fs.stat("/b")).ino).toBe(ino);
    expect(fs.tree.linkCount(Number(ino))).toBe(2);
    await fs.unlink("/a");
    expect(text(fs, "/b")).toBe("one");
    expect(fs.tree.linkCount(Number(ino))).toBe(1);
  });

  it("does nothing when a file is renamed over another name of itself", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "one");
    await fs.link("/a", "/b");
    await fs.rename("/a", "/b");
    expect((await fs.readdir("/")).sort()).toEqual(["a", "b"]);
  });

  it("lets an open handle read a file that was displaced", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "old");
    await write(fs, "/b", "new");
    const handle = await fs.open("/a", "r");
    await fs.rename("/b", "/a");
    await write(fs, "/c", "other");
    const buffer = Buffer.alloc(3);
    expect(await handle.read(buffer, 0, 3, 0)).toBe(3);
    expect(buffer.toString()).toBe("old");
    expect(fs.openHandles).toBe(1);
    await handle.close();
    expect(fs.openHandles).toBe(0);
    await expect(handle.stat()).rejects.toMatchObject({ code: "EBADF" });
  });

  it("gives a new file the inode number of a forgotten one, with another time", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "one");
    const before = await fs.stat("/a");
    await fs.syncDirectory("/");
    await fs.unlink("/a");
    await fs.syncDirectory("/");
    await write(fs, "/b", "two");
    const after = await fs.stat("/b");
    expect(after.ino).toBe(before.ino);
    expect(after.mtimeNs).toBeGreaterThan(before.mtimeNs);
  });

  it("fails with the codes of a real one", async () => {
    const fs = new PowerLossFileSystem(weak);
    await fs.mkdir("/d");
    await write(fs, "/d/f", "");
    await write(fs, "/f", "");
    const code = (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => "no error",
        (error) => error.code,
      );
    expect(await code(fs.open("/none", "r"))).toBe("ENOENT");
    expect(await code(fs.open("/none/f", "wx"))).toBe("ENOENT");
    expect(await code(fs.open("/f", "wx"))).toBe("EEXIST");
    expect(await code(fs.open("/f/g", "r"))).toBe("ENOTDIR");
    expect(await code(fs.mkdir("/d"))).toBe("EEXIST");
    expect(await code(fs.link("/f", "/d/f"))).toBe("EEXIST");
    expect(await code(fs.link("/d", "/e"))).toBe("EPERM");
    expect(await code(fs.rename("/f", "/d"))).toBe("EISDIR");
    expect(await code(fs.unlink("/d"))).toBe("EISDIR");
    expect(await code(fs.readdir("/f"))).toBe("ENOTDIR");
  });

  it("rewrites in place what a stranger opens for writing: same inode, every name", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "ours");
    await fs.link("/a", "/b");
    const { ino } = await fs.stat("/a");
    fs.rewriteInPlace("/a", Buffer.from("theirs"));
    expect([text(fs, "/a"), text(fs, "/b"), (await fs.stat("/a")).ino]).toEqual(["theirs", "theirs", ino]);
  });
});

describe("PowerLossFileSystem after a power cut", () => {
  it("loses a new file whose directory was not synced, whatever was done to the file", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "one", { sync: true });
    expect(afterPowerCut(fs, (s) => text(s, "/a"))).toEqual(['"one"', "null"]);
    await fs.syncDirectory("/");
    expect(afterPowerCut(fs, (s) => text(s, "/a"))).toEqual(['"one"']);
  });

  it("keeps what was durable of a file that only grew", async () => {
    const fs = new PowerLossFileSystem(weak);
    const handle = await fs.open("/a", "wx");
    await handle.write(Buffer.from("kept "), 0, 5);
    await handle.sync();
    await fs.syncDirectory("/");
    await handle.write(Buffer.from("more"), 0, 4);
    expect(afterPowerCut(fs, (state) => text(state, "/a"))).toEqual([
      '"kept "',
      '"kept \\u0000\\u0000re"',
      '"kept mo"',
      '"kept mo\\u0000\\u0000"',
      '"kept more"',
    ]);
    await handle.close();
  });

  it("leaves unsynced bytes empty, torn, half zero or whole", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "abcd");
    await fs.syncDirectory("/");
    expect(afterPowerCut(fs, (s) => text(s, "/a"))).toEqual(['""', '"ab"', '"ab\\u0000\\u0000"', '"abcd"']);
  });

  it("does not make a directory's own name durable by syncing the directory", async () => {
    const fs = new PowerLossFileSystem(weak);
    await fs.mkdir("/d");
    await write(fs, "/d/a", "one", { sync: true });
    await fs.syncDirectory("/d");
    expect(afterPowerCut(fs, (s) => s.tree.lookup("/d") !== undefined)).toEqual(["false", "true"]);
    await fs.syncDirectory("/");
    expect(afterPowerCut(fs, (s) => text(s, "/d/a"))).toEqual(['"one"']);
  });

  it("keeps the order of changes to one name, and of nothing else unless metadata is journalled", async () => {
    const look = (s: PowerLossFileSystem): unknown => [text(s, "/a"), text(s, "/b")];
    const run = async (mode: CrashMode): Promise<string[]> => {
      const fs = new PowerLossFileSystem(mode);
      for (const name of ["/a", "/x", "/y"]) await write(fs, name, name, { sync: true });
      await fs.syncDirectory("/");
      await fs.rename("/x", "/a");
      await fs.rename("/y", "/a");
      await write(fs, "/b", "b", { sync: true });
      return afterPowerCut(fs, look);
    };
    const a = ['["/a",null]', '["/x",null]', '["/y",null]'];
    const both = ['["/a","b"]', '["/x","b"]', '["/y","b"]'];
    expect(await run(weak)).toEqual([...a, ...both].sort());
    expect(await run({ ...weak, meta: "journal" })).toEqual([...a, '["/y","b"]'].sort());
  });

  it("may make a rename durable before the bytes, unless renaming flushes them", async () => {
    const run = async (mode: CrashMode): Promise<string[]> => {
      const fs = new PowerLossFileSystem(mode);
      await write(fs, "/a", "old", { sync: true });
      await fs.syncDirectory("/");
      await write(fs, "/b", "newer");
      await fs.rename("/b", "/a");
      return afterPowerCut(fs, (s) => text(s, "/a"));
    };
    expect(await run(weak)).toEqual(['""', '"ne"', '"ne\\u0000\\u0000\\u0000"', '"newer"', '"old"']);
    expect(await run({ ...weak, data: "flush" })).toEqual(['"newer"', '"old"']);
  });

  it("may leave both names of a rename between directories, only when renames split", async () => {
    const run = async (mode: CrashMode): Promise<string[]> => {
      const fs = new PowerLossFileSystem(mode);
      await fs.mkdir("/d");
      await write(fs, "/d/a", "one", { sync: true });
      await fs.syncDirectory("/");
      await fs.syncDirectory("/d");
      await fs.rename("/d/a", "/a");
      return afterPowerCut(fs, (s) => [text(s, "/d/a"), text(s, "/a")]);
    };
    expect(await run(weak)).toEqual(['["one",null]', '[null,"one"]'].sort());
    expect(await run({ ...weak, rename: "split" })).toEqual(['["one","one"]', '["one",null]', '[null,"one"]'].sort());
  });

  it("makes durable, with a directory, what those changes stand on", async () => {
    const fs = new PowerLossFileSystem(weak);
    await fs.mkdir("/d");
    await fs.syncDirectory("/");
    await write(fs, "/d/a", "one", { sync: true });
    await fs.rename("/d/a", "/a");
    await fs.syncDirectory("/");
    expect(afterPowerCut(fs, (s) => [text(s, "/d/a"), text(s, "/a")])).toEqual(['[null,"one"]']);
  });

  it("can be run on from, without disturbing what it came from", async () => {
    const fs = new PowerLossFileSystem(weak);
    await write(fs, "/a", "one", { sync: true });
    const before = stateKey(fs);
    for (const state of fs.crashStates().states) await write(state, "/b", "two", { sync: true });
    const killed = fs.clone();
    expect(stateKey(killed)).toBe(before);
    await killed.unlink("/a");
    expect(stateKey(fs)).toBe(before);
    expect(text(fs, "/a")).toBe("one");
  });

  it("samples by seed above the cap and says so", async () => {
    const fs = new PowerLossFileSystem(weak);
    for (let i = 0; i < 8; i++) await write(fs, `/f${i}`, `content ${i}`);
    const keys = (seed: number): string[] => fs.crashStates({ cap: 50, seed }).states.map(stateKey);
    expect(fs.crashStates({ cap: 50 }).complete).toBe(false);
    expect(keys(1)).toHaveLength(50);
    expect(keys(1)).toEqual(keys(1));
    expect(keys(1)).not.toEqual(keys(2));
    const names = fs.crashStates({ cap: 50 }).states.map((s) => s.tree.directory(1).now.size);
    expect([Math.min(...names), Math.max(...names)]).toEqual([0, 8]);
  });

  it.each(CRASH_MODES.map((mode) => [modeName(mode), mode] as const))(
    "leaves one state when all is synced (%s)",
    async (_, mode) => {
      const fs = new PowerLossFileSystem(mode);
      await fs.mkdir("/d");
      await write(fs, "/d/a", "one", { sync: true });
      await fs.rename("/d/a", "/b");
      await fs.syncDirectory("/");
      await fs.syncDirectory("/d");
      const { states } = fs.crashStates();
      expect(states.map((s) => text(s, "/b"))).toEqual(["one"]);
      expect(stateKey(states[0]!)).toBe(stateKey(fs));
    },
  );
});
