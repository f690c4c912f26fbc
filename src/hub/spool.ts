import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ByteSink } from "../bytes/byte-source.js";
import type { Content } from "./content.js";

/** What is no larger stays in memory. */
const MEMORY_BYTES = 4 << 20;

/**
 * Takes bytes until they can be sent: how many there are and what they hash to has to be known before. Large ones are in a temporary file,
 * which nobody else may read, and which goes when it is closed.
 */
export class Spool implements ByteSink {
  readonly #hash = createHash("sha256");
  #chunks: Uint8Array[] = [];
  #byteLength = 0;
  #file: { handle: FileHandle; path: string } | undefined;
  #sealed: Content | undefined;

  /** Where large ones are; TMPDIR says. */
  static directory(): string {
    return join(tmpdir(), "kura-ts");
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#sealed) throw new TypeError("Cannot write: all is written that was to be sent");
    this.#hash.update(chunk);
    this.#byteLength += chunk.length;
    if (!this.#file && this.#byteLength > MEMORY_BYTES) {
      this.#file = await temporaryFile();
      for (const kept of this.#chunks) await this.#file.handle.appendFile(kept);
      this.#chunks = [];
    }
    if (this.#file) await this.#file.handle.appendFile(chunk);
    // The caller may use its memory again.
    else this.#chunks.push(new Uint8Array(chunk));
  }

  /** No more writes. What is given can be read until this is closed. */
  seal(): Content {
    if (this.#sealed) return this.#sealed;
    const bytes = Buffer.concat(this.#chunks);
    const file = this.#file;
    this.#sealed = {
      byteLength: this.#byteLength,
      sha256: this.#hash.digest("hex"),
      read: async (start, end) => {
        if (!file) return bytes.subarray(start, end);
        const part = Buffer.alloc(end - start);
        const { bytesRead } = await file.handle.read(part, 0, part.length, start);
        if (bytesRead !== part.length) throw new Error(`Cannot read "${file.path}": somebody cut it off`);
        return part;
      },
    };
    return this.#sealed;
  }

  /** Never throws. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#chunks = [];
    await file?.handle.close().catch(() => {});
    if (file) await rm(file.path, { force: true }).catch(() => {});
  }
}

async function temporaryFile(): Promise<{ handle: FileHandle; path: string }> {
  const folder = Spool.directory();
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${randomUUID()}.tmp`);
  const handle = await open(path, "wx+", 0o600);
  // Its bytes stay for whoever has it open, and go with a process that is killed.
  await rm(path, { force: true }).catch(() => {});
  return { handle, path };
}
