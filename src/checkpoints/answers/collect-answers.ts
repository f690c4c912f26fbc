import { LocalStorage } from "../../storage/local.js";
import type { Storage } from "../../storage/storage.js";
import { namedInManifests } from "../named-in-manifests.js";
import { assertKnownOptions } from "../options.js";
import type { Collected } from "./collect-options.js";
import { asCollector, collectSegments } from "./collect-segments.js";
import {
  isLitter,
  type KeyList,
  listKeyLists,
  PackedKeys,
  packKey,
  readKeyList,
  removeKeyList,
  timeOfKeyList,
  writeKeyList,
} from "./key-list.js";
import { KeySet } from "./key-set.js";
import { knownProjectId } from "./project-id.js";
import { ANSWERS_DIRECTORY, listSegments, timeOfSegment } from "./segment-names.js";

/** How long, and how much, answers are kept to which no kept revision refers any more. */
export interface AnswerLimits {
  /** Older ones are dropped; 90 days. */
  maxAgeMs?: number | undefined;
  /** While all answers together take more, the oldest are dropped; 4 GiB. Never one that is still referred to. */
  maxBytes?: number | undefined;
}

export const DEFAULT_ANSWER_LIMITS = { maxAgeMs: 90 * 86_400_000, maxBytes: 4 * 2 ** 30 } as const;

