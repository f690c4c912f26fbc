import { AsyncLocalStorage } from "node:async_hooks";
import { LockedError } from "../errors.js";
import type { Lock } from "../storage/storage.js";
import type { Agreement } from "./agreement.js";
import { assertKnownFormat, writeFormat } from "./directory-format.js";
import { type Place, shownPath } from "./place.js";
import { type Found, recover } from "./recover.js";

/* Who may write a checkpoint, and what it finds there: the lock, and the recovery that every change begins with. */

/** Where a save or delete is, in this order; a delete has no `staged`, `sealed` and `kept`. */
export type Phase = "locked" | "recovered" | "staged" | "sealed" | "kept" | "described" | "committed" | "swept";

export interface WriterOptions {
  /** How many earlier revisions stay. */
  keepRevisions: number;
  lockWaitMs?: number | undefined;
  onWait?: ((holder: string) => void) | undefined;
  onPhase?: ((phase: Phase) => void | Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
  /** Of a save in several places at once. */
  agreement?: Agreement | undefined;
  /** Code of others runs before it ends, and is waited for: it must not write what waits for it. */
  runsOthers?: boolean | undefined;
}

/** The only writer of a name, and what it found there. */
export interface Writer extends Found {
  readonly place: Place;
  readonly options: WriterOptions;
  readonly lock: Lock;
  reach(phase: Phase): Promise<void>;
}

/** What is being written by whom the running code works for: the innermost last. */
const writing = new AsyncLocalStorage<readonly Writing[]>();

interface Writing {
  readonly place: Place;
  /** Work that outlives the save for which it was begun keeps the context of it. */
  isDone: boolean;
}

/** Do something as the only writer of a name, after recovery. */
export async function asWriter<T>(
  place: Place,
  options: WriterOptions,
  work: (writer: Writer) => Promise<T>,
): Promise<T> {
  return await underLock(place, options, async (lock, reach) => {
    await writeFormat(place.storage);
    const found = await recover(place, options.signal);
    await reach("recovered");
    return await work({ place, options, lock, reach, ...found });
  });
}

/** Do something as the only writer of a name, who leaves what others have left. */
export async function underLock<T>(
  place: Place,
  options: WriterOptions,
  work: (lock: Lock, reach: Writer["reach"]) => Promise<T>,
): Promise<T> {
  const { storage } = place;
  const { signal, lockWaitMs, onWait, onPhase, runsOthers } = options;
  assertNotWithin(place);
  await assertKnownFormat(storage);
  const lock = await storage.lock(lockName(place), {
    signal,
    shown: shownPath(place),
    ...(lockWaitMs !== undefined && { waitMs: lockWaitMs }),
    ...(onWait && { onWait }),
  });
  const mine: Writing = { place, isDone: false };
  try {
    const reach = async (phase: Phase) => await onPhase?.(phase);
    await reach("locked");
    // From its first use on it costs every promise of the process on Node 20, a tenth of the time of a step that asks.
    if (!runsOthers) return await work(lock, reach);
    return await writing.run([...(writing.getStore() ?? []), mine], work, lock, reach);
  } finally {
    mine.isDone = true;
    await lock.release();
  }
}

/** @throws {TypeError} From what a save of the same name waits for: it would wait for that save in turn. */
function assertNotWithin({ storage, visible, name }: Place): void {
  const isSame = ({ place, isDone }: Writing) => !isDone && place.storage === storage && place.visible === visible;
  if (!writing.getStore()?.some(isSame)) return;
  throw new TypeError(
    `Cannot write checkpoint "${name}" from within a save of it, whose rows would wait for this and this for them; save it before or after`,
  );
}

/** A directory may be called as something else is that has a lock. */
function lockName({ history }: Place): string {
  return history.slice(history.lastIndexOf("/") + 1);
}

/** Whether another writer has taken it over. */
export async function isLost(lock: Lock): Promise<boolean> {
  return await lock.assertHeld().then(
    () => false,
    (error: unknown) => error instanceof LockedError,
  );
}
