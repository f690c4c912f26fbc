import type { OpenedFile } from "../storage/storage.js";
import { isForeignId, listHistory, readManifests } from "./history.js";
import type { Manifest } from "./manifest.js";
import { type Evidence, type Match, matchManifest } from "./match.js";
import { type Place, shownPath } from "./place.js";

/** One version of the visible file, pinned, and what describes it. */
export interface Look {
  readonly file: OpenedFile;
  /** Newest first. */
  readonly manifests: readonly Manifest[];
  readonly match: Match | undefined;
  /** Whether an earlier revision is kept. */
  readonly restorable: boolean;
}

/** Another program that writes in place changes its file all the time: after so many looks what was seen is what there is. */
const MOST_LOOKS = 10;

/**
 * Open the visible file and find the manifest that fits it. Writes nothing, takes no lock.
 *
 * @throws {CorruptCheckpointError} If it is what was saved, and damaged since.
 */
export async function lookAt(
  place: Place,
  { enough, signal }: { enough: Evidence; signal?: AbortSignal | undefined },
): Promise<Look | undefined> {
  const { storage, format, visible } = place;
  for (let looks = 1; ; looks++) {
    signal?.throwIfAborted();
    const file = await storage.open(visible);
    if (!file) return undefined;
    // A writer may have replaced the file since it was opened, and swept what described it: then no manifest fits, and a second
    // look finds the new one.
    const isCurrent = async () => looks === MOST_LOOKS || (await storage.identify(visible))?.identity === file.identity;
    try {
      const { manifests: ids, data } = await listHistory(storage, visible);
      const restorable = [...data.keys()].some((id) => !isForeignId(id));
      const manifests = [...(await readManifests(storage, visible, ids)).values()];
      const match = await matchManifest(file, manifests, {
        format,
        path: shownPath(place),
        enough,
        restorable,
        signal,
      });
      if (match?.by === "identity" || (await isCurrent())) return { file, manifests, match, restorable };
      await file.close();
    } catch (error) {
      const isFinal = await isCurrent().catch(() => true);
      await file.close();
      if (isFinal) throw error;
    }
  }
}
