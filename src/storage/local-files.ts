import { dirname } from "node:path";
import type { ByteReadOptions } from "../bytes/byte-source.js";
import { CorruptCheckpointError, StorageError, UnknownOutcomeError } from "../errors.js";
import { storageError } from "./errno.js";
import type { FileHandle, FileStat, FileSystem } from "./file-system.js";
import type { GrowingFile, NewFile, OpenedFile, StagedFile } from "./storage.js";

/** Inode and time of last change: a file rewritten in place keeps its inode, a new file may be given an old one's. */
export function identityOf(stat: FileStat): string {
  return `${stat.ino}-${stat.mtimeNs}`;
}

export class LocalFile implements OpenedFile {
  readonly byteLength: number;
  readonly identity: string;
  readonly modifiedAt: Date;
  readonly mode: number;
  readonly #handle: FileHandle;
  readonly #shown: string;
  #isClosed = false;

  constructor(handle: FileHandle, stat: FileStat, shown: string) {
    this.#handle = handle;
    this.#shown = shown;
    this.byteLength = stat.size;
    this.identity = identityOf(stat);
    this.modifiedAt = new Date(Number(stat.mtimeNs / 1_000_000n));
    this.mode = stat.mode;
  }

  async read(start: number, end: number, { signal, into }: ByteReadOptions = {}): Promise<Uint8Array> {
    if (this.#isClosed) throw new TypeError(`Cannot read "${this.#shown}": it is closed`);
    const length = end - start;
    const buffer = into && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < buffer.length) {
      signal?.throwIfAborted();
      const taken = await this.#readSome(buffer, filled, start + filled);
      if (taken === 0) break;
      filled += taken;
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
    this.#isClosed = true;
    await this.#handle.close().catch(() => {});
  }

  async #readSome(buffer: Uint8Array, offset: number, position: number): Promise<number> {
    try {
      return await this.#handle.read(buffer, offset, buffer.length - offset, position);
    } catch (error) {
      throw storageError("read", this.#shown, error);
    }
  }
}

export class LocalGrowingFile implements GrowingFile {
  readonly #fs: FileSystem;
  readonly #handle: FileHandle;
  readonly #ino: bigint;
  readonly #path: string;
  readonly #shown: string;

  constructor(fs: FileSystem, handle: FileHandle, ino: bigint, path: string, shown: string) {
    this.#fs = fs;
    this.#handle = handle;
    this.#ino = ino;
    this.#path = path;
    this.#shown = shown;
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#handle, chunk);
    } catch (error) {
      throw storageError("write", this.#shown, error);
    }
  }

  async sync(): Promise<void> {
    try {
      await this.#handle.sync();
      // A file without a name takes bytes, and syncs them, as if nothing had happened.
      if ((await this.#fs.lstat(this.#path)).ino !== this.#ino)
        throw new StorageError("write", this.#shown, "another file has taken its name");
    } catch (error) {
      throw storageError("write", this.#shown, error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => {});
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += await handle.write(chunk, written, chunk.length - written);
  }
}

/** A new file that grows until it is sealed. */
export class LocalNewFile implements NewFile {
  protected readonly fs: FileSystem;
  protected readonly path: string;
  protected readonly shown: string;
  #handle: FileHandle | undefined;
  protected exists = true;

  constructor(fs: FileSystem, handle: FileHandle, path: string, shown: string) {
    this.fs = fs;
    this.#handle = handle;
    this.path = path;
    this.shown = shown;
  }

  protected get isSealed(): boolean {
    return this.#handle === undefined;
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#open(), chunk);
    } catch (error) {
      throw storageError("write", this.shown, error);
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
      throw storageError("write", this.shown, error);
    }
  }

  async discard(): Promise<void> {
    await this.#handle?.close().catch(() => {});
    this.#handle = undefined;
    if (this.exists) await this.fs.unlink(this.path).catch(() => {});
    this.exists = false;
  }

  #open(): FileHandle {
    if (!this.#handle) throw new TypeError(`Cannot write "${this.shown}": it is sealed or discarded`);
    return this.#handle;
  }
}

export class LocalStagedFile extends LocalNewFile implements StagedFile {
  readonly #target: string;
  readonly #replaceable: () => Promise<FileStat | undefined>;

  /** @param replaceable What the target is now; throws where that is not to be replaced. */
  constructor(
    fs: FileSystem,
    handle: FileHandle,
    { from, to, shown }: { from: string; to: string; shown: string },
    replaceable: () => Promise<FileStat | undefined>,
  ) {
    super(fs, handle, from, shown);
    this.#target = to;
    this.#replaceable = replaceable;
  }

  async publish(): Promise<void> {
    if (!this.isSealed) throw new TypeError(`Cannot publish "${this.shown}": it is not sealed`);
    try {
      const replaced = await this.#replaceable();
      // What the process masks of a mode was masked when the file was made.
      if (replaced) await this.fs.chmod(this.path, replaced.mode);
      await this.fs.rename(this.path, this.#target); // ← commit point: before it the old file stands, after it the new one.
    } catch (error) {
      throw storageError("write", this.shown, error);
    }
    this.exists = false;
    try {
      await this.fs.syncDirectory(dirname(this.#target)); // only now can a power cut no longer bring the old one back
    } catch (error) {
      throw new UnknownOutcomeError(this.shown, error);
    }
  }
}
