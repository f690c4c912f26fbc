import { LockedError, StorageError } from "../errors.js";
import {
  DEFAULT_LOCK_WAIT_MS,
  type GrowingFile,
  type Lock,
  type LockOptions,
  type NewFile,
  type OpenedFile,
  type StagedFile,
  type Storage,
  type StoredFile,
} from "./storage.js";

interface Blob {
  readonly bytes: Uint8Array;
  readonly identity: string;
  readonly modifiedAt: Date;
}

type Turn = () => void;

/** Bytes in this process, gone with it. Publishing is one assignment, so there is nothing to make durable. */
export class MemoryStorage implements Storage {
  readonly label = "memory";
  readonly #files = new Map<string, Blob>();
  readonly #staged = new Set<string>();
  /** Of each lock that is held, who waits for it, in order. */
  readonly #locks = new Map<string, Set<Turn>>();
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
    let sealed: Blob | undefined;
    return {
      ...this.#newFile((blob) => {
        sealed = blob;
      }),
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

  async create(path: string): Promise<NewFile> {
    if (this.#files.has(path)) throw new StorageError("write", path, "it exists already");
    const show = (blob: Blob) => {
      this.#files.set(path, blob);
    };
    show({ bytes: new Uint8Array(0), identity: String(++this.#versions), modifiedAt: new Date() });
    return {
      ...this.#newFile(show),
      discard: async () => {
        this.#files.delete(path);
      },
    };
  }

  #newFile(onSealed: (blob: Blob) => void): Pick<NewFile, "write" | "seal"> {
    const chunks: Uint8Array[] = [];
    return {
      write: async (chunk) => {
        // `slice` of a Buffer would be a view.
        chunks.push(new Uint8Array(chunk));
      },
      seal: async () => {
        const bytes = Buffer.concat(chunks);
        const identity = String(++this.#versions);
        onSealed({ bytes, identity, modifiedAt: new Date() });
        return { byteLength: bytes.length, identity };
      },
    };
  }

  async append(path: string): Promise<GrowingFile> {
    if (this.#files.has(path)) throw new StorageError("write", path, "it exists already");
    let room = new Uint8Array(1024);
    let byteLength = 0;
    const show = () => {
      this.#files.set(path, {
        bytes: room.subarray(0, byteLength),
        identity: String(++this.#versions),
        modifiedAt: new Date(),
      });
    };
    const assertNamed = () => {
      if (!this.#files.has(path)) throw new StorageError("write", path, "it does not exist");
    };
    show();
    return {
      write: async (chunk) => {
        assertNamed();
        const needed = byteLength + chunk.length;
        if (needed > room.length) {
          // Whoever has opened the file keeps the bytes as they were.
          const larger = new Uint8Array(Math.max(needed, 2 * room.length));
          larger.set(room.subarray(0, byteLength));
          room = larger;
        }
        room.set(chunk, byteLength);
        byteLength = needed;
        show();
      },
      sync: async () => assertNamed(),
      close: async () => {},
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

  async listDirectories(directory: string): Promise<string[]> {
    const prefix = directory === "" ? "" : `${directory}/`;
    const inside = [...this.#files.keys()].filter((path) => path.startsWith(prefix));
    return [...new Set(inside.flatMap((path) => path.slice(prefix.length).split("/").slice(0, -1).slice(0, 1)))];
  }

  async remove(path: string): Promise<boolean> {
    return this.#files.delete(path);
  }

  /** There are none but by what is in them. */
  async removeDirectory(): Promise<void> {}

  async keep(from: string, to: string): Promise<void> {
    const blob = this.#files.get(from);
    if (!blob) throw new StorageError("keep", from, "it does not exist");
    if (this.#files.has(to)) throw new StorageError("keep", to, "it exists already");
    this.#files.set(to, blob);
  }

  async sync(): Promise<void> {}

  async lock(
    name: string,
    { signal, waitMs = DEFAULT_LOCK_WAIT_MS, onWait, shown = name }: LockOptions = {},
  ): Promise<Lock> {
    signal?.throwIfAborted();
    const waiting = this.#locks.get(name);
    if (waiting) {
      onWait?.(HOLDER);
      await turnIn(waiting, shown, waitMs, signal);
    } else {
      this.#locks.set(name, new Set());
    }
    return { assertHeld: async () => {}, release: async () => this.#passOn(name) };
  }

  #passOn(name: string): void {
    const waiting = this.#locks.get(name);
    const [next] = waiting ?? [];
    if (next) next();
    else this.#locks.delete(name);
  }
}

const HOLDER = "another save in this process";

/** Wait behind those who wait already; who gives up leaves the row. */
function turnIn(waiting: Set<Turn>, name: string, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      waiting.delete(turn);
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
    const turn = () => {
      leave();
      resolve();
    };
    const giveUp = (error: unknown) => {
      leave();
      reject(error);
    };
    const aborted = () => giveUp(signal?.reason);
    const late = () => giveUp(new LockedError(name, HOLDER, waitMs));
    const timer = Number.isFinite(waitMs) ? setTimeout(late, waitMs) : undefined;
    signal?.addEventListener("abort", aborted, { once: true });
    waiting.add(turn);
  });
}
