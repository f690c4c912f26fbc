import type { FileHandle, FileStat, FileSystem } from "../../src/storage/file-system.js";
import { type CrashMode, type CrashStateOptions, crashStates } from "./crash-states.js";
import { emptyDirectory, type FileContent, fileError, type MemoryNode, MemoryTree } from "./memory-tree.js";

/** One unsynced change of directories. Its effects become durable together, and never before those of `after`. */
export interface PendingChange {
  readonly id: number;
  /** Directory, name, and the inode the name then has; 0 when the name goes. */
  readonly effects: readonly (readonly [directory: number, name: string, ino: number])[];
  readonly after: readonly number[];
  /** A renamed file: under `data: "flush"` its bytes become durable with its name. */
  readonly flushes: number | undefined;
}

/**
 * A file system in memory that knows what a power cut would leave of it. Without a sync, a name and the bytes behind it may each
 * survive or not. It is as cruel as the mode says, and never more forgiving than POSIX: syncing a file does not make its name
 * durable, syncing a directory does not make its own name durable.
 *
 * Inode numbers are used again as soon as nothing refers to them, as ext4 does. Permission bits are kept but not enforced.
 */
export class PowerLossFileSystem implements FileSystem {
  readonly mode: CrashMode;
  tree = new MemoryTree();
  pending: PendingChange[] = [];
  /** Grows with every change of what is seen or durable; equal versions of one object are equal states. */
  version = 0;
  #nextChange = 1;
  #clockNs: bigint;
  readonly #open = new Map<number, number>();

  /** @param startMs The first modification time; each later one is a millisecond after. */
  constructor(mode: CrashMode = { meta: "reorder", data: "weak", rename: "atomic" }, startMs = Date.now()) {
    this.mode = mode;
    this.#clockNs = BigInt(startMs) * 1_000_000n;
  }

  /** What a killed process leaves: everything that was done, with what was unsynced still unsynced. */
  clone(): PowerLossFileSystem {
    const copy = new PowerLossFileSystem(this.mode);
    copy.tree = this.tree.clone();
    copy.pending = [...this.pending];
    copy.#nextChange = this.#nextChange;
    copy.#clockNs = this.#clockNs;
    return copy;
  }

  /** The states that a power cut now could leave, each a file system to go on with. */
  crashStates(options: CrashStateOptions = {}): { states: PowerLossFileSystem[]; complete: boolean } {
    return crashStates(this, options);
  }

