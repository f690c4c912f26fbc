import { InvalidRowError, RowTypeMismatchError, StalledCopyError } from "../../errors.js";
import { LocalStorage } from "../../storage/local.js";
import { realPathOf } from "../../storage/local-path.js";
import type { BaseCheckpointManager } from "../base-checkpoint-manager.js";
import type { CheckpointInfo } from "../info.js";
import { Clock } from "./clock.js";

export interface AskOptions<T> {
  readonly signal?: AbortSignal | undefined;
  /** What is done with a result that nobody waits for any more. */
  readonly tooLate?: (result: T) => void;
  /** How much has to be read, or read and written, before there is an answer. */
  readonly bytes?: number | undefined;
}

/** What nobody sees progress of may take as long as the slowest disk or line would. */
const SLOWEST_BYTES_PER_MS = 1_000;
/** More than that a timer cannot count. */
const LONGEST_MS = 2 ** 31 - 1;

/** One manager inside a Multi, and how it has been doing. */
export class Copy {
  readonly manager: BaseCheckpointManager;
  readonly timeoutMs: number;
  /** Since it last did what it was asked. */
  failures = 0;
  lastError: Error | undefined;
  /** It gave rows that cannot be right: it is asked last. */
  isDistrusted = false;
  /** As measured with the last rows that were read here; undefined before. */
  secondsPerRow: number | undefined;

  constructor(manager: BaseCheckpointManager, timeoutMs: number) {
    this.manager = manager;
    this.timeoutMs = timeoutMs;
  }

  /** How messages call it: several formats may share a directory. */
  get label(): string {
    return `${this.manager.location} (${this.manager.format})`;
  }

  /**
   * Let the manager do something, and give up on it where it does not come back.
   *
   * @throws {StalledCopyError} When its time is over; the signal that the manager was given is then aborted.
   */
  async ask<T>(
    work: (manager: BaseCheckpointManager, signal: AbortSignal) => Promise<T>,
    { signal, tooLate = () => {}, bytes = 0 }: AskOptions<T> = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    const timeoutMs = Math.min(this.timeoutMs + bytes / SLOWEST_BYTES_PER_MS, LONGEST_MS);
    const stop = new AbortController();
    let isOver = false;
    try {
      const result = await new Promise<T>((done, fail) => {
        const giveUp = (reason: unknown) => {
          isOver = true;
          fail(reason);
          stop.abort(reason);
        };
        const clock = new Clock(timeoutMs, () => giveUp(this.stalled(timeoutMs)));
        const onAbort = () => giveUp(signal!.reason);
        signal?.addEventListener("abort", onAbort, { once: true });
        clock.start();
        // A manager may throw before it has a promise to give.
        (async () => await work(this.manager, stop.signal))()
          .then((value) => (isOver ? tooLate(value) : done(value)), fail)
          .finally(() => {
            clock.stop();
            signal?.removeEventListener("abort", onAbort);
          });
      });
      this.succeeded();
      return result;
    } catch (error) {
      if (!signal?.aborted) this.failed(error);
      throw error;
    }
  }

  /** What is known of a checkpoint here, every byte of it. */
  async check(name: string, signal: AbortSignal | undefined): Promise<CheckpointInfo | undefined> {
    const known = await this.ask((manager, stop) => manager.getCheckpointInfo(name, { signal: stop }), { signal });
    const check = (manager: BaseCheckpointManager, stop: AbortSignal) =>
      manager.getCheckpointInfo(name, { check: true, signal: stop });
    return known && (await this.ask(check, { signal, bytes: known.bytes }));
  }

  stalled(timeoutMs = this.timeoutMs): StalledCopyError {
    return new StalledCopyError(this.label, timeoutMs);
  }

  succeeded(): void {
    this.failures = 0;
  }

  failed(error: unknown): void {
    if (isAboutTheQuestion(error)) return;
    this.failures += 1;
    this.lastError = errorOf(error);
  }
}

/** Not of the copy: no other would answer it. */
export function isAboutTheQuestion(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof RowTypeMismatchError ||
    error instanceof InvalidRowError
  );
}

export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Storages that have no name of their own, in the order in which they were first seen. */
const seen = new WeakMap<object, number>();
let seenCount = 0;

/**
 * What a manager writes to: two of the same are one copy, not two. All who save in the same places take their locks in the order of this,
 * so that none waits for one that waits for it.
 */
export function placeKey(manager: BaseCheckpointManager): string {
  return `${directoryKey(manager)} ${manager.format}`;
}

function directoryKey({ storage, location }: BaseCheckpointManager): string {
  if (!storage || storage instanceof LocalStorage) return realPathOf(location);
  if (!seen.has(storage)) seen.set(storage, ++seenCount);
  return `${location} ${String(seen.get(storage)).padStart(9, "0")}`;
}

/** One copy for each directory that files can be kept in; several formats may share one. */
export function distinctPlaces(copies: readonly Copy[]): Copy[] {
  const places = new Map<string, Copy>();
  for (const copy of copies) {
    const key = directoryKey(copy.manager);
    if (copy.manager.storage && !places.has(key)) places.set(key, copy);
  }
  return [...places.values()];
}
