import type { Storage } from "../../storage/storage.js";
import { type ClaimedSegment, claimSegments } from "./claim-segments.js";
import type { Collected, CollectOptions } from "./collect-options.js";
import { answersIn, planRetention, type Stays } from "./retention.js";
import { ANSWERS_DIRECTORY, lockOf, newSegmentPath } from "./segment-names.js";
import { SegmentWriter } from "./segment-writer.js";

/** Segments that are smaller are put together, so that a thousand short runs are not a thousand files. */
const SMALL_BYTES = 4 << 20;
const COLLECTOR_SLOT = "c";

/** One at a time collects. */
export async function asCollector<T>(
  storage: Storage,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await storage.lock(lockOf(COLLECTOR_SLOT), { signal });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/**
 * Rewrite what is to stay of every segment that something goes from, then remove it. What stays is durable in its new segment before the
 * old one goes: a crash leaves answers twice, never not at all. To be called within `asCollector`.
 *
 * @throws {StorageError} Also if space runs out. Nothing is lost, and what was done is done.
 */
export async function collectSegments(storage: Storage, options: CollectOptions): Promise<Collected> {
  const { signal, waitMs = 0 } = options;
  const { segments, skipped, release } = await claimSegments(storage, COLLECTOR_SLOT, { waitMs, signal });
  try {
    const skippedBytes = skipped.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const stays = await planRetention(storage, segments, skippedBytes, options);
    const { kept, dropped, byteLength, grown } = await rewrite(storage, segments, stays, options);
    return {
      kept,
      dropped,
      byteLength: byteLength + skippedBytes,
      skipped: [...skipped.map(({ path }) => path), ...grown],
    };
  } finally {
    await release();
  }
}

async function rewrite(
  storage: Storage,
  segments: readonly ClaimedSegment[],
  stays: Stays,
  { signal, dryRun = false, onStays }: CollectOptions,
): Promise<{ kept: number; dropped: number; byteLength: number; grown: readonly string[] }> {
  let [kept, dropped, byteLength] = [0, 0, 0];
  const grown: string[] = [];
  const severalSmall = segments.filter(isSmall).length > 1;
  let copied: ClaimedSegment[] = [];
  let writer: SegmentWriter | undefined;
  try {
    for (const segment of segments) {
      const { staying, stayingBytes, going } = await count(storage, segment, { stays, onStays, signal });
      kept += staying;
      dropped += going;
      if (dryRun) {
        byteLength += stayingBytes;
        continue;
      }
      if (going === 0 && segment.sealed && !(severalSmall && isSmall(segment))) {
        byteLength += segment.byteLength;
        continue;
      }
      for await (const answers of answersIn(storage, segment, signal)) {
        const lines = answers.filter(stays);
        if (lines.length === 0) continue;
        writer ??= await SegmentWriter.create(storage, await newSegmentPath(storage, COLLECTOR_SLOT));
        await writer.write(lines);
      }
      copied.push(segment);
      if (writer?.isFull) await replace();
    }
    await replace();
  } catch (error) {
    await writer?.close();
    if (writer) await storage.remove(writer.path).catch(() => {});
    throw error;
  }
  return { kept, dropped, byteLength, grown };

  async function replace(): Promise<void> {
    await writer?.seal();
    await writer?.sync(); // ← commit point: what stays is durable in its new place, so the old ones may go.
    byteLength += writer?.byteLength ?? 0;
    await writer?.close();
    writer = undefined;
    for (const segment of copied) {
      // A writer whose silence was taken for death has come back. What it has added is nowhere else.
      if ((await storage.identify(segment.path))?.byteLength === segment.byteLength) await storage.remove(segment.path);
      else grown.push(segment.path);
    }
    if (copied.length > 0) await storage.sync(ANSWERS_DIRECTORY);
    copied = [];
  }
}

const isSmall = ({ byteLength }: ClaimedSegment): boolean => byteLength < SMALL_BYTES;

async function count(
  storage: Storage,
  segment: ClaimedSegment,
  { stays, onStays, signal }: { stays: Stays } & Pick<CollectOptions, "onStays" | "signal">,
): Promise<{ staying: number; stayingBytes: number; going: number }> {
  let [staying, stayingBytes, going] = [0, 0, 0];
  for await (const answers of answersIn(storage, segment, signal)) {
    for (const answer of answers) {
      if (!stays(answer)) {
        going += 1;
        continue;
      }
      onStays?.(answer.key);
      staying += 1;
      stayingBytes += answer.bytes.length;
    }
  }
  return { staying, stayingBytes, going };
}
