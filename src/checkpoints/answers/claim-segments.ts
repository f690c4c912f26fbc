import { LockedError } from "../../errors.js";
import type { Lock, Storage } from "../../storage/storage.js";
import { listSegments, lockOf, slotOf } from "./segment-names.js";
import { isSealed } from "./segment-reader.js";

/** A segment that nobody writes to any more. */
export interface ClaimedSegment {
  readonly path: string;
  readonly byteLength: number;
  readonly sealed: boolean;
}

export interface Claim {
  /** In the order in which they were made. */
  readonly segments: readonly ClaimedSegment[];
  /** Those that a living writer may still write to. */
  readonly skipped: readonly { readonly path: string; readonly byteLength: number }[];
  release(): Promise<void>;
}

/**
 * Find the segments that nobody will write to until `release`: sealed ones, those before the last of their slot, and those whose slot is
 * free, which is then held.
 *
 * @param held A slot that the caller holds already.
 * @param waitMs How long to watch a writer on another machine for a sign of life.
 */
export async function claimSegments(
  storage: Storage,
  held: string,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal | undefined },
): Promise<Claim> {
  const locks: Lock[] = [];
  const release = async () => {
    for (const lock of locks.reverse()) await lock.release();
  };
  const slots = new Map([[held, true]]);
  const segments: ClaimedSegment[] = [];
  const skipped: Claim["skipped"][number][] = [];
  try {
    const listed = await listSegments(storage);
    const lastOfSlot = new Map(listed.map(({ path }) => [slotOf(path), path]));
    for (const { path, byteLength } of listed) {
      const slot = slotOf(path);
      const peeked = await peek(storage, path);
      if (!peeked) continue;
      if (peeked.sealed || lastOfSlot.get(slot) !== path) {
        segments.push(peeked);
        continue;
      }
      if (!slots.has(slot)) slots.set(slot, await hold(slot));
      // Looked at anew: its writer may have ended just now.
      const claimed = slots.get(slot) ? await peek(storage, path) : undefined;
      if (claimed) segments.push(claimed);
      else skipped.push({ path, byteLength });
    }
    return { segments, skipped, release };
  } catch (error) {
    await release();
    throw error;
  }

  async function hold(slot: string): Promise<boolean> {
    try {
      locks.push(await storage.lock(lockOf(slot), { waitMs, signal }));
      return true;
    } catch (error) {
      if (error instanceof LockedError) return false;
      throw error;
    }
  }
}

async function peek(storage: Storage, path: string): Promise<ClaimedSegment | undefined> {
  const source = await storage.open(path);
  if (!source) return undefined;
  try {
    return { path, byteLength: source.byteLength, sealed: await isSealed(source, path) };
  } finally {
    await source.close();
  }
}
