import type { ByteSink, ByteSource } from "../bytes/byte-source.js";

/**
 * Bytes at paths. Paths are relative, with "/" between parts. A storage knows nothing of rows, checkpoints or manifests.
 */
export interface Storage {
  /** How messages call this place: a directory, "memory". */
  readonly label: string;
  /** A pinned reader, or undefined where nothing is. Never writes. */
  open(path: string): Promise<OpenedFile | undefined>;
  /**
   * A new, empty file at `temporary`, which must not exist, to be published as `target`. Parent directories are made.
   *
   * @throws {StorageError} If `target` is something that must not be replaced: a directory, a symbolic link.
   */
  stage(temporary: string, target: string): Promise<StagedFile>;
  /**
   * A new, empty file at `path`, which must not exist: for what nobody looks for before something else names it. Its name is not durable
   * before `sync` of its directory. Parent directories are made.
   *
   * @param like Who may read it is as for the file of this name, if there is one.
   */
  create(path: string, like: string): Promise<NewFile>;
  /**
   * A new, empty file at `path`, which must not exist, that grows where it will stay. Its name is durable when this resolves; the file,
   * and the directory if it has to be made, belong to this user alone. Absent where bytes can only be published whole.
   */
  append?(path: string): Promise<GrowingFile>;
  /** What has this name now, without opening it. */
  identify(path: string): Promise<StoredFile | undefined>;
  /** The files directly inside a directory, in no order; empty where there is no directory. */
  list(directory: string): Promise<StoredFile[]>;
  /** Names of the directories directly inside a directory, in no order; empty where there is no directory. */
  listDirectories(directory: string): Promise<string[]>;
  /** Whether there was something. Not durable before `sync` of its directory. */
  remove(path: string): Promise<boolean>;
  /** Only if nothing is in it; else nothing is done. */
  removeDirectory(path: string): Promise<void>;
  /**
   * Keep the bytes at `from` under the further name `to`, which must not exist. A hard link or a copy: the result may share its
   * identity with `from` until `from` is replaced. Not durable before `sync` of its directory.
   */
  keep(from: string, to: string): Promise<void>;
  /** When it resolves, what is seen in this directory now would survive a power cut. A missing directory is no error. */
  sync(directory: string): Promise<void>;
  /**
   * Change several files in one instant, where the storage can. `work` says what to change; it is called anew, on what there is then,
   * where somebody else was faster. When it resolves the changes are durable.
   *
   * @param about What history calls the change: one line, and a text in which no other change has the same `id`.
   * @throws {UnknownOutcomeError} If nobody can tell whether it was done.
   */
  transact?<T>(about: ChangeTitle, work: (changes: Transaction) => Promise<T>): Promise<T>;
  /**
   * A storage that shows what is here now, whatever is changed later.
   *
   * @param options.toWrite What a change would be made on: a place that is not there is made, perhaps from another.
   */
  pinned?(options?: PinOptions): Promise<Storage>;
  /** Wait for and take the only right to write under this lock name. */
  lock(name: string, options?: LockOptions): Promise<Lock>;
}

export interface PinOptions {
  readonly toWrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ChangeTitle {
  readonly title: string;
  readonly id: string;
  readonly signal?: AbortSignal | undefined;
}

/** Changes that are made together, at the end. */
export interface Transaction {
  /** What there was before them. */
  readonly base: Storage;
  /** Bytes, or a staged file of this storage that is sealed and not published. */
  put(path: string, content: Uint8Array | StagedFile): void;
  /** What was at `from` is under the further name `to` afterwards, whatever is put at `from`. */
  keep(from: string, to: string): void;
  remove(path: string): void;
}

export interface StoredFile {
  readonly path: string;
  readonly byteLength: number;
  readonly identity: string;
}

/**
 * `identity` names one version of one file in this storage: the same file rewritten in place has another. It is lost by copying,
 * so it is a shortcut and a tie-break, never evidence that bytes are right.
 */
export interface OpenedFile extends ByteSource {
  readonly identity: string;
  readonly modifiedAt: Date;
}

export interface NewFile extends ByteSink {
  /** No more writes; when it resolves the bytes (not yet a name) are durable. */
  seal(): Promise<{ byteLength: number; identity: string }>;
  /** Remove it. Never throws. */
  discard(): Promise<void>;
}

export interface StagedFile extends NewFile {
  /**
   * Give the sealed bytes the name `target`, replacing what was there at one instant: the commit point. When it resolves the name is
   * durable too. Keeps the file mode of what it replaces.
   *
   * @throws {UnknownOutcomeError} If the name was given but could not be made durable.
   */
  publish(): Promise<void>;
  /** Drop the bytes, if not yet published. Never throws. */
  discard(): Promise<void>;
}

/** A file whose bytes stay as they were written. Readers see them when they open it, synced or not. */
export interface GrowingFile extends ByteSink {
  /**
   * When it resolves, what was written survives a power cut, under the name that the file was made with.
   *
   * @throws {StorageError} Also if that name no longer leads to the file: what is in it could not be found again.
   */
  sync(): Promise<void>;
  /** Does not sync. Never throws. */
  close(): Promise<void>;
}

export interface Lock {
  /** @throws {LockedError} If the lock was lost, e.g. after this process slept past its heartbeat. */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

export const DEFAULT_LOCK_WAIT_MS = 300_000;

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** How long to wait for another writer before giving up with a `LockedError`; DEFAULT_LOCK_WAIT_MS by default. */
  waitMs?: number;
  /** How messages call what is locked; by its name otherwise. */
  shown?: string | undefined;
  /** Called once when there is something to wait for. */
  onWait?: (holder: string) => void;
}
