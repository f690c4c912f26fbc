import { CorruptCheckpointError } from "../errors.js";
import type { Format } from "../formats/format.js";
import { type Finding, type Found, findingOf, NOTHING, type VerifyOptions } from "./finding.js";
import { listHistory, readManifests } from "./history.js";
import { manifestPath } from "./layout.js";
import { lostHead } from "./lost-head.js";
import { openCheckpoint, openRevision } from "./open-checkpoint.js";
import { MAX_COMPANION_BYTES } from "./parts.js";
import { openHead } from "./pinned-files.js";
import { type Place, partPath, shownPath } from "./place.js";
import { readWhole } from "./read-whole.js";
import { storedRevisions } from "./revisions.js";

/** Read every byte that is kept of a checkpoint: one finding for each part, the current rows first. Nothing is changed. */
export async function* verifyCheckpoint(
  place: Place,
  { deep = false, signal }: VerifyOptions,
): AsyncGenerator<Finding> {
  const { storage, history } = place;
  const options = { type: undefined, onEvent: undefined, signal };
  const revisions = await storedRevisions(place);
  const current = { part: "current", path: shownPath(place) } as const;
  let stands: Found | undefined;
  for (const { split, format } of await standing(place)) {
    stands = await findingOf(() => openCheckpoint({ ...place, format }, options), { deep, signal });
    if (stands) yield { ...current, split, ...stands };
  }
  if (!stands) {
    const problem = await headless(place);
    if (problem !== undefined || revisions.length > 0)
      yield { ...current, ...NOTHING, state: "missing", ...(problem !== undefined && { problem }) };
  }
  if (stands?.revision !== undefined) yield* companionOf(place);
  for (const { id, current: isCurrent } of revisions) {
    if (isCurrent) continue;
    const path = `${storage.label}/${history}: revision ${id}`;
    const found = await findingOf(() => openRevision(place, id, options), { deep, signal });
    if (!found) continue;
    // Whether it can be read says nothing of whether it is right.
    const displaced = { rows: found.rows, bytes: found.bytes, state: "displaced" } as const;
    yield { part: "revision", path, ...(id.startsWith("f") ? displaced : found), revision: id };
  }
  const { manifests: ids } = await listHistory(place);
  const whole = await readManifests(place, ids);
  for (const id of ids) {
    if (whole.has(id)) continue;
    const problem =
      "it is not as it was written: the rows that it described are read unverified; `kura adopt` describes them anew";
    yield {
      ...NOTHING,
      part: "manifest",
      path: `${storage.label}/${manifestPath(place, id)}`,
      revision: id,
      state: "damaged",
      problem,
    };
  }
}

/** Why nothing stands where parts of a directory are; undefined where there are none. */
async function headless(place: Place): Promise<string | undefined> {
  const history = await listHistory(place);
  const lost = await lostHead(place, history, (await readManifests(place, history.manifests)).values());
  if (!lost) return undefined;
  const { isComplete, manifest } = lost;
  const what = isComplete ? "all rows" : "some rows";
  return `"${place.heads[0]}" is not there, and ${what} of revision ${manifest.revision.id} are`;
}

/** Only what is wrong with it. */
async function* companionOf(place: Place): AsyncGenerator<Finding> {
  const { storage, format } = place;
  if (!format.directory) return;
  const { name, settle } = format.directory.companion;
  const path = partPath(place, name);
  const found = await readWhole(storage, path, MAX_COMPANION_BYTES);
  if (found && settle(found) === undefined) return;
  const what = found ? "it is no JSON, or speaks of other rows" : "it is not there";
  const problem = `${what}: other programs cannot open the directory, ours can; the next save writes it anew`;
  yield { ...NOTHING, part: "companion", path: `${storage.label}/${path}`, state: "damaged", problem };
}

/** What stands, and by which format each is read: several where a head leads to several. */
async function standing(place: Place): Promise<{ split: string | undefined; format: Format }[]> {
  const alone = [{ split: undefined, format: place.format }];
  const files = await openHead(place);
  try {
    const splits = (await files?.splits()) ?? [];
    return splits.length > 0 ? splits.map(({ name, format }) => ({ split: name, format })) : alone;
  } catch (error) {
    if (error instanceof CorruptCheckpointError) return alone;
    throw error;
  } finally {
    await files?.close();
  }
}
