import type { BigIntStats } from "node:fs";
import * as fs from "node:fs/promises";
import type { FileHandle, FileStat, FileSystem } from "./file-system.js";

function toStat(stats: BigIntStats): FileStat {
  const kind = stats.isFile()
    ? "file"
    : stats.isDirectory()
      ? "directory"
      : stats.isSymbolicLink()
        ? "symlink"
        : "other";
  return { kind, size: Number(stats.size), ino: stats.ino, mtimeNs: stats.mtimeNs, mode: Number(stats.mode & 0o7777n) };
}

function toHandle(handle: fs.FileHandle): FileHandle {
  return {
    read: async (buffer, offset, length, position) => (await handle.read(buffer, offset, length, position)).bytesRead,
    write: async (buffer, offset, length) => (await handle.write(buffer, offset, length)).bytesWritten,
    sync: () => handle.sync(),
    stat: async () => toStat(await handle.stat({ bigint: true })),
    close: () => handle.close(),
  };
}

/** The machine's own file system. */
export const nodeFileSystem: FileSystem = {
  open: async (path, flags, mode) => toHandle(await fs.open(path, flags, mode)),
  stat: async (path) => toStat(await fs.stat(path, { bigint: true })),
  lstat: async (path) => toStat(await fs.lstat(path, { bigint: true })),
  readdir: (path) => fs.readdir(path),
  mkdir: (path, mode) => fs.mkdir(path, { mode }),
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => fs.link(from, to),
  unlink: (path) => fs.unlink(path),
  rmdir: (path) => fs.rmdir(path),
  chmod: (path, mode) => fs.chmod(path, mode),
  utimes: (path, atime, mtime) => fs.utimes(path, atime, mtime),
  async syncDirectory(path) {
    // Windows has no handle on a directory to flush; NTFS journals its names.
    if (process.platform === "win32") return;
    const handle = await fs.open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