export interface CollectAnswersOptions extends AnswerLimits {
  /** Change nothing; say what would be dropped. */
  dryRun?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** The field of a fingerprint that names the list of answers that the rows were made of. */
export const ANSWERS_FIELD = "answers";
/** What calls the list of answers to which nothing refers any more. */
const RELEASED = "";
/** A list is durable before the revision is that names it; so long after it was made it is believed that one will. */
const GRACE_MS = 86_400_000;
/** More segments than this are put together, though nothing is dropped. */
const MOST_SEGMENTS = 64;

/**
 * Drop answers that were part of a checkpoint of this directory, are part of none of its kept revisions any more, and are older than
 * `maxAgeMs`, or the oldest of those, while all answers take more than `maxBytes`. For people: `kura gc`; a run does it by itself after it
 * has saved something.
 *
 * Never dropped: what a kept revision was made of, in whatever format; what was paid for a step that has not been finished; what other
 * directories that share these answers refer to or have referred to; what a living process has not finished writing. Safe beside any
 * number of readers and writers, and at any crash.
 *
 * Costs reading every answer, and 100 bytes of memory for each that could go.
 *
 * @param directory Of checkpoints, with its answers in `.kura/answers`.
 * @returns `kept` and `dropped` answers, `byteLength` of all answers now, `skipped` segments of living writers.
 * @throws {CorruptCheckpointError} If a list of what is referred to is damaged: nothing is dropped then.
 * @throws {StorageError} If space runs out. Nothing is lost, and what was done is done.
 */
export async function collectAnswers(directory: string, options: CollectAnswersOptions = {}): Promise<Collected> {
  assertKnownOptions("collect answers", options, ["maxAgeMs", "maxBytes", "dryRun", "signal"]);
  const storage = new LocalStorage(directory);
  return await collectReleased(storage, storage, options);
}

/**
 * The same, of answers that may be shared, for the directory that has used them.
 *
 * @param ifDue Look at answers only where some may have to go.
 */
export async function collectReleased(
  answers: Storage,
  checkpoints: Storage,
  {
    maxAgeMs = DEFAULT_ANSWER_LIMITS.maxAgeMs,
    maxBytes = DEFAULT_ANSWER_LIMITS.maxBytes,
    dryRun = false,
    ifDue = false,
    signal,
  }: CollectAnswersOptions & { ifDue?: boolean },
): Promise<Collected> {
  assertLimit("maxAgeMs", maxAgeMs);
  assertLimit("maxBytes", maxBytes);
  // Locking makes directories.
  const segments = await listSegments(answers);
  if (segments.length === 0) return { kept: 0, dropped: 0, byteLength: 0, skipped: [] };
  return await asCollector(answers, signal, async () => {
    const { released, lists } = await releasedKeys(answers, checkpoints, signal);
    const byteLength = segments.reduce((sum, segment) => sum + segment.byteLength, 0);
    const isDue =
      segments.length > MOST_SEGMENTS ||
      (released.size > 0 && (byteLength > maxBytes || timeOfSegment(segments[0]!.path) < Date.now() - maxAgeMs));
    const staying = new KeySet();
    const collected =
      ifDue && !isDue
        ? undefined
        : await collectSegments(answers, {
            keep: (key) => !released.has(packKey(key)),
            onStays: (key) => released.has(packKey(key)) && staying.add(packKey(key)),
            maxAgeMs,
            maxBytes,
            dryRun,
            signal,
          });
    if (dryRun) return collected!;
    // Where not all could be looked at, none is known to be gone.
    const left = collected?.skipped.length === 0 ? staying : released;
    await replaceLists(answers, checkpoints, lists, left);
    return collected ?? { kept: 0, dropped: 0, byteLength, skipped: [] };
  });
}

interface Released {
  /** Keys that a list of this project has that is not named any more, and no other list. */
  readonly released: KeySet;
  /** Those that are not named any more. */
  readonly lists: readonly { readonly id: string; readonly list: KeyList }[];
}

async function releasedKeys(
  answers: Storage,
  checkpoints: Storage,
  signal: AbortSignal | undefined,
): Promise<Released> {
  // In this order: a list that is made from here on is not in it, and one that was made before is named, or young.
  const ids = await listKeyLists(answers);
  const named = await namedInManifests(checkpoints, ANSWERS_FIELD);
  const project = await knownProjectId(checkpoints);
  const released = new KeySet();
  const lists: Released["lists"][number][] = [];
  const others: string[] = [];
  for (const id of ids) {
    signal?.throwIfAborted();
    const list = await readKeyList(answers, id);
    if (!list) continue;
    const isOver = list.step === RELEASED || (!named.has(id) && timeOfKeyList(id) < Date.now() - GRACE_MS);
    if (list.project !== project || !isOver) {
      others.push(id);
      continue;
    }
    lists.push({ id, list });
    for (const key of list.keys) released.add(key);
  }
  if (released.size > 0) {
    for (const id of others) for (const key of (await readKeyList(answers, id))?.keys ?? []) released.delete(key);
  }
  return { released, lists };
}

/** One list of what is left in the place of those that are over; it is durable before they go. */
async function replaceLists(
  answers: Storage,
  checkpoints: Storage,
  lists: Released["lists"],
  left: KeySet,
): Promise<void> {
  const [only, ...more] = lists;
  if (only && more.length === 0 && only.list.step === RELEASED && only.list.keys.count === left.size) return;
  if (left.size > 0) {
    const keys = new PackedKeys();
    for (const key of left) keys.addBytes(Buffer.from(key, "latin1"));
    const project = (await knownProjectId(checkpoints))!;
    await writeKeyList(answers, { project, step: RELEASED, at: new Date().toISOString(), keys });
  }
  for (const { id } of lists) await removeKeyList(answers, id);
  for (const file of await answers.list(ANSWERS_DIRECTORY)) {
    if (isLitter(file) && (await isOld(answers, file.path))) await answers.remove(file.path);
  }
  // One that came back after a power cut would release answers that were bought again since.
  await answers.sync(ANSWERS_DIRECTORY);
}

async function isOld(storage: Storage, path: string): Promise<boolean> {
  const file = await storage.open(path);
  await file?.close();
  return file !== undefined && file.modifiedAt.getTime() < Date.now() - GRACE_MS;
}

function assertLimit(name: string, value: number): void {
  if (!(value >= 0)) throw new RangeError(`Cannot collect answers: ${name} is a number >= 0, ${value} was given`);
}
