import { dirname, join, resolve, sep } from "node:path";
import type { ByteReadOptions } from "../bytes/byte-source.js";
import { CorruptCheckpointError, StorageError, UnknownOutcomeError } from "../errors.js";
import { codeOf, storageError } from "./errno.js";
import type { FileHandle, FileStat, FileSystem } from "./file-system.js";
import { acquireLocalLock } from "./local-lock.js";
import { nodeFileSystem } from "./node-file-system.js";
import type { Lock, LockOptions, OpenedFile, StagedFile, Storage, StoredFile } from "./storage.js";

/** What `link` answers where hard links are unknown (exFAT, some network mounts) or refused; the bytes are copied instead. */
const LINK_UNSUPPORTED = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);
const COPY_CHUNK_BYTES = 1 << 20;

/** A directory of the local file system. Made when first written to, never when read. */
export class LocalStorage implements Storage {
  readonly label: string;
  readonly #root: string;
  readonly #fs: FileSystem;
  /** Directories whose names this instance has made durable. */
  readonly #settled = new Set<string>();

  constructor(root: string, { fileSystem = nodeFileSystem }: { fileSystem?: FileSystem } = {}) {
    if (root === "") throw new TypeError(`Cannot use "" as a directory: name one, "." is the current`);
    this.label = root;
    this.#root = resolve(root);
    this.#fs = fileSystem;
  }

