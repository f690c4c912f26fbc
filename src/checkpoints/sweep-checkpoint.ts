import { type ChooseGone, commitSweep } from "./commit.js";
import { earlierOf, lineageOf } from "./earlier.js";
import { byAge, listHistory, readManifests } from "./history.js";
import type { Place } from "./place.js";
import { timeOfRevision } from "./revision-id.js";
import { storedRevisions } from "./revisions.js";
import type { WriterOptions } from "./writer.js";

export interface SweepOptions {
  /** How many earlier revisions stay; default as many as the manager keeps when it saves. */
  keepRevisions?: number | undefined;
  /** Of files that were not ours or were damaged, and of what other copies were not made from, those of before; default none. */
  displacedBefore?: Date | undefined;
  /** Change nothing; say what would be dropped. */
  dryRun?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface Swept {
  /** Ids, newest first; `f…` for files that were not ours. */
  readonly revisions: readonly string[];
  /** What writers that died have left. In a dry run a living one's may be among them. */
  readonly temporary: number;
  /** Of all of it. */
  readonly bytes: number;
}

/** Drop what is kept of a checkpoint beyond what is wanted. What stands stays. */
export async function sweepCheckpoint(
  place: Place,
  { keepRevisions, displacedBefore, dryRun }: SweepOptions & { keepRevisions: number },
  options: WriterOptions,
): Promise<Swept> {
  const stored = await storedRevisions(place);
  const bytesOf = new Map(stored.map(({ id, bytes }) => [id, bytes] as const));
  const { data, temporary } = await listHistory(place);
  const chooseGone: ChooseGone = (ids, current) => {
    const earlier = earlierOf(ids, current && lineageOf(current));
    const isOld = (id: string) => displacedBefore && timeOfRevision(id.replace(/^f/, "")) < displacedBefore;
    const others = ids.filter((id) => !earlier.includes(id) && isOld(id));
    return [...earlier.slice(keepRevisions), ...others].sort(byAge);
  };
  const current = stored.find((revision) => revision.current);
  const described = current && (await readManifests(place, [current.id])).get(current.id);
  const planned = chooseGone([...data.keys()].sort(byAge), described);
  const temporaryBytes = await bytesAt(place, temporary);
  const isIdle = planned.length === 0 && temporary.length === 0;
  const revisions = dryRun || isIdle ? planned : await commitSweep(place, chooseGone, options);
  const bytes = revisions.reduce((sum, id) => sum + (bytesOf.get(id) ?? 0), temporaryBytes);
  return { revisions, temporary: temporary.length, bytes };
}

async function bytesAt({ storage }: Place, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += (await storage.identify(path))?.byteLength ?? 0;
  return bytes;
}
