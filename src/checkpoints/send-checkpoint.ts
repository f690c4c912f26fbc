import { CorruptCheckpointError, DivergedError, MissingCheckpointError } from "../errors.js";
import type { Agreement, NewRevision } from "./agreement.js";
import type { BaseCheckpointManager } from "./base-checkpoint-manager.js";
import { hashRows } from "./hash-rows.js";
import type { CheckpointInfo } from "./info.js";
import type { Revision } from "./manifest.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";
import { assertKnownOptions } from "./options.js";
import type { RevisionState } from "./revision-state.js";
import { rowTypeOf } from "./row-type-of.js";

export interface SendOptions {
  /** Also in the place of rows that are newer there, or have gone another way; they are kept as a revision there. */
  replace?: boolean | undefined;
  /** Rows that were written. */
  onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface Sent {
  readonly info: CheckpointInfo;
  /** false: it was there already. */
  readonly sent: boolean;
}

/**
 * Bring a checkpoint from one place to another as the same revision, in the other's format, with all that is known of it. Nothing is
 * written where it is there already.
 *
 * @throws {MissingCheckpointError} If there is nothing to send.
 * @throws {DivergedError} Without `replace`, if the other place has rows that this one has not: they stand.
 */
export async function sendCheckpoint(
  from: BaseCheckpointManager,
  to: BaseCheckpointManager,
  name: string,
  options: SendOptions = {},
): Promise<Sent> {
  assertKnownOptions(`send checkpoint "${name}"`, options, ["replace", "onProgress", "signal"]);
  const { replace = false, signal } = options;
  const state = await from.getRevisionState(name, { signal });
  const there = await to.getRevisionState(name, { signal });
  const pair: Pair = { state, there, from, to };
  if (isSame(state, there)) {
    const info = await to.getCheckpointInfo(name, { signal });
    if (info) return { info, sent: false };
  }
  const source = await from.openCheckpoint(name, undefined, { signal });
  if (!source) throw new MissingCheckpointError(name, `"${from.location}"`);
  try {
    const { revision, fingerprint, missing } = source.info;
    if (!replace && (await hasSameRows(name, source, pair, signal))) {
      const info = await to.getCheckpointInfo(name, { signal });
      if (info) return { info, sent: false };
    }
    if (!replace) assertFollows(name, pair);
    // What stands there may be newer: then it is displaced by a revision of its own, since none is older than what it displaces.
    const agreement = revision && (there.newest ?? "") < revision.id ? asRevision(name, revision, pair) : undefined;
    const info = await to.saveCheckpoint(name, countedRows(source, options), await rowTypeOf(source, signal), {
      madeFrom: fingerprint,
      missing,
      signal,
      agreement,
    });
    return { info, sent: true };
  } finally {
    await source.close();
  }
}

function isSame({ revision }: RevisionState, there: RevisionState): boolean {
  return revision !== undefined && there.state === "present" && there.revision?.id === revision.id;
}

/** Where one side has rows without a revision, nothing but the rows can tell that they were sent before. */
async function hasSameRows(
  name: string,
  source: OpenCheckpoint,
  { state, there, to }: Pair,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const states = [state.state, there.state];
  if (!states.includes("unversioned") || !states.every((each) => each === "present" || each === "unversioned"))
    return false;
  const opened = there.revision ? undefined : await to.openCheckpoint(name, undefined, { signal });
  try {
    const hashes = [state.revision?.rowHash, there.revision?.rowHash];
    hashes[0] ??= await hashRows(source, signal);
    hashes[1] ??= opened && (await hashRows(opened, signal));
    return hashes[0] === hashes[1];
  } finally {
    await opened?.close();
  }
}

interface Pair {
  state: RevisionState;
  there: RevisionState;
  from: BaseCheckpointManager;
  to: BaseCheckpointManager;
}

/** Whether what stands there is a state that this one had before, or has the same rows. */
function assertFollows(name: string, { state, there, from, to }: Pair): void {
  if (there.state === "absent") return;
  const { revision } = there;
  if (revision && state.revision) {
    if (state.revision.parent === revision.id || state.ancestors.includes(revision.id)) return;
    if (state.revision.rowHash === revision.rowHash && there.state === "present") return;
    if (there.ancestors.includes(state.revision.id) || revision.parent === state.revision.id)
      throw new DivergedError(name, to.location, "it is newer than this one");
  }
  const what = there.state === "deleted" ? "a deletion" : "rows";
  const whence = there.state === "unversioned" ? " of another program" : ` that "${from.location}" knows nothing of`;
  throw new DivergedError(name, to.location, `what stands there is ${what}${whence}`);
}

/** The same revision, unless somebody else was there meanwhile. */
function asRevision(
  name: string,
  { id, parent, savedAt, rowHash }: Revision,
  { state: { ancestors }, there, from, to }: Pair,
): Agreement {
  const planned: NewRevision = { id, parent, savedAt, ancestors };
  return {
    async decide(found) {
      if (found.newest === there.newest && found.state === there.state) return planned;
      throw new DivergedError(name, to.location, "somebody else saved or deleted it there meanwhile");
    },
    async publish(written) {
      if (written.rowHash === rowHash) return;
      const reason = `its rows hash to ${written.rowHash}, those of revision ${id} to ${rowHash}`;
      throw new CorruptCheckpointError(`${from.location}, ${name}`, reason);
    },
  };
}

/** Rows one by one; whoever listens hears of each batch. */
export async function* countedRows(
  source: OpenCheckpoint,
  { onProgress, signal }: SendOptions,
): AsyncGenerator<Record<string, unknown>> {
  let done = 0;
  for await (const batch of source.batches({ signal })) {
    yield* batch;
    done += batch.length;
    onProgress?.(done, source.info.rows);
  }
}
