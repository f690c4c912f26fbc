/**
 * The few calls under `LocalStorage`. Tests put a file system beneath it that fails at any call, fills up, or loses its unsynced
 * state as a power cut does. Errors carry `code` as Node's do (ENOENT, ENOSPC, …).
 */
export interface FileSystem {
  /** @param mode Permission bits of a file that is made, less those that the process masks. */
  open(path: string, flags: "r" | "wx", mode?: number): Promise<FileHandle>;
  stat(path: string): Promise<FileStat>;
  lstat(path: string): Promise<FileStat>;
  readdir(path: string): Promise<string[]>;
  mkdir(path: string, mode?: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Fails where something is in it. */
  rmdir(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  utimes(path: string, atime: Date, mtime: Date): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

export interface FileHandle {
  /** Up to `length` bytes into `buffer` at `offset`; returns how many, 0 at the end. May return fewer than asked for. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Writes at the current end; returns how many bytes were taken, which may be fewer. */
  write(buffer: Uint8Array, offset: number, length: number): Promise<number>;
  sync(): Promise<void>;
  stat(): Promise<FileStat>;
  close(): Promise<void>;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly size: number;
  /** Identity of the inode, unique in this file system while it lives. */
  readonly ino: bigint;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Permission bits. */
  readonly mode: number;
}
