import { LockedError, StorageError } from "../errors.js";
import type { Lock, LockOptions, OpenedFile, StagedFile, Storage, StoredFile } from "./storage.js";

interface Blob {
  readonly bytes: Uint8Array;
  readonly identity: string;
  readonly modifiedAt: Date;
}

/** Bytes in this process, gone with it. Publishing is one assignment, so there is nothing to make durable. */
export class MemoryStorage implements Storage {
  readonly label = "memory";
  readonly #files = new Map<string, Blob>();
  readonly #staged = new Set<string>();
  readonly #locks = new Map<string, Promise<void>>();
  #versions = 0;

  async open(path: string): Promise<OpenedFile | undefined> {
    const blob = this.#files.get(path);
    return (
      blob && {
        byteLength: blob.bytes.length,
        identity: blob.identity,
        modifiedAt: blob.modifiedAt,
        read: async (start, end) => {
          if (end > blob.bytes.length)
            throw new RangeError(`Cannot read bytes ${start}-${end} of "${path}": it has ${blob.bytes.length}`);
          return new Uint8Array(blob.bytes.subarray(start, end));
        },
        close: async () => {},
      }
    );
  }

  async stage(temporary: string, target: string): Promise<StagedFile> {
    if (this.#staged.has(temporary)) throw new StorageError("write", temporary, "it exists already");
    this.#staged.add(temporary);
    const chunks: Uint8Array[] = [];
    let sealed: Blob | undefined;
    return {
      write: async (chunk) => {
        // `slice` of a Buffer would be a view.
        chunks.push(new Uint8Array(chunk));
      },
      seal: async () => {
        sealed = { bytes: Buffer.concat(chunks), identity: String(++this.#versions), modifiedAt: new Date() };
        return { byteLength: sealed.bytes.length, identity: sealed.identity };
      },
      publish: async () => {
        if (!sealed) throw new TypeError(`Cannot publish "${target}": it is not sealed`);
        this.#files.set(target, sealed);
        this.#staged.delete(temporary);
      },
      discard: async () => {
        this.#staged.delete(temporary);
      },
    };
  }

  async identify(path: string): Promise<StoredFile | undefined> {
    const blob = this.#files.get(path);
    return blob && { path, byteLength: blob.bytes.length, identity: blob.identity };
  }

  async list(directory: string): Promise<StoredFile[]> {
    const prefix = directory === "" ? "" : `${directory}/`;
    return [...this.#files]
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
      .map(([path, blob]) => ({ path, byteLength: blob.bytes.length, identity: blob.identity }));
  }

  async remove(path: string): Promise<boolean> {
    return this.#files.delete(path);
  }

  async keep(from: string, to: string): Promise<void> {
    const blob = this.#files.get(from);
    if (!blob) throw new StorageError("keep", from, "it does not exist");
    if (this.#files.has(to)) throw new StorageError("keep", to, "it exists already");
    this.#files.set(to, blob);
  }

  async sync(): Promise<void> {}

  async lock(name: string, { signal, waitMs = Number.POSITIVE_INFINITY, onWait }: LockOptions = {}): Promise<Lock> {
    const before = this.#locks.get(name);
    let release = () => {};
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const turn = (before ?? Promise.resolve()).then(() => mine);
    this.#locks.set(name, turn);
    if (before) {
      onWait?.("another save in this process");
      try {
        await settledWithin(before, name, waitMs, signal);
      } catch (error) {
        release();
        throw error;
      }
    }
    return {
      assertHeld: async () => {},
      release: async () => {
        release();
        if (this.#locks.get(name) === turn) this.#locks.delete(name);
      },
    };
  }
}

function settledWithin(
  turn: Promise<void>,
  name: string,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const aborted = () => reject(signal?.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    const timer = Number.isFinite(waitMs)
      ? setTimeout(() => reject(new LockedError(name, "another save in this process", waitMs)), waitMs)
      : undefined;
    turn.then(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      resolve();
    });
  });
}
