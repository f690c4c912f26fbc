import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { LockedError, UnwritableAnswersError } from "../../errors.js";
import type { Lock, Storage } from "../../storage/storage.js";
import { ignoreDirectory } from "./ignore-directory.js";
import { ANSWERS_DIRECTORY, lockOf, newSegmentPath } from "./segment-names.js";
import { type NewLine, SegmentWriter } from "./segment-writer.js";

/** So much is written and synced at once, at most. */
const COMMIT_BYTES = 16 << 20;
/** What there must be room for before the first answer is paid for: those of some dozens of calls, which may be under way when a disk is full. */
const ROOM_BYTES = 256 << 10;

/** Entries of lines that are durable now, and how long their segment is. Called before those who wait for them are told. */
export type OnKept = (path: string, entries: Uint32Array, byteLength: number) => void;

interface Waiting {
  readonly line: NewLine;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: whatever is handed in while one sync is under way shares the next. The first failure is the last write: where the disk
 * stands is unknown after it, and every answer that cannot be kept is money lost.
 */
export class AnswerWriter {
  readonly #storage: Storage;
  readonly #onKept: OnKept;
  #slot: Promise<{ name: string; lock: Lock }> | undefined;
  #segment: Promise<SegmentWriter> | undefined;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  #stopped: UnwritableAnswersError | undefined;
  #broken = false;

  constructor(storage: Storage, onKept: OnKept) {
    this.#storage = storage;
    this.#onKept = onKept;
  }

  /**
   * Resolves when there is a file to write to, which has taken a first line, and room for more: where a disk stays full, every attempt
   * would else pay for the calls that are under way when it shows.
   *
   * @throws {UnwritableAnswersError} If there is none, or something could not be written before.
   */
  async ready(): Promise<void> {
    if (this.#stopped) throw this.#stopped;
    try {
      await this.#open();
    } catch (error) {
      throw this.stop(error);
    }
    if (this.#stopped) throw this.#stopped;
  }

  /** Resolves when the line is durable. */
  put(line: NewLine): Promise<void> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** Nothing more will be written. Returns why not. */
  stop(why: unknown): UnwritableAnswersError {
    this.#stopped =
      why instanceof Error ? new UnwritableAnswersError(why.message, why) : new UnwritableAnswersError(String(why));
    return this.#stopped;
  }

  /** Waits for what was handed in. A segment that cannot be sealed is whole nevertheless, only slower to open. */
  async close(): Promise<void> {
    this.stop("the store is closed");
    await this.#committing;
    const segment = await this.#segment?.catch(() => undefined);
    if (segment && !this.#broken) await this.#finish(segment).catch(() => {});
    await segment?.close();
    const slot = await this.#slot?.catch(() => undefined);
    await slot?.lock.release();
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Those who were just told hand in their next, to share this sync and not the one after it.
      await setImmediate();
      const batch = this.#take();
      try {
        await this.#commit(batch);
      } catch (error) {
        this.#broken = true;
        const stopped = this.stop(error);
        for (const { reject } of [...batch, ...this.#waiting]) reject(stopped);
        this.#waiting = [];
      }
    }
    this.#committing = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const segment = await this.#open();
    const entries = await segment.write(batch.map(({ line }) => line));
    await segment.sync(); // ← commit point: from here on a power cut leaves these answers.
    this.#onKept(segment.path, entries, segment.byteLength);
    for (const { resolve } of batch) resolve();
    if (!segment.isFull) return;
    this.#segment = undefined;
    await this.#finish(segment);
    await segment.close();
  }

  #take(): Waiting[] {
    let bytes = 0;
    const beyond = this.#waiting.findIndex(({ line }, i) => {
      bytes += line.bytes.length;
      return i > 0 && bytes > COMMIT_BYTES;
    });
    return this.#waiting.splice(0, beyond < 0 ? this.#waiting.length : beyond);
  }

  #open(): Promise<SegmentWriter> {
    this.#segment ??= this.#begin();
    return this.#segment;
  }

  async #begin(): Promise<SegmentWriter> {
    const isFirst = !this.#slot;
    this.#slot ??= this.#takeSlot();
    const { name } = await this.#slot;
    const segment = await SegmentWriter.create(this.#storage, await newSegmentPath(this.#storage, name));
    try {
      if (isFirst) await this.#assertRoom();
      await ignoreDirectory(this.#storage);
      return segment;
    } catch (error) {
      await segment.close();
      await this.#storage.remove(segment.path).catch(() => {});
      throw error;
    }
  }

  async #assertRoom(): Promise<void> {
    const path = `${ANSWERS_DIRECTORY}/${randomUUID()}`;
    const staged = await this.#storage.stage(`${path}.tmp`, path);
    try {
      await staged.write(Buffer.alloc(ROOM_BYTES));
      await staged.seal();
    } finally {
      await staged.discard();
    }
  }

  /** The first that no living process holds. */
  async #takeSlot(): Promise<{ name: string; lock: Lock }> {
    for (let number = 0; ; number++) {
      const name = String(number);
      try {
        return { name, lock: await this.#storage.lock(lockOf(name), { waitMs: 0 }) };
      } catch (error) {
        if (!(error instanceof LockedError)) throw error;
      }
    }
  }

  async #finish(segment: SegmentWriter): Promise<void> {
    if (segment.answers === 0) {
      await this.#storage.remove(segment.path);
      return;
    }
    await segment.seal();
    this.#onKept(segment.path, new Uint32Array(0), segment.byteLength);
  }
}
