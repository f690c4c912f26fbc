import type { OpenedFile, Storage } from "../../storage/storage.js";

/** Processes may have a thousand files open, or two hundred and fifty-six. */
const MOST_OPEN = 32;

interface Held {
  readonly file: Promise<OpenedFile | undefined>;
  users: number;
}

/** Reads parts of files by path, and keeps those open that were read last. */
export class OpenFiles {
  readonly #storage: Storage;
  readonly #held = new Map<string, Held>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Undefined if there is no such file, or it is shorter. */
  async read(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    const part = (file: OpenedFile | undefined) => (file && file.byteLength >= end ? file.read(start, end) : undefined);
    const found = await this.#use(path, part);
    if (found) return found;
    // It may have grown since it was opened.
    this.close(path);
    return await this.#use(path, part);
  }

  close(path: string): void {
    const held = this.#held.get(path);
    this.#held.delete(path);
    if (held?.users === 0) void closeHeld(held);
  }

  /** Resolves when all are closed that nobody is reading. */
  async closeAll(): Promise<void> {
    const idle = [...this.#held.values()].filter(({ users }) => users === 0);
    this.#held.clear();
    await Promise.all(idle.map(closeHeld));
  }

  async #use<T>(path: string, work: (file: OpenedFile | undefined) => T): Promise<Awaited<T>> {
    const held = this.#held.get(path) ?? { file: this.#storage.open(path), users: 0 };
    // The last in the map is the one that was used last.
    this.#held.delete(path);
    this.#held.set(path, held);
    held.users += 1;
    try {
      this.#closeIdle();
      return await work(await held.file);
    } catch (error) {
      if (this.#held.get(path) === held) this.#held.delete(path);
      throw error;
    } finally {
      held.users -= 1;
      if (held.users === 0 && this.#held.get(path) !== held) await closeHeld(held);
    }
  }

  #closeIdle(): void {
    for (const [path, { users }] of this.#held) {
      if (this.#held.size <= MOST_OPEN) return;
      if (users === 0) this.close(path);
    }
  }
}

async function closeHeld({ file }: Held): Promise<void> {
  await file.then(
    (opened) => opened?.close(),
    () => {},
  );
}
