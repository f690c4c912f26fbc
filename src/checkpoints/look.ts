import { isForeignId, listHistory, readManifests } from "./history.js";
import { lostHead } from "./lost-head.js";
import type { Manifest } from "./manifest.js";
import { type Evidence, type IsRestorable, type Match, matchManifest } from "./match.js";
import { openHead, type PinnedFiles } from "./pinned-files.js";
import { findHead, type Place } from "./place.js";

/** One version of what is visible, pinned, and what describes it. */
export interface Look {
  readonly files: PinnedFiles;
  /** Newest first. */
  readonly manifests: readonly Manifest[];
  readonly match: Match | undefined;
  readonly isRestorable: IsRestorable;
}

/** Another program that writes in place changes its file all the time: after so many looks what was seen is what there is. */
const MOST_LOOKS = 10;

/**
 * Open what is visible and find the manifest that fits it. Writes nothing, takes no lock.
 *
 * @throws {CorruptCheckpointError} If it is what was saved, and damaged since.
 */
export async function lookAt(
  place: Place,
  { enough, signal }: { enough: Evidence; signal?: AbortSignal | undefined },
): Promise<Look | undefined> {
  for (let looks = 1; ; looks++) {
    signal?.throwIfAborted();
    const files = await openHead(place);
    if (!files) return undefined;
    // A writer may have replaced it since it was opened, and swept what described it or was listed by it: then no manifest fits, and a
    // second look finds the new one.
    const isCurrent = async () => looks === MOST_LOOKS || (await findHead(place))?.identity === files.head.identity;
    try {
      const history = await listHistory(place);
      const manifests = [...(await readManifests(place, history.manifests)).values()];
      const isRestorable = async () =>
        [...history.data.keys()].some((id) => !isForeignId(id)) ||
        (await lostHead(place, history, manifests))?.isComplete === true;
      const match = await matchManifest(files, manifests, { format: place.format, enough, isRestorable, signal });
      if (match?.by === "identity" || (await isCurrent())) return { files, manifests, match, isRestorable };
      await files.close();
    } catch (error) {
      const isFinal = await isCurrent().catch(() => true);
      await files.close();
      if (isFinal) throw error;
    }
  }
}
