import { LockedError } from "../../errors.js";
import type { Lock, OpenedFile, Storage } from "../../storage/storage.js";
import { decodeAnswer, peekAnswer } from "./answer-line.js";
import { KeyIndex } from "./key-index.js";
import { ANSWERS_DIRECTORY, listSegments, lockOf, newSegmentPath, slotOf } from "./segment-names.js";
import { isSealed, scanLines } from "./segment-reader.js";
import { type NewLine, SegmentWriter } from "./segment-writer.js";

export interface Retention {
  /** Whether something that is kept still refers to an answer. Asked more than once for a key. */
  keep: (key: string) => boolean;
  /** What nothing refers to is dropped when it is older, … */
  maxAgeMs?: number;
  /** … and, the oldest first, while all answers together take more. */
  maxBytes?: number;
  /** Milliseconds since 1970. */
  now?: number;
  /** How long to watch a writer on another machine, which cannot be asked, for a sign of life. One minute tells. */
  waitMs?: number;
  signal?: AbortSignal;
}

export interface Collected {
  readonly kept: number;
  readonly dropped: number;
  /** What all answers take now. */
  readonly byteLength: number;
  /** Segments that a living writer still owns. */
  readonly skipped: readonly string[];
}

/** Segments that are smaller are put together, so that a thousand short runs are not a thousand files. */
const SMALL_BYTES = 4 << 20;
const COLLECTOR_SLOT = "c";

interface Candidate {
  readonly path: string;
  readonly number: number;
  readonly source: OpenedFile;
  readonly sealed: boolean;
}

/**
 * Rewrite what is to stay of every segment that something goes from, then remove it. What stays is durable in its new segment before the
 * old one goes: a crash leaves answers twice, never not at all.
 *
 * @throws {StorageError} Also if space runs out. Nothing is lost, and what was done is done.
 */
export async function collectAnswers(storage: Storage, retention: Retention): Promise<Collected> {
  const { signal, waitMs = 0 } = retention;
  const locks: Lock[] = [];
  const candidates: Candidate[] = [];
  const skipped: string[] = [];
  try {
    locks.push(await storage.lock(lockOf(COLLECTOR_SLOT), { signal }));
    const slots = new Map([[COLLECTOR_SLOT, true]]);
    let skippedBytes = 0;
    for (const { path, byteLength } of await listSegments(storage)) {
      const candidate = await claim(path);
      if (candidate) candidates.push(candidate);
      else {
        skipped.push(path);
        skippedBytes += byteLength;
      }
    }
    const survives = await plan(candidates, retention, skippedBytes);
    const { kept, dropped, byteLength } = await rewrite(storage, candidates, survives, signal);
    return { kept, dropped, byteLength: byteLength + skippedBytes, skipped };

    /** A sealed segment is nobody's; another one's slot must be free, and then stays ours. */
    async function claim(path: string): Promise<Candidate | undefined> {
      const peeked = await storage.open(path);
      if (!peeked) return undefined;
      if (await isSealed(peeked, path)) return { path, number: candidates.length, source: peeked, sealed: true };
      await peeked.close();
      const slot = slotOf(path);
      if (!slots.has(slot)) slots.set(slot, await takeSlot(slot));
      // Opened anew: its writer may have ended just now.
      const source = slots.get(slot) ? await storage.open(path) : undefined;
      return source && { path, number: candidates.length, source, sealed: await isSealed(source, path) };
    }

    async function takeSlot(slot: string): Promise<boolean> {
      try {
        locks.push(await storage.lock(lockOf(slot), { waitMs, signal }));
        return true;
      } catch (error) {
        if (error instanceof LockedError) return false;
        throw error;
      }
    }
  } finally {
    for (const { source } of candidates) await source.close();
    for (const lock of locks.reverse()) await lock.release();
  }
}

interface FoundAnswer extends NewLine {
  readonly candidate: Candidate;
  readonly offset: number;
  readonly json: Buffer;
}

/** A megabyte of them at a time, valid until the next. */
async function* answersOf(candidate: Candidate, signal: AbortSignal | undefined): AsyncGenerator<FoundAnswer[]> {
  for await (const { lines } of scanLines(candidate.source, 0, { path: candidate.path, signal })) {
    yield lines.flatMap(({ offset, bytes, json }) => {
      const answer = json && peekAnswer(json);
      return answer ? [{ ...answer, candidate, offset, bytes, json }] : [];
    });
  }
}

