import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { LockedError } from "../errors.js";
import { codeOf, storageError } from "./errno.js";
import type { FileSystem } from "./file-system.js";
import { livenessOf, type ProcessIdentity, thisProcess } from "./process-identity.js";
import { DEFAULT_LOCK_WAIT_MS, type Lock, type LockOptions } from "./storage.js";

/*
 * One writer per name, without the system's help (Node has no flock).
 *
 * A name's history is a row of numbered files: `<name>.<n>.lock`, joined by `<name>.<n>.free` when it is given back. Whoever
 * exclusively creates lock n + 1, where n is free or its holder is dead, holds the name: creating is the one decision, so two cannot
 * win it. The highest lock is never removed or renamed, hence a latecomer who creates a number that was used and swept finds a higher
 * one when it looks again, and withdraws. Taking over needs no removal of another's file, which is where such locks usually go wrong.
 */

const HEARTBEAT_MS = 5_000;
/** A holder that cannot be asked (another host) is dead when its file was not touched for this long, as watched from here. */
const SILENCE_MS = 60_000;
/** The same for a file without content: its maker died between creating and writing it, or is just writing. */
const EMPTY_SILENCE_MS = 5_000;
const POLL_MAX_MS = 200;

interface Generation {
  readonly n: number;
  readonly held: boolean;
  readonly file: string;
}

interface Hold extends Generation {
  readonly token: string;
}

const freeMarker = (generation: Generation) => generation.file.replace(/lock$/, "free");

interface Holder extends ProcessIdentity {
  readonly since: string;
  /** Names this one hold. A process knows its own: one that it let go of, and could not take off the disk, is free. */
  readonly token: string;
}

/** Starts every token of this module; another thread of this process has its own. */
const OURS = randomUUID();
const heldHere = new Set<string>();

export async function acquireLocalLock(
  fs: FileSystem,
  directory: string,
  name: string,
  { signal, waitMs = DEFAULT_LOCK_WAIT_MS, onWait, shown = name }: LockOptions & { shown?: string } = {},
): Promise<Lock> {
  const self = thisProcess();
  const started = performance.now();
  const watched = new Watched(fs);
  let isTold = false;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const top = (await generations(fs, directory, name))[0];
    const holder = top?.held ? await watched.holderOf(top.file, self) : undefined;
    if (holder === undefined) {
      const taken = await take(fs, directory, name, (top?.n ?? 0) + 1, self);
      if (taken) return new LocalLock(fs, directory, name, taken, shown);
      continue;
    }
    if (!isTold) onWait?.(holder);
    isTold = true;
    const waitedMs = performance.now() - started;
    if (waitedMs >= waitMs) throw new LockedError(shown, holder, waitedMs);
    await pause(Math.min(POLL_MAX_MS, 2 + attempt * 5) * (0.5 + Math.random()), signal);
  }
}

/** Highest first. */
async function generations(fs: FileSystem, directory: string, name: string): Promise<Generation[]> {
  const locks = new Set<number>();
  const freed = new Set<number>();
  for (const entry of await fs.readdir(directory)) {
    const match = /^(.+)\.(\d{1,15})\.(lock|free)$/.exec(entry);
    if (match?.[1] === name) (match[3] === "lock" ? locks : freed).add(Number(match[2]));
  }
  return [...new Set([...locks, ...freed])]
    .sort((a, b) => b - a)
    .map((n) => ({ n, held: locks.has(n) && !freed.has(n), file: join(directory, `${name}.${n}.lock`) }));
}

async function take(
  fs: FileSystem,
  directory: string,
  name: string,
  n: number,
  self: ProcessIdentity,
): Promise<Hold | undefined> {
  const token = `${OURS} ${randomUUID()}`;
  heldHere.add(token);
  let hold: Hold | undefined;
  try {
    hold = await create(fs, directory, name, n, { ...self, since: new Date().toISOString(), token });
    return hold;
  } finally {
    if (!hold) heldHere.delete(token);
  }
}

