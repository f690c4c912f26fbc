import { CorruptCheckpointError } from "../../errors.js";
import type { NewRevision } from "../agreement.js";
import type { BaseCheckpointManager } from "../base-checkpoint-manager.js";
import { hashRows } from "../hash-rows.js";
import type { OpenCheckpoint } from "../open-checkpoint.js";
import { rowTypeOf } from "../row-type-of.js";
import { changeTogether, type Together } from "./change-together.js";
import { type Copy, errorOf } from "./copy.js";
import type { CopyState } from "./copy-state.js";
import { openSurvey } from "./open-survey.js";
import { noteHealth } from "./outcomes.js";
import type { Part, Work } from "./part.js";
import { sentenceOf } from "./sentences.js";
import { SharedRows } from "./shared-rows.js";
import type { Survey } from "./survey.js";
import { watched } from "./watched.js";

export interface SyncReport {
  readonly checkpoint: string;
  /** Id of what counts, be it rows or a deletion; undefined where no copy has one. */
  readonly revision: string | undefined;
  readonly isDeletion: boolean;
  /** How many rows that is; undefined where no copy says so. */
  readonly rows: number | undefined;
  /** Whether all copies have it now; in a dry run, whether they have it already. */
  readonly inSync: boolean;
  readonly copies: readonly SyncedCopy[];
}

export interface SyncedCopy {
  /** The manager's location and format. */
  readonly copy: string;
  /** As it was found. */
  readonly state: CopyState;
  /** Id and rows of what was found, where a copy was behind or had diverged: what it had is an earlier revision of it, once it is brought up. */
  readonly had?: { readonly revision: string; readonly rows: number | undefined } | undefined;
  /** `none`: nothing is to be done · `write`, `delete`: it is brought up so · `left`: it cannot be, `reason` says why. */
  readonly action: "none" | "write" | "delete" | "left";
  /** Whether the action was taken; not in a dry run. */
  readonly done: boolean;
  readonly reason?: string | undefined;
}

export interface SyncCheckpointOptions {
  readonly dryRun?: boolean | undefined;
  readonly check?: boolean | undefined;
  /** The only copy that is brought up; by default all are. */
  readonly only?: Copy | undefined;
  /** Copies that are known to be damaged, although they look well. */
  readonly damaged?: ReadonlySet<Copy> | undefined;
  /** Whether another writer is waited for; by default yes. */
  readonly isPatient?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onRepaired: (copy: Copy) => void;
}

/** Bring all copies of one checkpoint up to the newest state, from a copy that proves to have it. */
export async function syncCheckpoint(seen: Survey, options: SyncCheckpointOptions): Promise<SyncReport> {
  const { dryRun = false, check = false, only, isPatient, signal, onRepaired } = options;
  const damaged = new Set(options.damaged);
  const unreadable = new Map<Copy, unknown>();
  const prove = async (copy: Copy) => {
    try {
      await proveRows(copy, seen, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CorruptCheckpointError) damaged.add(copy);
      else unreadable.set(copy, error);
      return errorOf(error);
    }
  };
  if (check) for (const { copy, state } of seen.sightings) if (state === "good") await prove(copy);
  const copies = new Map(
    seen.sightings.map(({ copy, state, error }) => {
      const now: CopyState = damaged.has(copy) ? "damaged" : unreadable.has(copy) ? "failed" : state;
      return [copy, decide(seen, copy, now, unreadable.get(copy) ?? error)];
    }),
  );
  const newestRows = seen.newest?.isDeletion ? undefined : await rowsOf(seen, "good", signal);
  for (const { copy, state, found } of seen.sightings) {
    const synced = copies.get(copy)!;
    if ((state !== "behind" && state !== "diverged") || synced.state !== state || found?.state !== "present") continue;
    const rows = await rowsIn(copy, seen.name, signal);
    copies.set(copy, { ...synced, had: { revision: found.revision!.id, rows } });
  }
  const isMeant = (copy: Copy) => only === undefined || copy === only;
  const targets = [...copies].filter(
    ([copy, { action }]) => isMeant(copy) && (action === "write" || action === "delete"),
  );
  if (!dryRun && targets.length > 0) {
    const sources = [...copies].filter(([, { state }]) => state === "good").map(([copy]) => copy);
    const ends = await bringUp(seen, { targets: targets.map(([copy]) => copy), sources, damaged, isPatient, signal });
    signal?.throwIfAborted();
    for (const [copy, synced] of targets) {
      const reason = ends.get(copy) ?? (check ? (await prove(copy))?.message : undefined);
      copies.set(copy, { ...synced, done: reason === undefined, ...(reason !== undefined && { reason }) });
      if (reason === undefined) onRepaired(copy);
    }
  }
  const all = [...copies.values()];
  return {
    checkpoint: seen.name,
    revision: seen.newest?.revision.id,
    isDeletion: seen.newest?.isDeletion ?? false,
    rows: newestRows,
    inSync: all.every(({ action, done }) => action === "none" || done),
    copies: all,
  };
}

async function rowsOf(seen: Survey, state: CopyState, signal: AbortSignal | undefined): Promise<number | undefined> {
  const copy = seen.sightings.find((one) => one.state === state)?.copy;
  return copy && (await rowsIn(copy, seen.name, signal));
}

