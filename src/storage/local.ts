import { dirname, join, resolve, sep } from "node:path";
import { StorageError, UnknownOutcomeError } from "../errors.js";
import { codeOf, storageError } from "./errno.js";
import type { FileHandle, FileStat, FileSystem } from "./file-system.js";
import { identityOf, LocalFile, LocalGrowingFile, LocalNewFile, LocalStagedFile } from "./local-files.js";
import { acquireLocalLock } from "./local-lock.js";
import { nodeFileSystem } from "./node-file-system.js";
import type { GrowingFile, Lock, LockOptions, NewFile, StagedFile, Storage, StoredFile } from "./storage.js";

/** What `link` answers where hard links are unknown (exFAT, some network mounts) or refused; the bytes are copied instead. */
const LINK_UNSUPPORTED = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);
const COPY_CHUNK_BYTES = 1 << 20;
/** For what is nobody else's business, on machines that people share. */
const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_DIRECTORY_MODE = 0o700;

const IS_LOCAL = Symbol.for("kura-ts.LocalStorage");

/** A directory of the local file system. Made when first written to, never when read. */
export class LocalStorage implements Storage {
  readonly [IS_LOCAL] = true;

  /** Also of one that another copy of this package made, in a process that has loaded two: a directory is the same place to both. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return (value as { [IS_LOCAL]?: unknown } | null | undefined)?.[IS_LOCAL] === true;
  }

  readonly label: string;
  readonly #root: string;
  readonly #fs: FileSystem;
  /** Directories whose names this instance has made durable. */
  readonly #settled = new Set<string>();

  constructor(root: string, { fileSystem = nodeFileSystem }: { fileSystem?: FileSystem } = {}) {
    if (root === "") throw new TypeError(`Cannot use "" as a directory: name one, "." is the current`);
    this.label = root;
    this.#root = absolute(root);
    this.#fs = fileSystem;
  }