async function create(
  fs: FileSystem,
  directory: string,
  name: string,
  n: number,
  holder: Holder,
): Promise<Hold | undefined> {
  const file = join(directory, `${name}.${n}.lock`);
  try {
    const handle = await fs.open(file, "wx");
    try {
      const bytes = Buffer.from(JSON.stringify(holder));
      for (let written = 0; written < bytes.length; ) {
        written += await handle.write(bytes, written, bytes.length - written);
      }
    } catch {
      // A lock without content still locks; a full disk must not keep anybody from deleting something.
    } finally {
      await handle.close().catch(() => {});
    }
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  }
  const withdraw = () => fs.unlink(file).catch(() => {});
  let all: Generation[];
  try {
    all = await generations(fs, directory, name);
  } catch (error) {
    await withdraw();
    throw error;
  }
  // A higher one, or a mark that this number was used and given back.
  if (all[0]?.n !== n || !all[0].held) {
    await withdraw();
    return undefined;
  }
  for (const older of all) {
    if (older.n >= n) continue;
    // The marker last: without it the older lock would look held again.
    await fs.unlink(older.file).catch(() => {});
    if (!older.held) await fs.unlink(freeMarker(older)).catch(() => {});
  }
  return { n, held: true, file, token: holder.token };
}

/** Follows one lock file's signs of life while we wait for it. */
class Watched {
  readonly #fs: FileSystem;
  #file = "";
  #mtimeNs = 0n;
  #quietSince = 0;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /** A few words on who holds the file, or undefined if nobody does any more. */
  async holderOf(file: string, self: ProcessIdentity): Promise<string | undefined> {
    const holder = await readHolder(this.#fs, file);
    if (holder === "gone") return undefined;
    if (holder?.token.startsWith(OURS) && !heldHere.has(holder.token)) return undefined;
    const liveness = holder ? livenessOf(holder, self) : "unknown";
    if (liveness === "dead") return undefined;
    if (liveness === "unknown" && (await this.#quietMs(file)) >= (holder ? SILENCE_MS : EMPTY_SILENCE_MS))
      return undefined;
    return holder ? `process ${holder.pid} on ${holder.host} (since ${holder.since})` : "another process";
  }

  async #quietMs(file: string): Promise<number> {
    const mtimeNs = await this.#fs.stat(file).then(
      (stat) => stat.mtimeNs,
      () => -1n,
    );
    // Our own clock on their file's changes: two machines' clocks need not agree.
    if (file !== this.#file || mtimeNs !== this.#mtimeNs) {
      this.#file = file;
      this.#mtimeNs = mtimeNs;
      this.#quietSince = performance.now();
    }
    return performance.now() - this.#quietSince;
  }
}

async function readHolder(fs: FileSystem, file: string): Promise<Holder | "gone" | undefined> {
  try {
    const handle = await fs.open(file, "r");
    try {
      const buffer = Buffer.alloc(4096);
      let length = 0;
      for (let taken = -1; taken !== 0 && length < buffer.length; length += taken) {
        taken = await handle.read(buffer, length, buffer.length - length, length);
      }
      const holder: unknown = JSON.parse(buffer.toString("utf8", 0, length));
      return isHolder(holder) ? holder : undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "gone";
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whoever can write to the directory can write anything into a lock. */
function isHolder(value: unknown): value is Holder {
  const { host, token, pid, start } = (value ?? {}) as Partial<Record<keyof Holder, unknown>>;
  return (
    typeof host === "string" && typeof token === "string" && typeof start === "string" && Number.isSafeInteger(pid)
  );
}

class LocalLock implements Lock {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #name: string;
  readonly #mine: Hold;
  readonly #shown: string;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #taken = performance.now();

  constructor(fs: FileSystem, directory: string, name: string, mine: Hold, shown: string) {
    this.#fs = fs;
    this.#directory = directory;
    this.#name = name;
    this.#mine = mine;
    this.#shown = shown;
    this.#heartbeat = setInterval(() => {
      const now = new Date();
      fs.utimes(mine.file, now, now).catch(() => {});
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  async assertHeld(): Promise<void> {
    let top: Generation | undefined;
    try {
      top = (await generations(this.#fs, this.#directory, this.#name))[0];
    } catch (error) {
      throw storageError("write", this.#shown, error);
    }
    if (top?.n === this.#mine.n && top.held) return;
    throw new LockedError(
      this.#shown,
      "another process took over because this one gave no sign of life; it",
      performance.now() - this.#taken,
    );
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    heldHere.delete(this.#mine.token);
    const marker = freeMarker(this.#mine);
    try {
      const handle = await this.#fs.open(marker, "wx");
      await handle.close().catch(() => {});
    } catch {
      // Not even an empty file can be made, or the directory is gone: the lock itself becomes the mark, which needs no space.
      await this.#fs.rename(this.#mine.file, marker).catch(() => {});
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done() {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }
    function aborted() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    if (signal?.aborted) aborted();
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