/** As far as that is known without reading them. */
async function rowsIn(copy: Copy, name: string, signal: AbortSignal | undefined): Promise<number | undefined> {
  try {
    const ask = (manager: BaseCheckpointManager, stop: AbortSignal) =>
      manager.getCheckpointInfo(name, { signal: stop });
    return (await copy.ask(ask, { signal }))?.rows;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/**
 * Every byte, and every row: of a manager that is not of this library nobody else knows how it finds that they are right.
 *
 * @throws {CorruptCheckpointError} If they are not those of the newest revision.
 */
async function proveRows(copy: Copy, { name, newest }: Survey, signal: AbortSignal | undefined): Promise<void> {
  if (!newest || newest.isDeletion) return;
  await copy.check(name, signal);
  const tooLate = (late: OpenCheckpoint | undefined) => void late?.close().catch(() => {});
  const open = (manager: BaseCheckpointManager, stop: AbortSignal) =>
    manager.openCheckpoint(name, undefined, { signal: stop });
  const found = await copy.ask(open, { signal, tooLate });
  if (!found) throw new CorruptCheckpointError(`${copy.label}: ${name}`, "it is not there, and the manager says it is");
  const opened = watched(copy, found, signal);
  try {
    const { id, rowHash } = newest.revision;
    if (found.info.revision?.id !== id || (await hashRows(opened, signal)) === rowHash) return;
    throw new CorruptCheckpointError(`${copy.label}: ${name}`, `its rows are not those of revision ${id}`);
  } finally {
    await opened.close();
  }
}

function decide(seen: Survey, { label }: Copy, state: CopyState, error: unknown): SyncedCopy {
  const { newest } = seen;
  const of = (action: SyncedCopy["action"], reason?: string): SyncedCopy => {
    return { copy: label, state, action, done: false, ...(reason !== undefined && { reason }) };
  };
  if (state === "failed") return of("left", errorOf(error).message);
  if (state === "unversioned") return of("left", sentenceOf(state, seen));
  if (!newest) return of(state === "damaged" ? "left" : "none", state === "damaged" ? "no copy is good" : undefined);
  if (state === "good") return of("none");
  // Who deleted knew nothing of it, and a deletion keeps nothing.
  if (newest.isDeletion && state === "diverged")
    return of("left", `${sentenceOf(state, seen)}; delete it again, or restore its revision`);
  return of(newest.isDeletion ? "delete" : "write");
}

interface BringUp {
  readonly targets: readonly Copy[];
  readonly sources: readonly Copy[];
  readonly damaged: ReadonlySet<Copy>;
  readonly isPatient: boolean | undefined;
  readonly signal: AbortSignal | undefined;
}

/** @returns Of each target why it could not be done, or undefined where it was. */
async function bringUp(
  seen: Survey,
  { targets, sources, damaged, isPatient, signal }: BringUp,
): Promise<Map<Copy, string | undefined>> {
  const { name, revision, isDeletion, ancestors } = { name: seen.name, ...seen.newest! };
  const { id, parent, savedAt } = revision;
  const plan = async (): Promise<NewRevision> => ({ id, parent, savedAt, ancestors });
  const together = async (
    work: Work<unknown>,
    more: Pick<Together<unknown>, "onBegun" | "onLeft" | "beforePublish"> = {},
  ) => {
    const parts = await changeTogether<unknown>(targets, {
      minimum: 1,
      signal,
      isPatient,
      work,
      plan,
      // What was seen without a lock may have changed: a bad copy never overwrites a good one.
      accept: (copy, found) => {
        if (found.state === "unversioned") throw new Error(sentenceOf("unversioned", seen));
        if (found.revision && found.revision.id > id) throw new Error("something newer has been saved there meanwhile");
        if (found.revision?.id === id && found.state !== "damaged" && !damaged.has(copy)) throw new Already();
      },
      ...more,
    });
    noteHealth(parts.filter(({ end }) => end && !("error" in end && end.error instanceof Already)));
    return parts;
  };
  if (isDeletion)
    return endsOf(
      await together((part) => part.copy.manager.deleteCheckpoint(name, { signal: part.signal, agreement: part })),
    );

  let why = "no copy that has the newest rows can be read";
  for (const source of sources) {
    const opened = await openSurvey({
      survey: seen,
      candidates: [source],
      type: undefined,
      signal,
      onPassedOver: () => {},
    }).catch((error: unknown) => {
      why = errorOf(error).message;
      return undefined;
    });
    signal?.throwIfAborted();
    if (!opened) continue;
    const rows = new SharedRows(opened.batches({ signal }));
    try {
      if (opened.info.revision?.id !== id) {
        why = "something newer has been saved meanwhile";
        continue;
      }
      const type = await rowTypeOf(opened, signal);
      const { fingerprint: madeFrom, missing } = opened.info;
      const parts = await together(
        (part) =>
          part.copy.manager.saveCheckpoint(name, rows.join(part.clock), type, {
            madeFrom,
            missing,
            signal: part.signal,
            agreement: part,
          }),
        {
          onBegun: rows.start.bind(rows),
          onLeft: (part, reason) => rows.leave(part.clock, reason),
          beforePublish: async ({ rowHash }) => {
            if (rowHash !== revision.rowHash)
              throw new Error(`the rows that "${source.label}" gives are not those of revision ${id}`);
          },
        },
      );
      if (!rows.failure) return endsOf(parts);
      why = errorOf(rows.failure.error).message;
    } catch (error) {
      signal?.throwIfAborted();
      why = errorOf(error).message;
    } finally {
      rows.close();
      await opened.close();
    }
  }
  return new Map(targets.map((copy) => [copy, why]));
}

/** Somebody else has brought it up. */
class Already extends Error {}

function endsOf(parts: readonly Part<unknown>[]): Map<Copy, string | undefined> {
  const reason = ({ end }: Part<unknown>) =>
    end && "error" in end && !(end.error instanceof Already) ? errorOf(end.error).message : undefined;
  return new Map(parts.map((part) => [part.copy, reason(part)]));
}
