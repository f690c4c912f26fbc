import { CorruptCheckpointError, StorageError } from "../errors.js";
import { hashRows } from "./hash-rows.js";
import { listHistory, readManifests } from "./history.js";
import { manifestPath } from "./layout.js";
import { type OpenedCheckpoint, openCheckpoint, openRevision } from "./open-checkpoint.js";
import { type Place, shownPath } from "./place.js";
import { storedRevisions } from "./revisions.js";

export interface VerifyOptions {
  /** Decode every row too, and compare their hash with that of the rows that were saved. */
  deep?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** What was found of one part of a checkpoint. */
export interface Finding {
  /** The rows that stand, those of an earlier revision, or what describes a revision. */
  readonly part: "current" | "revision" | "manifest";
  /** How people call it: the path of the visible file, of a kept one, of a manifest. */
  readonly path: string;
  /** Its id, where it has one. */
  readonly revision: string | undefined;
  /**
   * `whole`: every byte is as it was saved · `unverified`: nothing describes it, and it can be read · `damaged`: it is not what was saved, or
   * cannot be read · `missing`: only earlier revisions are there · `displaced`: a kept file that nothing describes, as others saved
   * it, or it was damaged when a save took its place.
   */
  readonly state: "whole" | "unverified" | "damaged" | "missing" | "displaced";
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  /** Of what is damaged: where and how, and the way out. */
  readonly problem?: string;
}

/** Read every byte that is kept of a checkpoint: one finding for each part, the current rows first. Nothing is changed. */
export async function* verifyCheckpoint(
  place: Place,
  { deep = false, signal }: VerifyOptions,
): AsyncGenerator<Finding> {
  const { storage, history } = place;
  const options = { type: undefined, onEvent: undefined, signal };
  const revisions = await storedRevisions(place);
  const current = { part: "current", path: shownPath(place) } as const;
  const stands = await finding(() => openCheckpoint(place, options), { deep, signal });
  if (stands) yield { ...current, ...stands };
  else if (revisions.length > 0) yield { ...current, ...NOTHING, state: "missing" };
  for (const { id, current: isCurrent } of revisions) {
    if (isCurrent) continue;
    const path = `${storage.label}/${history}: revision ${id}`;
    const found = await finding(() => openRevision(place, id, options), { deep, signal });
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

const NOTHING = { revision: undefined, rows: undefined, bytes: undefined };

async function finding(
  open: () => Promise<OpenedCheckpoint | undefined>,
  { deep, signal }: VerifyOptions,
): Promise<Pick<Finding, "revision" | "state" | "rows" | "bytes" | "problem"> | undefined> {
  let opened: OpenedCheckpoint | undefined;
  try {
    opened = await open();
    if (!opened) return undefined;
    const { rows, bytes, revision, verified } = await opened.check({ signal });
    const known = { revision: revision?.id, rows, bytes };
    if (verified === false) return { ...known, state: "unverified" };
    if (deep && revision) {
      const hash = await hashRows(opened, signal);
      if (hash !== revision.rowHash)
        return { ...known, state: "damaged", problem: `its rows hash to ${hash}, and ${revision.rowHash} was saved` };
    }
    return { ...known, state: "whole" };
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError || error instanceof StorageError)) throw error;
    return { ...NOTHING, state: "damaged", problem: error.message };
  } finally {
    await opened?.close();
  }
}
