import { AsyncLocalStorage } from "node:async_hooks";
import { CorruptCheckpointError, LockedError } from "../errors.js";
import type { Lock } from "../storage/storage.js";
import type { Agreement } from "./agreement.js";
import { assertKnownFormat, writeFormat } from "./directory-format.js";
import { type HistoryFiles, listHistory, readManifests } from "./history.js";
import { dataPath, manifestPath } from "./layout.js";
import type { Manifest } from "./manifest.js";
import { matchManifest } from "./match.js";
import { sweepUnlisted } from "./parts.js";
import { openHead } from "./pinned-files.js";
import { type Place, shownPath } from "./place.js";

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
}

/** The only writer of a name, and what it found there. */
export interface Writer {
  readonly place: Place;
  readonly options: WriterOptions;
  readonly lock: Lock;
  readonly history: HistoryFiles;
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly standing: Standing | undefined;
  /** Of the next revision. */
  readonly parent: string | null;
  reach(phase: Phase): Promise<void>;
}

/** The visible head, and the manifest that fits it, or why none does. */
export interface Standing {
  /** Relative to the storage. */
  readonly path: string;
  readonly identity: string;
  readonly manifest: Manifest | undefined;
  readonly damage?: CorruptCheckpointError;
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
  const { signal, lockWaitMs, onWait, onPhase } = options;
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

/** See what stands, and sweep what writers that died have left. Never touches the visible file. */
async function recover(
  place: Place,
  signal: AbortSignal | undefined,
): Promise<Pick<Writer, "history" | "manifests" | "standing" | "parent">> {
  const { storage } = place;
  // After a mere kill what is visible may not be durable: rows that others have seen and built on must not be lost to a later power cut.
  await syncVisible(place);
  const history = await listHistory(place);
  const manifests = await readManifests(place, history.manifests);
  const standing = await standingOf(place, manifests.values(), signal);
  const current = standing?.manifest?.revision.id;

  // One that cannot be read now may be read later, and is swept by the next save that succeeds.
  const litter = history.manifests.filter((id) => current !== undefined && id > current);
  // A save that died between keeping the visible file and replacing it.
  const shared = [...history.data].filter(([id, { identity }]) => identity === standing?.identity || id === current);
  for (const path of history.temporary) await storage.remove(path);
  for (const [id] of shared) await storage.remove(dataPath(place, id));
  for (const id of litter) await storage.remove(manifestPath(place, id));

  const data = new Map([...history.data].filter((entry) => !shared.some(([id]) => id === entry[0])));
  const left = history.manifests.filter((id) => !litter.includes(id));
  for (const id of litter) manifests.delete(id);
  const found = { history: { ...history, data, temporary: [], manifests: left }, manifests, standing };
  await sweepUnlisted(place, { manifests: manifests.values(), ...undescribedBy(found) });
  return {
    ...found,
    parent: current ?? left[0] ?? null,
  };
}

/** The heads that no manifest describes. */
export function undescribedBy({ history, manifests, standing }: Pick<Writer, "history" | "manifests" | "standing">) {
  const kept = [...history.data.keys()].filter((id) => !manifests.has(id));
  return { kept, visible: standing !== undefined && standing.manifest === undefined };
}

export async function standingOf(
  place: Place,
  manifests: Iterable<Manifest>,
  signal: AbortSignal | undefined,
): Promise<Standing | undefined> {
  const files = await openHead(place);
  if (!files) return undefined;
  const found = { path: files.headPath, identity: files.head.identity };
  try {
    const match = await matchManifest(files, manifests, { format: place.format, enough: "identity", signal });
    return { ...found, manifest: match?.manifest };
  } catch (error) {
    // Damaged rows are kept like a stranger's: whoever replaces them may want them back.
    if (error instanceof CorruptCheckpointError) return { ...found, manifest: undefined, damage: error };
    throw error;
  } finally {
    await files.close();
  }
}

/** A directory may be called as something else is that has a lock. */
function lockName({ history }: Place): string {
  return history.slice(history.lastIndexOf("/") + 1);
}

/** When it resolves, the visible name and what is in a visible directory would survive a power cut. */
export async function syncVisible({ storage, directory }: Place): Promise<void> {
  await storage.sync("");
  if (directory !== "") await storage.sync(directory);
}

/** Whether another writer has taken it over. */
export async function isLost(lock: Lock): Promise<boolean> {
  return await lock.assertHeld().then(
    () => false,
    (error: unknown) => error instanceof LockedError,
  );
}
