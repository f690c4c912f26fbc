import { CorruptCheckpointError } from "../errors.js";
import { listHistory, readManifests } from "./history.js";
import { lookAt } from "./look.js";
import type { Manifest, Revision } from "./manifest.js";
import { orDamage } from "./or-damage.js";
import type { Place } from "./place.js";

/**
 * What stands under a name, as revisions go.
 *
 * `present`: rows that are ours · `deleted`: nothing, and it was deleted · `absent`: nothing, and nothing says why · `unversioned`: rows
 * that no revision describes, of another program · `damaged`: bytes that cannot be believed.
 */
export interface RevisionState {
  readonly state: "present" | "deleted" | "absent" | "unversioned" | "damaged";
  /** Of what is present; of the deletion; of what is damaged, if that is known. */
  readonly revision: Revision | undefined;
  /** Ids of those before the revision's parent, newest first; not all of a long history. */
  readonly ancestors: readonly string[];
  /** The greatest id there is a trace of: a new one must be greater. */
  readonly newest: string | undefined;
}

/** So many ancestors a manifest names: a copy that missed more saves is behind all the same, but cannot be told from one that diverged. */
export const MOST_ANCESTORS = 100;

/** Of a revision that follows another: the ids before that. */
export function ancestorsAfter({ revision, ancestors = [] }: Pick<Manifest, "revision" | "ancestors">): string[] {
  return revision.parent === null ? [] : [revision.parent, ...ancestors].slice(0, MOST_ANCESTORS);
}

/** From which revisions one was made. */
export interface Lineage {
  readonly parent: string | null;
  readonly ancestors?: readonly string[] | undefined;
}

/** Whether one state was made from another; of so long a history that not all of it is known, from what is older than that. */
export function isBefore(id: string, { parent, ancestors = [] }: Lineage): boolean {
  if (id === parent || ancestors.includes(id)) return true;
  return ancestors.length >= MOST_ANCESTORS && id < ancestors.at(-1)!;
}

/** @param visible The manifest that fits what is visible, or why none does; undefined where nothing is visible. */
export function revisionState(
  visible: Manifest | "unversioned" | CorruptCheckpointError | undefined,
  manifests: Iterable<Manifest>,
  newest: string | undefined,
): RevisionState {
  const of = (state: RevisionState["state"], manifest?: Manifest): RevisionState => {
    return { state, revision: manifest?.revision, ancestors: manifest?.ancestors ?? [], newest };
  };
  if (visible === "unversioned") return of("unversioned");
  const all = [...manifests];
  if (visible instanceof CorruptCheckpointError)
    return of(
      "damaged",
      all.find(({ revision }) => revision.id === visible.revision),
    );
  if (visible) return of("present", visible);
  // A manifest that is newer is of a save that died before it was visible.
  const tombstone = all.find(({ deleted }) => deleted);
  return tombstone ? of("deleted", tombstone) : of("absent");
}

/** Reads no rows of a file that has the length of what was saved. */
export async function readRevisionState(place: Place, signal: AbortSignal | undefined): Promise<RevisionState> {
  const found = await visibleManifest(place, signal);
  const { manifests: ids, newest } = await listHistory(place);
  return revisionState(found, (await readManifests(place, ids)).values(), newest);
}

async function visibleManifest(
  place: Place,
  signal: AbortSignal | undefined,
): Promise<Manifest | "unversioned" | CorruptCheckpointError | undefined> {
  return await orDamage(async () => {
    const look = await lookAt(place, { enough: "length", signal });
    await look?.files.close();
    return look && (look.match?.manifest ?? "unversioned");
  });
}