  /** Handles that were opened and not closed. */
  get openHandles(): number {
    let count = 0;
    for (const handles of this.#open.values()) count += handles;
    return count;
  }

  async open(path: string, flags: "r" | "wx", mode = 0o644): Promise<FileHandle> {
    if (flags === "r") return this.#handle(this.tree.node(path, "open").ino, path);
    const { directory, name } = this.#freePlace(path, "open");
    const content: FileContent = { bytes: new Uint8Array(0), mode, mtimeNs: this.#tick() };
    const ino = this.#add({ kind: "file", now: content, durable: content });
    this.#change([[directory, name, ino]]);
    return this.#handle(ino, path);
  }

  async stat(path: string): Promise<FileStat> {
    return this.#stat(this.tree.node(path, "stat").ino);
  }

  /** The same as `stat`: there are no symbolic links here. */
  async lstat(path: string): Promise<FileStat> {
    return this.#stat(this.tree.node(path, "lstat").ino);
  }

  async readdir(path: string): Promise<string[]> {
    const { node } = this.tree.node(path, "scandir");
    if (node.kind !== "directory") throw fileError("ENOTDIR", path, "scandir");
    return [...node.now.keys()];
  }

  async mkdir(path: string): Promise<void> {
    const { directory, name } = this.#freePlace(path, "mkdir");
    this.#change([[directory, name, this.#add(emptyDirectory())]]);
  }

  async rename(from: string, to: string): Promise<void> {
    const { ino, node } = this.tree.node(from, "rename");
    const source = this.tree.place(from, "rename");
    const target = this.tree.place(to, "rename");
    const displaced = this.tree.directory(target.directory).now.get(target.name);
    // POSIX: two names of one file are left as they are, and that is success.
    if (displaced === ino) return;
    this.#refuseDisplacing(displaced, node, to);
    const arrives = [target.directory, target.name, ino] as const;
    const leaves = [source.directory, source.name, 0] as const;
    const flushes = node.kind === "file" ? ino : undefined;
    if (this.mode.rename === "split" && source.directory !== target.directory && node.kind === "file") {
      const arrival = this.#change([arrives], { flushes });
      this.#change([leaves], { after: [arrival] });
    } else {
      this.#change([arrives, leaves], { flushes });
    }
  }

  async link(from: string, to: string): Promise<void> {
    const { ino, node } = this.tree.node(from, "link");
    if (node.kind === "directory") throw fileError("EPERM", from, "link");
    const { directory, name } = this.#freePlace(to, "link");
    this.#change([[directory, name, ino]]);
  }

  async unlink(path: string): Promise<void> {
    if (this.tree.node(path, "unlink").node.kind === "directory") throw fileError("EISDIR", path, "unlink");
    const { directory, name } = this.tree.place(path, "unlink");
    this.#change([[directory, name, 0]]);
  }

  async rmdir(path: string): Promise<void> {
    const { node } = this.tree.node(path, "rmdir");
    if (node.kind === "file") throw fileError("ENOTDIR", path, "rmdir");
    if (node.now.size > 0) throw fileError("ENOTEMPTY", path, "rmdir");
    const { directory, name } = this.tree.place(path, "rmdir");
    this.#change([[directory, name, 0]]);
  }

  async chmod(path: string, mode: number): Promise<void> {
    const { ino, node } = this.tree.node(path, "chmod");
    if (node.kind === "file") this.#setContent(ino, { ...node.now, mode: mode & 0o7777 });
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    const { ino, node } = this.tree.node(path, "utime");
    if (node.kind === "file") this.#setContent(ino, { ...node.now, mtimeNs: BigInt(mtime.getTime()) * 1_000_000n });
  }

  async syncDirectory(path: string): Promise<void> {
    const { ino, node } = this.tree.node(path, "fsync");
    if (node.kind !== "directory") throw fileError("ENOTDIR", path, "fsync");
    const wanted = new Set<number>();
    for (const change of [...this.pending].reverse()) {
      if (!wanted.has(change.id) && !change.effects.some(([directory]) => directory === ino)) continue;
      wanted.add(change.id);
      for (const id of change.after) wanted.add(id);
    }
    for (const change of this.pending) if (wanted.has(change.id)) this.persist(change);
    this.pending = this.pending.filter((change) => !wanted.has(change.id));
    this.version += 1;
  }

  /** Make one change durable, whatever is still pending. */
  persist(change: PendingChange): void {
    for (const [directory, name, ino] of change.effects) {
      const names = this.tree.directory(directory).durable;
      if (ino === 0) names.delete(name);
      else names.set(name, ino);
    }
    if (this.mode.data === "flush" && change.flushes !== undefined) this.#syncFile(change.flushes);
  }

  /** What a stranger does to a file: truncate and write it in place, or make it. Durable at once. */
  rewriteInPlace(path: string, bytes: Uint8Array): void {
    const content: FileContent = { bytes: bytes.slice(), mode: 0o644, mtimeNs: this.#tick() };
    const existing = this.tree.lookup(path);
    if (existing !== undefined) {
      this.#setContent(existing, { ...content, mode: this.tree.file(existing).now.mode });
      this.#syncFile(existing);
      return;
    }
    const { directory, name } = this.#freePlace(path, "open");
    this.tree.directory(directory).now.set(name, this.#add({ kind: "file", now: content, durable: content }));
    this.tree.directory(directory).durable.set(name, this.tree.lookup(path)!);
    this.version += 1;
  }

  /** The bytes at a path as programs see them, or undefined. */
  bytesAt(path: string): Uint8Array | undefined {
    const ino = this.tree.lookup(path);
    const node = ino === undefined ? undefined : this.tree.nodes.get(ino);
    return node?.kind === "file" ? node.now.bytes : undefined;
  }

  #change(
    effects: PendingChange["effects"],
    { after = [], flushes }: { after?: number[]; flushes?: number | undefined } = {},
  ): number {
    for (const [directory, name, ino] of effects) {
      const names = this.tree.directory(directory).now;
      if (ino === 0) names.delete(name);
      else names.set(name, ino);
    }
    const touches = (change: PendingChange): boolean =>
      change.effects.some(([directory, name]) => effects.some(([d, n]) => d === directory && n === name));
    const earlier = this.pending.filter((change) => this.mode.meta === "journal" || touches(change));
    const id = this.#nextChange++;
    this.pending.push({ id, effects, flushes, after: [...after, ...earlier.map((change) => change.id)] });
    this.version += 1;
    return id;
  }

  #freePlace(path: string, act: string): { directory: number; name: string } {
    const place = this.tree.place(path, act);
    if (this.tree.directory(place.directory).now.has(place.name)) throw fileError("EEXIST", path, act);
    return place;
  }

  #refuseDisplacing(displaced: number | undefined, moved: MemoryNode, path: string): void {
    const target = displaced === undefined ? undefined : this.tree.nodes.get(displaced);
    if (target === undefined) return;
    if (target.kind === "file" && moved.kind === "directory") throw fileError("ENOTDIR", path, "rename");
    if (target.kind === "directory" && moved.kind === "file") throw fileError("EISDIR", path, "rename");
    if (target.kind === "directory" && target.now.size > 0) throw fileError("ENOTEMPTY", path, "rename");
  }

  #add(node: MemoryNode): number {
    const used = new Set([...this.tree.reachable("now"), ...this.tree.reachable("durable"), ...this.#open.keys()]);
    for (const { effects } of this.pending) for (const [directory, , ino] of effects) used.add(directory).add(ino);
    let ino = 1;
    while (used.has(ino)) ino += 1;
    this.tree.nodes.set(ino, node);
    return ino;
  }

  #tick(): bigint {
    this.#clockNs += 1_000_000n;
    return this.#clockNs;
  }

  #setContent(ino: number, now: FileContent): void {
    this.tree.nodes.set(ino, { ...this.tree.file(ino), now });
    this.version += 1;
  }

