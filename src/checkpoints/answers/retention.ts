import type { Storage } from "../../storage/storage.js";
import { decodeAnswer, peekAnswer } from "./answer-line.js";
import type { ClaimedSegment } from "./claim-segments.js";
import type { Retention } from "./collect-options.js";
import { KeyIndex } from "./key-index.js";
import { scanLines } from "./segment-reader.js";
import type { NewLine } from "./segment-writer.js";

export interface StoredAnswer extends NewLine {
  readonly path: string;
  readonly offset: number;
  readonly json: Buffer;
}

export type Stays = (answer: StoredAnswer) => boolean;

/** A megabyte of answers at a time, valid until the next. */
export async function* answersIn(
  storage: Storage,
  { path }: ClaimedSegment,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredAnswer[]> {
  const source = await storage.open(path);
  if (!source) return;
  try {
    for await (const { lines } of scanLines(source, 0, { path, signal })) {
      yield lines.flatMap(({ offset, bytes, json }) => {
        const answer = json && peekAnswer(json);
        return answer ? [{ ...answer, path, offset, bytes, json }] : [];
      });
    }
  } finally {
    await source.close();
  }
}

/**
 * Which answers of some segments are to stay: of several for a key the one that counts, if it is referred to or young enough. Reads all of
 * them, twice if they take too much. Memory: about 40 bytes for each, 100 if they take too much.
 *
 * @param otherBytes What answers take that are not in these segments.
 */
export async function planRetention(
  storage: Storage,
  segments: readonly ClaimedSegment[],
  otherBytes: number,
  { keep, maxAgeMs = Number.POSITIVE_INFINITY, maxBytes, now = Date.now(), signal }: Retention,
): Promise<Stays> {
  const index = new KeyIndex();
  const numbers = new Map(segments.map(({ path }, number) => [path, number]));
  for (const segment of segments) {
    for await (const answers of answersIn(storage, segment, signal)) {
      for (const { key, path, offset, bytes, failed } of answers)
        index.add(key, { segment: numbers.get(path)!, offset, byteLength: bytes.length - 1, failed });
    }
  }
  const counts: Stays = ({ key, path, offset }) => {
    const place = index.find(key);
    return place?.segment === numbers.get(path) && place?.offset === offset;
  };
  const tooOld = now - maxAgeMs;
  const allBytes = segments.reduce((sum, { byteLength }) => sum + byteLength, otherBytes);
  const isTooMuch = maxBytes !== undefined && allBytes > maxBytes;
  const tooMuch = isTooMuch ? await latestBeyond(maxBytes - otherBytes) : Number.NEGATIVE_INFINITY;
  const dropUntil = Math.max(tooOld, tooMuch);
  return (answer) => counts(answer) && (keep(answer.key) || timeOf(answer) > dropUntil);

  /** The latest time such that what is referred to, and what is later, fits. */
  async function latestBeyond(bytes: number): Promise<number> {
    let left = bytes;
    const droppable: [at: number, byteLength: number][] = [];
    for (const segment of segments) {
      for await (const answers of answersIn(storage, segment, signal)) {
        for (const answer of answers.filter(counts)) {
          if (keep(answer.key)) left -= answer.bytes.length;
          else droppable.push([timeOf(answer), answer.bytes.length]);
        }
      }
    }
    droppable.sort(([a], [b]) => b - a);
    for (const [at, byteLength] of droppable) {
      left -= byteLength;
      if (left < 0) return at;
    }
    return Number.NEGATIVE_INFINITY;
  }
}

function timeOf({ json }: StoredAnswer): number {
  return Date.parse(decodeAnswer(json).at);
}
