import { StorageError } from "../../src/errors.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import type { Storage } from "../../src/storage/storage.js";

/** A storage that can be out of reach, and lost. */
export class SwitchedStorage {
  isDown = false;
  #inner = new MemoryStorage();
  readonly storage: Storage;

  constructor(label: string) {
    const get = (_: unknown, member: string | symbol) => {
      if (member === "label") return label;
      const value = this.#inner[member as keyof MemoryStorage] as unknown;
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (this.isDown) throw new StorageError("reach", label, "it is down");
        return await (value as (...args: unknown[]) => unknown).apply(this.#inner, args);
      };
    };
    this.storage = new Proxy({}, { get, has: () => true }) as Storage;
  }

  /** Everything that was here is gone. */
  lose(): void {
    this.#inner = new MemoryStorage();
  }

  /** Write a file as another program would. */
  async overwrite(path: string, change: (bytes: Uint8Array | undefined) => Uint8Array): Promise<void> {
    const file = await this.#inner.open(path);
    const bytes = change(file && (await file.read(0, file.byteLength)));
    const staged = await this.#inner.stage("overwrite.tmp", path);
    await staged.write(bytes);
    await staged.seal();
    await staged.publish();
  }
}