type Survives = (answer: FoundAnswer) => boolean;

/** Reads all answers twice. Memory: about 60 bytes for each. */
async function plan(candidates: readonly Candidate[], retention: Retention, skippedBytes: number): Promise<Survives> {
  const { keep, maxAgeMs = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, signal } = retention;
  const winners = new KeyIndex();
  for (const candidate of candidates) {
    for await (const answers of answersOf(candidate, signal)) {
      for (const { key, offset, bytes, failed } of answers)
        winners.add(key, { segment: candidate.number, offset, byteLength: bytes.length - 1, failed });
    }
  }
  const wins: Survives = ({ key, candidate, offset }) => {
    const place = winners.find(key);
    return place?.segment === candidate.number && place.offset === offset;
  };
  let bytesLeft = maxBytes - skippedBytes;
  const droppable: [at: number, byteLength: number][] = [];
  for (const candidate of candidates) {
    for await (const answers of answersOf(candidate, signal)) {
      for (const answer of answers.filter(wins)) {
        if (keep(answer.key)) bytesLeft -= answer.bytes.length;
        else droppable.push([timeOf(answer), answer.bytes.length]);
      }
    }
  }
  const cutoff = Math.max((retention.now ?? Date.now()) - maxAgeMs, cutoffFor(droppable, bytesLeft));
  return (answer) => wins(answer) && (keep(answer.key) || timeOf(answer) > cutoff);
}

function timeOf({ json }: FoundAnswer): number {
  return Date.parse(decodeAnswer(json).at);
}

/** The latest time such that what is later fits. */
function cutoffFor(droppable: [at: number, byteLength: number][], bytesLeft: number): number {
  droppable.sort(([a], [b]) => b - a);
  let left = bytesLeft;
  for (const [at, byteLength] of droppable) {
    left -= byteLength;
    if (left < 0) return at;
  }
  return Number.NEGATIVE_INFINITY;
}

async function rewrite(
  storage: Storage,
  candidates: readonly Candidate[],
  survives: Survives,
  signal: AbortSignal | undefined,
): Promise<{ kept: number; dropped: number; byteLength: number }> {
  const total = { kept: 0, dropped: 0, byteLength: 0 };
  const several = candidates.filter(isSmall).length > 1;
  let copied: Candidate[] = [];
  let writer: SegmentWriter | undefined;
  try {
    for (const candidate of candidates) {
      const { kept, dropped } = await count(candidate, survives, signal);
      total.kept += kept;
      total.dropped += dropped;
      if (dropped === 0 && candidate.sealed && !(several && isSmall(candidate))) {
        total.byteLength += candidate.source.byteLength;
        continue;
      }
      for await (const answers of answersOf(candidate, signal)) {
        const staying = answers.filter(survives);
        if (staying.length === 0) continue;
        writer ??= await SegmentWriter.create(storage, newSegmentPath(COLLECTOR_SLOT));
        await writer.write(staying);
      }
      copied.push(candidate);
      if (writer?.isFull) await replace();
    }
    await replace();
  } catch (error) {
    await writer?.close();
    if (writer) await storage.remove(writer.path).catch(() => {});
    throw error;
  }
  return total;

  async function replace(): Promise<void> {
    await writer?.seal(); // ← commit point: what stays is durable in its new place, so the old ones may go.
    total.byteLength += writer?.byteLength ?? 0;
    await writer?.close();
    writer = undefined;
    for (const { path } of copied) await storage.remove(path);
    if (copied.length > 0) await storage.sync(ANSWERS_DIRECTORY);
    copied = [];
  }
}

const isSmall = ({ source }: Candidate): boolean => source.byteLength < SMALL_BYTES;

async function count(
  candidate: Candidate,
  survives: Survives,
  signal: AbortSignal | undefined,
): Promise<{ kept: number; dropped: number }> {
  let kept = 0;
  let dropped = 0;
  for await (const answers of answersOf(candidate, signal)) {
    const staying = answers.filter(survives).length;
    kept += staying;
    dropped += answers.length - staying;
  }
  return { kept, dropped };
}
