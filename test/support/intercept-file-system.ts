import type { FileHandle, FileSystem } from "../../src/storage/file-system.js";

/** Every call that storage can make of a file system; those on an open file have a dot. */
export const FILE_SYSTEM_CALLS = [
  "open",
  "stat",
  "lstat",
  "readdir",
  "mkdir",
  "rename",
  "link",
  "unlink",
  "rmdir",
  "chmod",
  "utimes",
  "syncDirectory",
  "file.read",
  "file.write",
  "file.sync",
  "file.stat",
  "file.close",
] as const;

export interface FileSystemCall {
  readonly method: (typeof FILE_SYSTEM_CALLS)[number];
  /** For calls on an open file: the path it was opened by. */
  readonly path: string;
  readonly to?: string;
  /** How "open" opens. */
  readonly flags?: "r" | "wx";
  /** How many bytes "file.read" and "file.write" are asked for. */
  readonly length?: number;
}

/** Does the call, at most with fewer bytes than were asked for. Not calling it leaves the call undone. */
export type RunCall<T> = (length?: number) => Promise<T>;

/** The same file system with something done around every call. What `around` returns is what the caller gets. */
export function interceptFileSystem(
  inner: FileSystem,
  around: <T>(call: FileSystemCall, run: RunCall<T>) => Promise<T>,
): FileSystem {
  const handle = (file: FileHandle, path: string): FileHandle => ({
    read: (buffer, offset, length, position) =>
      around({ method: "file.read", path, length }, (most = length) => file.read(buffer, offset, most, position)),
    write: (buffer, offset, length) =>
      around({ method: "file.write", path, length }, (most = length) => file.write(buffer, offset, most)),
    sync: () => around({ method: "file.sync", path }, () => file.sync()),
    stat: () => around({ method: "file.stat", path }, () => file.stat()),
    close: () => around({ method: "file.close", path }, () => file.close()),
  });
  return {
    open: async (path, flags, mode) =>
      handle(await around({ method: "open", path, flags }, () => inner.open(path, flags, mode)), path),
    stat: (path) => around({ method: "stat", path }, () => inner.stat(path)),
    lstat: (path) => around({ method: "lstat", path }, () => inner.lstat(path)),
    readdir: (path) => around({ method: "readdir", path }, () => inner.readdir(path)),
    mkdir: (path, mode) => around({ method: "mkdir", path }, () => inner.mkdir(path, mode)),
    rename: (path, to) => around({ method: "rename", path, to }, () => inner.rename(path, to)),
    link: (path, to) => around({ method: "link", path, to }, () => inner.link(path, to)),
    unlink: (path) => around({ method: "unlink", path }, () => inner.unlink(path)),
    rmdir: (path) => around({ method: "rmdir", path }, () => inner.rmdir(path)),
    chmod: (path, mode) => around({ method: "chmod", path }, () => inner.chmod(path, mode)),
    utimes: (path, atime, mtime) => around({ method: "utimes", path }, () => inner.utimes(path, atime, mtime)),
    syncDirectory: (path) => around({ method: "syncDirectory", path }, () => inner.syncDirectory(path)),
  };
}