  #syncFile(ino: number): void {
    const { now } = this.tree.file(ino);
    this.tree.nodes.set(ino, { kind: "file", now, durable: now });
    this.version += 1;
  }

  #stat(ino: number): FileStat {
    const node = this.tree.nodes.get(ino)!;
    if (node.kind === "directory") return { kind: "directory", size: 4096, ino: BigInt(ino), mtimeNs: 0n, mode: 0o755 };
    return {
      kind: "file",
      size: node.now.bytes.length,
      ino: BigInt(ino),
      mtimeNs: node.now.mtimeNs,
      mode: node.now.mode,
    };
  }

  #handle(ino: number, path: string): FileHandle {
    this.#open.set(ino, (this.#open.get(ino) ?? 0) + 1);
    let closed = false;
    const usable = (act: string): void => {
      if (closed) throw fileError("EBADF", path, act);
    };
    return {
      read: async (buffer, offset, length, position) => {
        usable("read");
        const node = this.tree.nodes.get(ino);
        if (node?.kind !== "file") throw fileError("EISDIR", path, "read");
        const part = node.now.bytes.subarray(position, position + length);
        buffer.set(part, offset);
        return part.length;
      },
      write: async (buffer, offset, length) => {
        usable("write");
        const { now } = this.tree.file(ino);
        const bytes = new Uint8Array(now.bytes.length + length);
        bytes.set(now.bytes);
        bytes.set(buffer.subarray(offset, offset + length), now.bytes.length);
        this.#setContent(ino, { ...now, bytes, mtimeNs: this.#tick() });
        return length;
      },
      sync: async () => {
        usable("fsync");
        this.#syncFile(ino);
      },
      stat: async () => {
        usable("fstat");
        return this.#stat(ino);
      },
      close: async () => {
        usable("close");
        closed = true;
        const left = this.#open.get(ino)! - 1;
        if (left === 0) this.#open.delete(ino);
        else this.#open.set(ino, left);
      },
    };
  }
}
