import { type HistoryFiles, listHistory, readManifests } from "./history.js";
import { dataPath, makerOfPart, manifestPath, stagedPath } from "./layout.js";
import { lostHead } from "./lost-head.js";
import type { Manifest } from "./manifest.js";
import { unlistedParts } from "./parts.js";
import { type Place, partPath } from "./place.js";
import { publishSmall } from "./publish-small.js";
import { readWhole } from "./read-whole.js";
import { nextRevisionId } from "./revision-id.js";
import { type Standing, standingOf, syncVisible } from "./standing.js";

/** What a writer finds, under its lock. */
export interface Found {
  readonly history: HistoryFiles;
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly standing: Standing | undefined;
  /** Of the next revision. */
  readonly parent: string | null;
}

/** See what stands, sweep what writers that died have left, and keep what has lost its head. Never touches the visible file. */
export async function recover(place: Place, signal: AbortSignal | undefined): Promise<Found> {
  const { storage } = place;
  // After a mere kill what is visible may not be durable: rows that others have seen and built on must not be lost to a later power cut.
  await syncVisible(place);
  const history = await listHistory(place);
  const manifests = await readManifests(place, history.manifests);
  const standing = await standingOf(place, manifests.values(), signal);
  const current = standing?.manifest?.revision.id;

  // One that cannot be read now may be read later, and is swept by the next save that succeeds.
  // Where a head is still staged, its save never came to be: without this trace its parts would pass for rows that lost their head.
  const isStaged = (id: string) => id !== current && history.temporary.includes(stagedPath(place, id));
  const litter = history.manifests.filter((id) => (current !== undefined && id > current) || isStaged(id));
  // A save that died between keeping the visible file and replacing it.
  const shared = [...history.data].filter(([id, { identity }]) => identity === standing?.identity || id === current);
  for (const [id] of shared) await storage.remove(dataPath(place, id));
  for (const id of litter) await storage.remove(manifestPath(place, id));

  const data = new Map([...history.data].filter((entry) => !shared.some(([id]) => id === entry[0])));
  const left = history.manifests.filter((id) => !litter.includes(id));
  for (const id of litter) manifests.delete(id);
  const found = {
    history: { ...history, data, manifests: left },
    manifests,
    standing,
    parent: current ?? left[0] ?? null,
  };
  const hasKept = [await keepLostHead(place, found), await sweepParts(place, found)].includes(true);
  // They are the traces of those whose parts were swept.
  for (const path of history.temporary) await storage.remove(path);
  return hasKept ? { ...found, history: await listHistory(place) } : found;
}

/** The heads that no manifest describes. */
export function undescribedBy({ history, manifests, standing }: Omit<Found, "parent">) {
  const kept = [...history.data.keys()].filter((id) => !manifests.has(id));
  return { kept, visible: standing !== undefined && standing.manifest === undefined };
}

/** What stood last and lost its head is an earlier revision; where parts are missing, a file that was displaced. */
async function keepLostHead(place: Place, { history, manifests, standing }: Found): Promise<boolean> {
  const lost = standing?.manifest ? undefined : await lostHead(place, history, manifests.values());
  if (!lost) return false;
  const { isComplete, manifest, bytes } = lost;
  if (!isComplete && (await isKept(place, history, bytes))) return false;
  await keepHead(place, isComplete ? manifest.revision.id : `f${nextRevisionId(history.newest)}`, bytes);
  return true;
}

/** Whether a writer before this one kept it. */
async function isKept(place: Place, { data }: HistoryFiles, bytes: Uint8Array): Promise<boolean> {
  for (const { path, byteLength } of data.values()) {
    if (byteLength !== bytes.length) continue;
    const found = await readWhole(place.storage, path, byteLength);
    if (found && Buffer.compare(found, bytes) === 0) return true;
  }
  return false;
}

/**
 * Remove the parts that writers have made which died, or left when they swept. Where nothing stands, parts that are later than all there
 * is a trace of are somebody's rows, who lost the head and the history of them: they are kept as a file that was displaced.
 */
async function sweepParts(place: Place, found: Found): Promise<boolean> {
  const { history, manifests, standing } = found;
  const unlisted = await unlistedParts(place, { manifests: manifests.values(), ...undescribedBy(found) });
  const isTraced = (name: string) => standing !== undefined || makerOfPart(name)! <= (history.newest ?? "");
  for (const name of unlisted.filter(isTraced)) await place.storage.remove(partPath(place, name));
  const strays = unlisted.filter((name) => !isTraced(name)).sort();
  if (strays.length === 0) return false;
  await keepHead(place, `f${makerOfPart(strays.at(-1)!)}`, await place.format.directory!.head(strays));
  return true;
}

async function keepHead(place: Place, id: string, bytes: Uint8Array): Promise<void> {
  const path = dataPath(place, id);
  const temporary = `${path}.tmp`;
  await place.storage.remove(temporary);
  await publishSmall(place.storage, path, bytes, temporary);
}
