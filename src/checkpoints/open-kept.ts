import { MissingCheckpointError } from "../errors.js";
import type { OpenedFile } from "../storage/storage.js";
import { listHistory, readManifests } from "./history.js";
import { dataPath } from "./layout.js";
import { lostHead } from "./lost-head.js";
import { PinnedFiles } from "./pinned-files.js";
import type { Place } from "./place.js";
import { isRevisionId } from "./revision-id.js";

/**
 * The head of an earlier revision, pinned.
 *
 * @throws {MissingCheckpointError} If none of that id is kept.
 */
export async function openKept(place: Place, id: string): Promise<PinnedFiles> {
  const { storage, name, heads } = place;
  if (isRevisionId(id.replace(/^f/, ""))) {
    const path = dataPath(place, id);
    const head = await storage.open(path);
    if (head) return new PinnedFiles(place, head, path);
    const lost = await openLost(place, id);
    if (lost) return new PinnedFiles(place, lost, heads[0]);
  }
  throw new MissingCheckpointError(name, `"${storage.label}"`, { revision: id });
}

/** The next writer keeps it. */
async function openLost(place: Place, id: string): Promise<OpenedFile | undefined> {
  const history = await listHistory(place);
  const lost = await lostHead(place, history, (await readManifests(place, history.manifests)).values());
  if (!lost?.isComplete || lost.manifest.revision.id !== id) return undefined;
  const { bytes, manifest } = lost;
  return {
    byteLength: bytes.length,
    identity: manifest.identity,
    modifiedAt: new Date(manifest.revision.savedAt),
    read: async (start, end) => bytes.slice(start, end),
    close: async () => {},
  };
}
