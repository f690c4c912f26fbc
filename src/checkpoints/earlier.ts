import { byAge, isForeignId } from "./history.js";
import type { Manifest } from "./manifest.js";
import { isBefore, type Lineage } from "./revision-state.js";

export const lineageOf = ({ revision: { parent }, ancestors }: Manifest): Lineage => ({ parent, ancestors });

/**
 * Of what is kept, what the current revision was made from, newest first; all that is ours where none is known. The others were not ours or
 * damaged, or were saved here while the current one was saved elsewhere.
 */
export function earlierOf(kept: readonly string[], current: Lineage | undefined): string[] {
  return kept.filter((id) => !isForeignId(id) && (!current || isBefore(id, current))).sort(byAge);
}

/** What stays of all that is kept: as many earlier revisions as are wanted, and whatever is no earlier revision. */
export function staying(kept: readonly string[], current: Lineage, keepRevisions: number): Set<string> {
  const gone = earlierOf(kept, current).slice(keepRevisions);
  return new Set(kept.filter((id) => !gone.includes(id)));
}
