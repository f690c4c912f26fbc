import type { Revision } from "../manifest.js";
import { isBefore, type RevisionState } from "../revision-state.js";
import type { Copy } from "./copy.js";
import type { CopyState } from "./copy-state.js";

export interface Sighting {
  readonly copy: Copy;
  readonly state: CopyState;
  /** undefined where it failed. */
  readonly found: RevisionState | undefined;
  readonly error: unknown;
}

/** All copies of one checkpoint, in their order, and the state that counts. */
export interface Survey {
  readonly name: string;
  /** What counts: the latest revision, be it of rows or of a deletion; undefined where no copy has one. */
  readonly newest: NewestState | undefined;
  readonly sightings: readonly Sighting[];
  /** The greatest id there is a trace of. */
  readonly newestId: string | undefined;
}

export interface NewestState {
  readonly revision: Revision;
  readonly ancestors: readonly string[];
  readonly isDeletion: boolean;
}

export type Found = ReadonlyMap<Copy, RevisionState | { readonly error: unknown }>;

/**
 * Look at all copies of a checkpoint at once.
 *
 * @throws {TypeError} For a name that is none.
 */
export async function survey(copies: readonly Copy[], name: string, signal?: AbortSignal): Promise<Survey> {
  const look = async (copy: Copy) => {
    try {
      return await copy.ask((manager, stop) => manager.getRevisionState(name, { signal: stop }), { signal });
    } catch (error) {
      signal?.throwIfAborted();
      return { error };
    }
  };
  const states = await Promise.all(copies.map(look));
  return compare(name, new Map(copies.map((copy, index) => [copy, states[index]!])));
}

/** Later wins: ids sort by time, and a descendant's never below its ancestor's. */
export function compare(name: string, found: Found): Survey {
  const states = [...found.values()].filter((state): state is RevisionState => "state" in state);
  const newest = newestOf(states);
  const sightings = [...found].map(([copy, state]): Sighting => {
    if ("error" in state) return { copy, state: "failed", found: undefined, error: state.error };
    return { copy, state: stateOf(state, newest), found: state, error: undefined };
  });
  const ids = states.flatMap((state) => [state.newest, state.revision?.id].filter((id) => id !== undefined));
  return { name, newest, sightings, newestId: ids.sort().at(-1) };
}

function newestOf(states: readonly RevisionState[]): NewestState | undefined {
  const revisions = states.filter((state) => state.revision !== undefined);
  const latest = revisions
    .map(({ revision }) => revision!.id)
    .sort()
    .at(-1);
  // Of the same revision they say the same; where not, most are believed, and of as many the first.
  const same = revisions.filter(({ revision }) => revision!.id === latest);
  const votes = (state: RevisionState) =>
    same.filter(({ revision }) => revision!.rowHash === state.revision!.rowHash).length;
  const [first] = [...same].sort((a, b) => votes(b) - votes(a));
  return first && { revision: first.revision!, ancestors: first.ancestors, isDeletion: first.state === "deleted" };
}

function stateOf({ state, revision }: RevisionState, newest: NewestState | undefined): CopyState {
  if (state === "absent" || state === "damaged" || state === "unversioned") return state;
  const { id, rowHash } = revision!;
  const { revision: latest, ancestors } = newest!;
  if (id === latest.id) return rowHash === latest.rowHash ? "good" : "diverged";
  if (rowHash === latest.rowHash) return "behind";
  return isBefore(id, { parent: latest.parent, ancestors }) ? "behind" : "diverged";
}

/** What stands in all of them together, as one copy of others would say it. */
export function revisionStateOf({ newest, newestId, sightings }: Survey): RevisionState {
  const has = (state: CopyState) => sightings.some((one) => one.state === state);
  const state = newest
    ? newest.isDeletion
      ? "deleted"
      : has("good")
        ? "present"
        : "damaged"
    : has("unversioned")
      ? "unversioned"
      : has("damaged")
        ? "damaged"
        : "absent";
  return { state, revision: newest?.revision, ancestors: newest?.ancestors ?? [], newest: newestId };
}