  async open(path: string): Promise<OpenedFile | undefined> {
    const full = this.#full(path);
    let handle: FileHandle;
    try {
      // Opening a pipe would wait for its writer for ever.
      const { kind } = await this.#fs.stat(full);
      if (kind !== "file") {
        throw new StorageError(
          "read",
          this.#shown(path),
          `it is ${kind === "directory" ? "a directory" : "not a file"}`,
        );
      }
      handle = await this.#fs.open(full, "r");
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw storageError("read", this.#shown(path), error);
      if ((await this.#lstat(full))?.kind === "symlink") {
        throw new StorageError(
          "read",
          this.#shown(path),
          "it is a symbolic link to something that does not exist",
          error,
        );
      }
      return undefined;
    }
    try {
      return new LocalFile(handle, await handle.stat(), this.#shown(path));
    } catch (error) {
      await handle.close().catch(() => {});
      throw storageError("read", this.#shown(path), error);
    }
  }

  async stage(temporary: string, target: string): Promise<StagedFile> {
    const from = this.#full(temporary);
    const to = this.#full(target);
    await this.#assertReplaceable(to, target);
    try {
      const handle = await this.#createExclusively(from);
      return new LocalStagedFile(this.#fs, handle, from, to, this.#shown(target), () =>
        this.#assertReplaceable(to, target),
      );
    } catch (error) {
      throw storageError("write", this.#shown(target), error);
    }
  }

  async identify(path: string): Promise<StoredFile | undefined> {
    try {
      const stat = await this.#fs.stat(this.#full(path));
      return stat.kind === "file" ? { path, byteLength: stat.size, identity: identityOf(stat) } : undefined;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw storageError("read", this.#shown(path), error);
    }
  }

  async list(directory: string): Promise<StoredFile[]> {
    const full = this.#full(directory);
    try {
      const names = await this.#fs.readdir(full);
      const files: StoredFile[] = [];
      for (const name of names) {
        const file = await this.identify(directory === "" ? name : `${directory}/${name}`);
        if (file) files.push(file);
      }
      return files;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw storageError("list", this.#shown(directory), error);
    }
  }

  async remove(path: string): Promise<boolean> {
    try {
      await this.#fs.unlink(this.#full(path));
      return true;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return false;
      throw storageError("delete", this.#shown(path), error);
    }
  }

  async keep(from: string, to: string): Promise<void> {
    try {
      await this.#fs.link(this.#full(from), this.#full(to));
    } catch (error) {
      if (!LINK_UNSUPPORTED.has(codeOf(error) ?? "")) throw storageError("keep", this.#shown(from), error);
      await this.#copy(from, to);
    }
  }

  async sync(directory: string): Promise<void> {
    try {
      await this.#fs.syncDirectory(this.#full(directory));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw storageError("make durable", this.#shown(directory), error);
    }
  }

  async lock(name: string, options: LockOptions = {}): Promise<Lock> {
    const directory = this.#full(".kura/locks");
    try {
      return await this.#inSettled(directory, () =>
        acquireLocalLock(this.#fs, directory, name, { ...options, shown: this.#shown(name) }),
      );
    } catch (error) {
      throw storageError("write", this.#shown(name), error);
    }
  }

  #full(path: string): string {
    return path === "" ? this.#root : join(this.#root, path);
  }

  #shown(path: string): string {
    return join(this.label, path);
  }

  async #lstat(full: string): Promise<FileStat | undefined> {
    try {
      return await this.#fs.lstat(full);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw storageError("read", full, error);
    }
  }

  /** Renaming over a symbolic link would replace the link, not what it leads to, behind its owner's back. */
  async #assertReplaceable(full: string, path: string): Promise<void> {
    const kind = (
      await this.#lstat(full).catch((error: unknown) => {
        throw storageError("write", this.#shown(path), error);
      })
    )?.kind;
    if (kind === undefined || kind === "file") return;
    const reason =
      kind === "symlink"
        ? "it is a symbolic link; remove it, or use the directory it leads to"
        : `it is ${kind === "directory" ? "a directory" : "not a file"}; move it away`;
    throw new StorageError("write", this.#shown(path), reason);
  }

  async #createExclusively(full: string): Promise<FileHandle> {
    return await this.#inSettled(dirname(full), () => this.#fs.open(full, "wx"));
  }

  /** Do something in a directory that is there, even if somebody removed it since it was settled. */
  async #inSettled<T>(directory: string, work: () => Promise<T>): Promise<T> {
    await this.#settle(directory);
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      this.#settled.clear();
      await this.#settle(directory);
      return await work();
    }
  }

  /**
   * Make a directory and its parents, and their names durable. An existing directory is synced too, once: its maker may have been
   * killed between making and syncing it, and what is saved inside would go with it.
   */
  async #settle(directory: string): Promise<void> {
    if (this.#settled.has(directory)) return;
    const parent = dirname(directory);
    const inside = directory.startsWith(this.#root + sep);
    if (inside) await this.#settle(parent);
    const made = await this.#make(directory);
    try {
      await this.#fs.syncDirectory(parent);
    } catch (error) {
      // The parent of a root that was there already may be none of our business, nor readable.
      if (made || inside) throw error;
    }
    this.#settled.add(directory);
  }

  async #make(directory: string): Promise<boolean> {
    try {
      await this.#fs.mkdir(directory);
      return true;
    } catch (error) {
      const code = codeOf(error);
      const stat = code === "ENOENT" ? undefined : await this.#fs.stat(directory).catch(() => undefined);
      if (stat?.kind === "directory") return false;
      if (stat) throw new StorageError("use directory", directory, "it is a file", error);
      const parent = dirname(directory);
      if (code !== "ENOENT" || parent === directory) throw error;
      // Somebody may have removed the parent since it was settled.
      this.#settled.delete(parent);
      await this.#settle(parent);
      return await this.#make(directory);
    }
  }

  async #copy(from: string, to: string): Promise<void> {
    const source = await this.open(from);
    if (!source) throw new StorageError("keep", this.#shown(from), "it has vanished");
    const temporary = `${to}.tmp`;
    let staged: StagedFile | undefined;
    try {
      staged = await this.stage(temporary, to);
      for (let start = 0; start < source.byteLength; start += COPY_CHUNK_BYTES) {
        await staged.write(await source.read(start, Math.min(source.byteLength, start + COPY_CHUNK_BYTES)));
      }
      await staged.seal();
      await staged.publish();
    } catch (error) {
      await staged?.discard();
      // A copy whose name may not be durable keeps nothing yet.
      throw error instanceof UnknownOutcomeError ? storageError("keep", this.#shown(from), error.cause) : error;
    } finally {
      await source.close();
    }
  }
}

/** Inode and time of last change: a file rewritten in place keeps its inode, a new file may be given an old one's. */
function identityOf(stat: FileStat): string {
  return `${stat.ino}-${stat.mtimeNs}`;
}

class LocalFile implements OpenedFile {
  readonly byteLength: number;
  readonly identity: string;
  readonly modifiedAt: Date;
  readonly #handle: FileHandle;
  readonly #shown: string;

  constructor(handle: FileHandle, stat: FileStat, shown: string) {
    this.#handle = handle;
    this.#shown = shown;
    this.byteLength = stat.size;
    this.identity = identityOf(stat);
    this.modifiedAt = new Date(Number(stat.mtimeNs / 1_000_000n));
  }

  async read(start: number, end: number, { signal, into }: ByteReadOptions = {}): Promise<Uint8Array> {
    const length = end - start;
    const buffer = into && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafeSlow(length);
    let filled = 0;
    try {
      while (filled < buffer.length) {
        signal?.throwIfAborted();
        const taken = await this.#handle.read(buffer, filled, buffer.length - filled, start + filled);
        if (taken === 0) break;
        filled += taken;
      }
    } catch (error) {
      throw storageError("read", this.#shown, error);
    }
    if (filled < buffer.length) {
      throw new CorruptCheckpointError(
        this.#shown,
        `bytes ${start}-${end} were asked for, the file ends at ${start + filled}`,
      );
    }
    return buffer;
  }

  /** Never throws: what was read was read. */
  async close(): Promise<void> {
    await this.#handle.close().catch(() => {});
  }
}

class LocalStagedFile implements StagedFile {
  readonly #fs: FileSystem;
  readonly #from: string;
  readonly #to: string;
  readonly #shown: string;
  readonly #assertReplaceable: () => Promise<void>;
  #handle: FileHandle | undefined;
  #exists = true;

  constructor(
    fs: FileSystem,
    handle: FileHandle,
    from: string,
    to: string,
    shown: string,
    assertReplaceable: () => Promise<void>,
  ) {
    this.#fs = fs;
    this.#handle = handle;
    this.#from = from;
    this.#to = to;
    this.#shown = shown;
    this.#assertReplaceable = assertReplaceable;
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < chunk.length; ) {
        written += await this.#open().write(chunk, written, chunk.length - written);
      }
    } catch (error) {
      throw storageError("write", this.#shown, error);
    }
  }

  async seal(): Promise<{ byteLength: number; identity: string }> {
    try {
      const handle = this.#open();
      await handle.sync();
      const stat = await handle.stat();
      this.#handle = undefined;
      await handle.close();
      return { byteLength: stat.size, identity: identityOf(stat) };
    } catch (error) {
      throw storageError("write", this.#shown, error);
    }
  }

  async publish(): Promise<void> {
    if (this.#handle) throw new TypeError(`Cannot publish "${this.#shown}": it is not sealed`);
    try {
      await this.#assertReplaceable();
      await this.#keepMode();
      await this.#fs.rename(this.#from, this.#to); // ← commit point: before it the old file stands, after it the new one.
    } catch (error) {
      throw storageError("write", this.#shown, error);
    }
    this.#exists = false;
    try {
      await this.#fs.syncDirectory(dirname(this.#to)); // only now can a power cut no longer bring the old one back
    } catch (error) {
      throw new UnknownOutcomeError(this.#shown, error);
    }
  }

  async discard(): Promise<void> {
    await this.#handle?.close().catch(() => {});
    this.#handle = undefined;
    if (this.#exists) await this.#fs.unlink(this.#from).catch(() => {});
    this.#exists = false;
  }

  async #keepMode(): Promise<void> {
    let old: FileStat;
    try {
      old = await this.#fs.lstat(this.#to);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      throw error;
    }
    await this.#fs.chmod(this.#from, old.mode);
  }

  #open(): FileHandle {
    if (!this.#handle) throw new TypeError(`Cannot write "${this.#shown}": it is sealed or discarded`);
    return this.#handle;
  }
}
