import { CorruptCheckpointError, RowTypeMismatchError, StorageError } from "../errors.js";
import { hashRows } from "./hash-rows.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";

export interface VerifyOptions {
  /** Decode every row too, and compare their hash with that of the rows that were saved. */
  deep?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** What was found of one part of a checkpoint. */
export interface Finding {
  /** The rows that stand, those of an earlier revision, what describes a revision, or the file that all revisions of a directory share. */
  readonly part: "current" | "revision" | "manifest" | "companion";
  /** How people call it: the path of the visible file, of a kept one, of a manifest. */
  readonly path: string;
  /** Of a directory that holds several datasets: which. */
  readonly split?: string | undefined;
  /** Its id, where it has one. */
  readonly revision: string | undefined;
  /**
   * `whole`: every byte is as it was saved · `unverified`: nothing describes it, and it can be read · `damaged`: it is not what was saved, or
   * cannot be read · `unchecked`: the system refused to read it, or reading it took longer than it is given · `missing`: only earlier revisions are there · `displaced`: a kept file that nothing describes, as others saved
   * it, or it was damaged when a save took its place.
   */
  readonly state: "whole" | "unverified" | "damaged" | "unchecked" | "missing" | "displaced";
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  /** Of what is damaged: where and how; why something was not checked. */
  readonly problem?: string;
  /** What can be done about it, as far as this checkpoint alone is known. */
  readonly wayOut?: string;
}

/** Of what could not be read. */
export const NOTHING = { revision: undefined, rows: undefined, bytes: undefined };

/** What is known of rows, whosever they are and wherever they lie. */
export type Found = Pick<Finding, "revision" | "state" | "rows" | "bytes" | "problem" | "wayOut">;

/** Judge what is opened, by every byte of it; undefined where there is nothing. */
export async function findingOf(
  open: () => Promise<OpenCheckpoint | undefined>,
  { deep = false, signal }: VerifyOptions,
): Promise<Found | undefined> {
  let opened: OpenCheckpoint | undefined;
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
    if (error instanceof StorageError) return { ...NOTHING, state: "unchecked", problem: error.message };
    // Nobody wanted a type: its files are not those of one table.
    if (error instanceof RowTypeMismatchError) return { ...NOTHING, state: "damaged", problem: error.message };
    if (!(error instanceof CorruptCheckpointError)) throw error;
    const { problem, wayOut } = error;
    return { ...NOTHING, state: "damaged", problem, ...(wayOut !== undefined && { wayOut }) };
  } finally {
    await opened?.close();
  }
}