  async open(path: string): Promise<LocalFile | undefined> {
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

  async stage(temporary: string, target: string, mode?: number): Promise<StagedFile> {
    const from = this.#full(temporary);
    const to = this.#full(target);
    const replaced = await this.#replaceable(to, target);
    try {
      await this.#settle(dirname(to));
      // From the beginning: rows that only their owner may read are not to be read by others while they are written.
      const handle = await this.#createExclusively(from, mode ?? replaced?.mode);
      const shown = this.#shown(target);
      return new LocalStagedFile(this.#fs, handle, { from, to, shown }, () => this.#replaceable(to, target));
    } catch (error) {
      throw storageError("write", this.#shown(target), error);
    }
  }

  async create(path: string, like: string): Promise<NewFile> {
    const full = this.#full(path);
    try {
      const handle = await this.#createExclusively(full, (await this.#lstat(this.#full(like)))?.mode);
      return new LocalNewFile(this.#fs, handle, full, this.#shown(path));
    } catch (error) {
      throw storageError("write", this.#shown(path), error);
    }
  }

  async append(path: string): Promise<GrowingFile> {
    const full = this.#full(path);
    try {
      const handle = await this.#createExclusively(full, PRIVATE_FILE_MODE, PRIVATE_DIRECTORY_MODE);
      try {
        await this.#fs.syncDirectory(dirname(full));
        return new LocalGrowingFile(this.#fs, handle, (await handle.stat()).ino, full, this.#shown(path));
      } catch (error) {
        await handle.close().catch(() => {});
        await this.#fs.unlink(full).catch(() => {});
        throw error;
      }
    } catch (error) {
      throw storageError("write", this.#shown(path), error);
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
        const file = await this.identify(directory === "" ? name : `${directory}/${name}`).catch(ignoreCircle);
        if (file) files.push(file);
      }
      return files;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw storageError("list", this.#shown(directory), error);
    }
  }

  async listDirectories(directory: string): Promise<string[]> {
    const full = this.#full(directory);
    try {
      const found: string[] = [];
      for (const name of await this.#fs.readdir(full)) {
        if ((await this.#fs.stat(`${full}/${name}`).catch(ignoreGone))?.kind === "directory") found.push(name);
      }
      return found;
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

  async removeDirectory(path: string): Promise<void> {
    const full = this.#full(path);
    try {
      if ((await this.#fs.readdir(full)).length > 0) return;
      this.#settled.delete(full);
      await this.#fs.rmdir(full);
    } catch (error) {
      if (!["ENOENT", "ENOTDIR", "ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? ""))
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
        acquireLocalLock(this.#fs, directory, name, { ...options, shown: options.shown ?? this.#shown(name) }),
      );
    } catch (error) {
      options.signal?.throwIfAborted();
      throw storageError("write", options.shown ?? this.#shown(name), error);
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

  /** What is there and may be replaced. Renaming over a symbolic link would replace the link, not what it leads to, behind its owner's back. */
  async #replaceable(full: string, path: string): Promise<FileStat | undefined> {
    const stat = await this.#lstat(full).catch((error: unknown) => {
      throw storageError("write", this.#shown(path), error);
    });
    if (stat === undefined || stat.kind === "file") return stat;
    const { kind } = stat;
    const reason =
      kind === "symlink"
        ? "it is a symbolic link; remove it, or use the directory it leads to"
        : `it is ${kind === "directory" ? "a directory" : "not a file"}; move it away`;
    throw new StorageError("write", this.#shown(path), reason);
  }

  async #createExclusively(full: string, mode?: number, directoryMode?: number): Promise<FileHandle> {
    return await this.#inSettled(dirname(full), () => this.#fs.open(full, "wx", mode), directoryMode);
  }

  /** Do something in a directory that is there, even if somebody removed it since it was settled. */
  async #inSettled<T>(directory: string, work: () => Promise<T>, mode?: number): Promise<T> {
    await this.#settle(directory, mode);
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      this.#settled.clear();
      await this.#settle(directory, mode);
      return await work();
    }
  }

  /**
   * Make a directory and its parents, and their names durable. An existing directory is synced too, once: its maker may have been
   * killed between making and syncing it, and what is saved inside would go with it.
   */
  async #settle(directory: string, mode?: number): Promise<void> {
    if (this.#settled.has(directory)) return;
    const parent = dirname(directory);
    const inside = directory.startsWith(this.#root + sep);
    if (inside) await this.#settle(parent);
    const made = await this.#make(directory, mode);
    try {
      await this.#fs.syncDirectory(parent);
    } catch (error) {
      // The parent of a root that was there already may be none of our business, nor readable.
      if (made || inside) throw error;
    }
    this.#settled.add(directory);
  }

  async #make(directory: string, mode: number | undefined, { hasParent = false } = {}): Promise<boolean> {
    try {
      await this.#fs.mkdir(directory, mode);
      return true;
    } catch (error) {
      const code = codeOf(error);
      const stat = code === "ENOENT" ? undefined : await this.#fs.stat(directory).catch(() => undefined);
      if (stat?.kind === "directory") return false;
      if (stat) throw new StorageError("use directory", directory, "it is a file", error);
      if (code === "EEXIST") {
        const reason = "it is a symbolic link to something that does not exist";
        throw new StorageError("use directory", directory, reason, error);
      }
      const parent = dirname(directory);
      // Where the parent is there all the same, nothing can be made in it: /proc answers so.
      if (code !== "ENOENT" || parent === directory || hasParent) throw error;
      // Somebody may have removed the parent since it was settled.
      this.#settled.delete(parent);
      await this.#settle(parent);
      return await this.#make(directory, mode, { hasParent: true });
    }
  }

  async #copy(from: string, to: string): Promise<void> {
    if (await this.#lstat(this.#full(to))) throw new StorageError("keep", this.#shown(to), "it exists already");
    const source = await this.open(from);
    if (!source) throw new StorageError("keep", this.#shown(from), "it has vanished");
    const temporary = `${to}.tmp`;
    let staged: StagedFile | undefined;
    try {
      staged = await this.stage(temporary, to, source.mode);
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

/** A symbolic link that leads nowhere is not a file, and hides none beside it. */
function ignoreCircle(error: unknown): undefined {
  if (!(error instanceof StorageError && error.code === "ELOOP")) throw error;
}

/** What has gone since it was listed, and a symbolic link that leads nowhere, is no directory. */
function ignoreGone(error: unknown): undefined {
  if (!["ENOENT", "ELOOP"].includes(codeOf(error) ?? "")) throw error;
}

function absolute(path: string): string {
  try {
    return resolve(path);
  } catch (error) {
    throw new StorageError("use", path, "the current directory does not exist any more; change into another", error);
  }
}
