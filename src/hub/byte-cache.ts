import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** A part of a file that was read: where from, where to, and what its bytes hash to. */
interface Kept {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

const NAME = /^(\d+)-(\d+)-([0-9a-f]{8})$/;
/** How much goes at once when it is full. */
const KEPT_SHARE = 0.8;
/** Its time is that of the last sweep. */
const SWEPT = "swept";
/** Counting takes a call for each part, of which there may be a hundred thousand: many short processes count once. */
const SWEEP_EVERY_MS = 600_000;

/**
 * Parts of files that were read, by what the whole file hashes to: on this machine, for this user alone. Nothing depends on it: what
 * cannot be read, or is not what it was, is as if it were not there, and what cannot be written is not.
 */
export class ByteCache {
  readonly #directory: string;
  readonly #mostBytes: number;
  /** Since it was last counted; undefined where that is not known yet. */
  #added: number | undefined;
  #sweeping: Promise<void> | undefined;

  /** @param mostBytes It has no more for long: what uses it sweeps it first, unless that is ten minutes ago or less, and after each twentieth of it. */
  constructor({ directory, mostBytes }: { directory: string; mostBytes: number }) {
    this.#directory = directory;
    this.#mostBytes = mostBytes;
  }

  static defaultDirectory(): string {
    return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "kura-ts", "hub");
  }

  /** Bytes of a file, unless they are to be fresh from here as far as they are here, the rest by `fetch`, in as few pieces as there are gaps. */
  async read(
    hash: string,
    start: number,
    end: number,
    {
      fetch,
      fresh = false,
    }: { fetch: (start: number, end: number) => Promise<Uint8Array>; fresh?: boolean | undefined },
  ): Promise<Uint8Array> {
    const folder = join(this.#directory, hash.slice(0, 2), hash);
    const bytes = new Uint8Array(end - start);
    let at = start;
    const cover = await this.#cover(folder, start, end);
    if (fresh) for (const { name } of cover.splice(0)) await rm(join(folder, name), { force: true }).catch(() => {});
    for (const kept of cover) {
      const found = await this.#load(folder, kept);
      if (!found) continue;
      const from = Math.max(kept.start, at);
      if (from > at) bytes.set(await this.#fetched(folder, at, from, fetch), at - start);
      const to = Math.min(kept.end, end);
      bytes.set(found.subarray(from - kept.start, to - kept.start), from - start);
      at = to;
    }
    if (at < end) bytes.set(await this.#fetched(folder, at, end, fetch), at - start);
    return bytes;
  }

  /** Parts that overlap the range, each reaching further than those before it, in order. */
  async #cover(folder: string, start: number, end: number): Promise<Kept[]> {
    const names = await readdir(folder).catch(() => []);
    const parts = names
      .map((name): Kept | undefined => {
        const [, first, last] = NAME.exec(name) ?? [];
        return first === undefined ? undefined : { start: Number(first), end: Number(last), name };
      })
      .filter((part): part is Kept => part !== undefined && part.start < end && part.end > start)
      .sort((a, b) => a.start - b.start || b.end - a.end);
    let reach = start;
    return parts.filter((part) => {
      if (part.end <= reach) return false;
      reach = part.end;
      return true;
    });
  }

  async #load(folder: string, { start, end, name }: Kept): Promise<Uint8Array | undefined> {
    const path = join(folder, name);
    try {
      const bytes = await readFile(path);
      if (bytes.length === end - start && name.endsWith(hashOf(bytes))) {
        const now = new Date();
        await utimes(path, now, now).catch(() => {});
        return bytes;
      }
      await rm(path, { force: true });
    } catch {
      // Swept meanwhile, or not to be read: the Hub has it.
    }
    return undefined;
  }

  async #fetched(
    folder: string,
    start: number,
    end: number,
    fetch: (start: number, end: number) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const bytes = await fetch(start, end);
    const temporary = join(folder, `${randomUUID()}.tmp`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(temporary, bytes, { flag: "wx", mode: 0o600 });
      await rename(temporary, join(folder, `${start}-${end}-${hashOf(bytes)}`));
      this.#added = (this.#added ?? (await this.#uncounted())) + bytes.length;
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    }
    if (this.#added !== undefined && this.#added > this.#mostBytes / 20) {
      this.#sweeping ??= this.#sweep().finally(() => {
        this.#sweeping = undefined;
      });
      await this.#sweeping;
    }
    return bytes;
  }

  /** What others may have added: nothing, as it were, since a sweep that is not long ago. */
  async #uncounted(): Promise<number> {
    const swept = await stat(join(this.#directory, SWEPT)).catch(() => undefined);
    const age = swept === undefined ? Number.POSITIVE_INFINITY : Math.abs(Date.now() - swept.mtimeMs);
    return age < SWEEP_EVERY_MS ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Remove what was used longest ago, until there is room. */
  async #sweep(): Promise<void> {
    this.#added = 0;
    await writeFile(join(this.#directory, SWEPT), "", { mode: 0o600 }).catch(() => {});
    const entries = await readdir(this.#directory, { recursive: true, withFileTypes: true }).catch(() => []);
    const files: { path: string; bytes: number; usedAt: number }[] = [];
    for (const entry of entries) {
      if (!entry.isFile() || entry.name === SWEPT) continue;
      const path = join(entry.parentPath, entry.name);
      const found = await stat(path).catch(() => undefined);
      if (found) files.push({ path, bytes: found.size, usedAt: found.mtimeMs });
    }
    let left = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (left <= this.#mostBytes) return;
    for (const { path, bytes } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (left <= this.#mostBytes * KEPT_SHARE) return;
      await rm(path, { force: true }).catch(() => {});
      left -= bytes;
    }
  }
}

const hashOf = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, "0");
