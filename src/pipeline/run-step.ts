import type { Answers, Tally } from "../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { RowType } from "../rows/row-type.js";
import { decideWork, refusal, storedRows } from "./decide-work.js";
import { rowsForeseen } from "./foreseen-rows.js";
import { LazyAnswers } from "./lazy-answers.js";
import { assertSame, type RowSource, rowsInMemory } from "./row-source.js";
import type { MakeContext, OnProgress, StepWork } from "./step-work.js";
import { hashedStep, isDamage, storedStep } from "./stored-step.js";

export { type MakeContext, type RunStepOptions, STEP_OPTIONS, type StepOptions } from "./step-work.js";

/**
 * Pair a step with a manager: reuse what is fresh, adopt what was made elsewhere, else make all rows and save them.
 *
 * @throws {PlanEnds} From a dry run, where a run would refuse.
 */
export async function runStep<R>(work: StepWork<R>): Promise<RowSource<R>> {
  const { step, type, fingerprint, checkpointManager: manager, signal, onEvent, isDryRun } = work;
  signal?.throwIfAborted();
  const seen = manager && (await hashedStep(manager, step, signal));
  const { decision, found, completes, stays, isOpen } = await decideWork(work, seen);
  const stored = isDamage(found) ? undefined : found;
  onEvent?.({ type: "decision", decision });
  switch (decision.action) {
    case "refuse":
      throw isDryRun ? new PlanEnds() : refusal(work, decision, found);
    case "adopt":
      if (completes) break;
      if (isDryRun) return storedRows(work, stored!);
      return await timed(work, true, async () => {
        const madeFrom = { ...fingerprint, adopted: true };
        const info = await manager!.adoptCheckpoint(step, type as RowType<unknown>, { madeFrom, signal });
        return { rows: storedRows(work, info) };
      });
    case "skip":
      return storedRows(work, stored!);
    case "reuse":
      if (isDryRun) return storedRows(work, stored!);
      return await timed(work, true, async () => ({ rows: storedRows(work, stored!) }));
  }
  if (isDryRun) return rowsForeseen(fingerprint.step, isOpen ? undefined : work.foresee);
  await work.beforeMaking?.(step);
  return await timed(work, false, async () => {
    const adopted = completes ? await byKey(storedRows(work, stored!), work, stays) : undefined;
    return await makeAndSave(work, adopted);
  });
}

/** A dry run has come to where a run would refuse; the last decision says why. */
export class PlanEnds extends Error {}

async function byKey<R>(
  rows: RowSource<R>,
  { completedBy, signal }: StepWork<R>,
  stays: (key: string) => boolean = () => true,
): Promise<Map<string, R>> {
  const byKey = new Map<string, R>();
  for await (const batch of rows.batches({ signal })) {
    for (const row of batch) {
      const key = row[completedBy!] as string;
      // Of two with one key the first one stays.
      if (!byKey.has(key) && stays(key)) byKey.set(key, row);
    }
  }
  return byKey;
}

interface Made<R> {
  readonly rows: RowSource<R>;
  /** What asking came to, if anything was asked. */
  readonly calls?: Tally | undefined;
}

async function makeAndSave<R>(work: StepWork<R>, adopted: ReadonlyMap<string, R> | undefined): Promise<Made<R>> {
  const { step, onEvent, runAnswers } = work;
  const lazy = runAnswers ?? new LazyAnswers(work);
  let asked: Answers | undefined;
  const answers = async () => {
    asked ??= (await lazy.open()).part();
    return asked;
  };
  const onProgress: OnProgress = (done, total = work.total) => onEvent?.({ type: "progress", step, done, total });
  try {
    const rows = await saveMade(work, { answers, adopted, onProgress, signal: work.signal }, () => asked);
    if (asked) lazy.saved();
    return { rows, calls: asked?.tally(step) };
  } finally {
    if (!runAnswers) await lazy.close();
  }
}

async function saveMade<R>(
  work: StepWork<R>,
  context: Pick<MakeContext, "answers" | "adopted" | "onProgress" | "signal">,
  asked: () => Answers | undefined,
): Promise<RowSource<R>> {
  const { step, type, fingerprint, checkpointManager: manager, signal, runAnswers } = work;
  const missing: string[] = [];
  let facts: Readonly<Record<string, unknown>> = {};
  const note: MakeContext["note"] = (more) => {
    facts = { ...facts, ...more };
  };
  if (context.adopted) note({ adopted: true });
  const made = await work.make({ ...context, onMissing: (key) => missing.push(key), note });
  if (!manager?.enabled) return rowsInMemory(await collected(made), type);
  const beforeSaved = async () => {
    if (runAnswers) await assertInputs(work, manager);
    // Before there is a revision that needs them.
    const answers = await asked()?.keepList((await manager.storages({ signal }))[0], step);
    if (answers !== undefined) note({ answers });
  };
  const isStreamed = Symbol.asyncIterator in made;
  const kept: R[] = [];
  const keep = (row: R) => {
    if (work.keepsRows && kept.length < MOST_KEPT) kept.push(row);
  };
  const saved = isStreamed ? streamed(made, keep, beforeSaved) : made;
  if (!isStreamed) await beforeSaved();
  const info = await manager.saveCheckpoint<RowType<R> | undefined>(step, saved as never, type, {
    madeFrom: (rowHash) => {
      const calls = asked()?.tally(step);
      return { ...fingerprint, ...work.fingerprintOf?.(rowHash), ...facts, ...(calls && { calls }) };
    },
    missing: () => missing,
    ownRows: work.ownRows ?? true,
    // Rows that are asked for end with the signal themselves, after waiting for what is paid for; a save would not wait for them.
    signal: isStreamed ? undefined : signal,
  });
  const stored = storedRows(work, info);
  const rows = isStreamed ? kept : made;
  return rows.length === info.rows ? { ...rowsInMemory(rows, type), rowHash: stored.rowHash } : stored;
}

/** The rows above may be in memory, where nobody sees that another run has put others in their place. */
async function assertInputs<R>({ step, fingerprint, signal }: StepWork<R>, manager: BaseCheckpointManager) {
  for (const [name, rowHash] of Object.entries(fingerprint.inputs)) {
    const stored = name === step ? undefined : await storedStep(manager, name, { signal });
    if (!isDamage(stored) && stored?.revision) assertSame(manager, stored, rowHash);
  }
}

/** What was just made need not be read again; more rows than these are left to their file. */
const MOST_KEPT = 50_000;

async function* streamed<R>(
  rows: AsyncIterable<R>,
  keep: (row: R) => void,
  end: () => Promise<void>,
): AsyncGenerator<R> {
  for await (const row of rows) {
    keep(row);
    yield row;
  }
  await end();
}

async function collected<R>(rows: readonly R[] | AsyncIterable<R>): Promise<readonly R[]> {
  if (!(Symbol.asyncIterator in rows)) return rows;
  const all: R[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

async function timed<R>(
  { step, total, onEvent }: StepWork<R>,
  reused: boolean,
  act: () => Promise<Made<R>>,
): Promise<RowSource<R>> {
  onEvent?.({ type: "step-start", step, total });
  const started = performance.now();
  const { rows, calls } = await act();
  const seconds = (performance.now() - started) / 1000;
  onEvent?.({ type: "step-end", step, rows: rows.count ?? 0, reused, seconds, ...(calls && { calls }) });
  return rows;
}
