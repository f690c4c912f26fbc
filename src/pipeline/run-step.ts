import type { Answers, Tally } from "../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import { KuraError, MissingCheckpointError, StaleCheckpointError } from "../errors.js";
import type { RowType } from "../rows/row-type.js";
import { ASKING_OPTIONS, type AskingOptions } from "./asking-options.js";
import type { Confirm } from "./before-paying.js";
import type { OnPipelineEvent } from "./event.js";
import type { StepFingerprint } from "./fingerprint.js";
import { LazyAnswers } from "./lazy-answers.js";
import { DEFAULT_POLICY, type Decision, decideStep, type PlanPolicy } from "./plan.js";
import { type RowSource, rowsInCheckpoint, rowsInMemory } from "./row-source.js";
import { hashedStep, isDamage } from "./stored-step.js";

/** What every public step function takes besides its own options. */
export interface StepOptions extends AskingOptions {
  /** Where rows are kept and found again. Without one everything is made anew. */
  checkpointManager?: BaseCheckpointManager | undefined;
  /** Rows made from something else: made again (default), taken as they are, or an error. */
  onStale?: PlanPolicy["onStale"] | undefined;
  /** Rows of which nothing says what they were made from: adopted (default) where they belong to the input, made again, or an error. */
  onUnknown?: PlanPolicy["onUnknown"] | undefined;
  onEvent?: OnPipelineEvent | undefined;
  /** Before anything is paid: throw to stop. Default: all is paid for, within `budget`. */
  confirm?: Confirm | undefined;
  signal?: AbortSignal | undefined;
}

/** Besides, what only a whole run can say. */
export interface RunStepOptions extends StepOptions {
  /** Of all steps of the run, which closes them; without these a step opens its own. */
  readonly runAnswers?: LazyAnswers | undefined;
  /** Go on from the earlier vectors and clusters, as far as they hold, instead of making all anew. */
  readonly continue?: boolean | undefined;
  /** Before a step makes its rows: throws where this or a later one could not be made. */
  readonly beforeMaking?: ((step: string) => Promise<void>) | undefined;
  readonly only?: PlanPolicy["only"];
  readonly from?: PlanPolicy["from"];
}

export const STEP_OPTIONS = [
  "checkpointManager",
  "onStale",
  "onUnknown",
  "onEvent",
  "confirm",
  "signal",
  ...ASKING_OPTIONS,
] as const;

export type OnProgress = (done: number, total?: number) => void;

/** What a step is told while it makes its rows. */
export interface MakeContext {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal | undefined;
  /** A row that should be there could not be made: the step goes on without it. */
  readonly onMissing: (key: string) => void;
  /** Something that is only known once rows are made, for the fingerprint; it decides nothing. */
  readonly note: (facts: Readonly<Record<string, unknown>>) => void;
  /** Opened when first asked for; not to be used after the rows are saved. */
  readonly answers: () => Promise<Answers>;
}

export interface StepWork<R> extends RunStepOptions {
  /** Also the name of its checkpoint. */
  readonly step: string;
  /** undefined: any JSON. */
  readonly type: RowType<R> | undefined;
  readonly fingerprint: StepFingerprint;
  /** How many units of progress there will be, if known. */
  readonly total?: number | undefined;
  readonly make: (context: MakeContext) => Promise<readonly R[]> | AsyncIterable<R>;
  /** Of rows that were made elsewhere: whether they can be taken over, made anew, or are another project's, which stops the run. */
  readonly belongs: (rows: RowSource<R>) => Promise<Belonging>;
}

/** How stored rows and an input go together: all of these rows come of it, some do, or none. */
export type Belonging = "all" | "some" | "none";

/** Pair a step with a manager: reuse what is fresh, adopt what was made elsewhere, else make all rows and save them. */
export async function runStep<R>(work: StepWork<R>): Promise<RowSource<R>> {
  const { step, type, fingerprint, checkpointManager: manager, signal, onEvent } = work;
  signal?.throwIfAborted();
  const found = manager && (await hashedStep(manager, step, signal));
  const stored = isDamage(found) ? undefined : found;
  const decision = await settle(work, decideStep(step, found, fingerprint, policyOf(work)), stored);
  onEvent?.({ type: "decision", decision });
  switch (decision.action) {
    case "refuse":
      throw isDamage(found) ? found : new StaleCheckpointError(step, decision.reasons);
    case "make":
      await work.beforeMaking?.(step);
      return await timed(work, false, () => makeAndSave(work));
    case "adopt":
      return await timed(work, true, async () => {
        const madeFrom = { ...fingerprint, adopted: true };
        const info = await manager!.adoptCheckpoint(step, type as RowType<unknown>, { madeFrom, signal });
        return { rows: storedRows(work, info) };
      });
    case "skip":
    case "reuse":
      if (isDamage(found)) throw found;
      if (!stored) throw new MissingCheckpointError(step, `"${manager?.location}"`);
      if (decision.action === "skip") return storedRows(work, stored);
      return await timed(work, true, async () => ({ rows: storedRows(work, stored) }));
  }
}

/** What can only be decided by looking at rows: whether those of somebody else belong to this input. */
async function settle<R>(work: StepWork<R>, decision: Decision, stored: CheckpointInfo | undefined): Promise<Decision> {
  if (decision.action !== "adopt") return decision;
  const belonging = await work.belongs(storedRows(work, stored!));
  if (belonging === "all") return decision;
  if (belonging === "some" && work.onStale !== "error") {
    return {
      ...decision,
      action: "make",
      because: "stale",
      reasons: ["the rows that are there belong to another input"],
    };
  }
  throw new KuraError(
    `Cannot use checkpoint "${work.step}" in "${work.checkpointManager?.location}": it was made elsewhere, and has nothing to do with this input; use another directory (--out), or make it anew (--on-unknown remake)`,
  );
}

interface Made<R> {
  readonly rows: RowSource<R>;
  /** What asking came to, if anything was asked. */
  readonly calls?: Tally | undefined;
}

async function makeAndSave<R>(work: StepWork<R>): Promise<Made<R>> {
  const { step, onEvent, runAnswers } = work;
  const lazy = runAnswers ?? new LazyAnswers(work);
  let asked: Answers | undefined;
  const answers = async () => {
    asked ??= (await lazy.open()).part();
    return asked;
  };
  const onProgress: OnProgress = (done, total = work.total) => onEvent?.({ type: "progress", step, done, total });
  try {
    const rows = await saveMade(work, { answers, onProgress, signal: work.signal }, () => asked);
    if (asked) lazy.saved();
    return { rows, calls: asked?.tally(step) };
  } finally {
    if (!runAnswers) await lazy.close();
  }
}

async function saveMade<R>(
  work: StepWork<R>,
  context: Pick<MakeContext, "answers" | "onProgress" | "signal">,
  asked: () => Answers | undefined,
): Promise<RowSource<R>> {
  const { step, type, fingerprint, checkpointManager: manager, signal } = work;
  const missing: string[] = [];
  let facts: Readonly<Record<string, unknown>> = {};
  const note: MakeContext["note"] = (more) => {
    facts = { ...facts, ...more };
  };
  const made = await work.make({ ...context, onMissing: (key) => missing.push(key), note });
  if (!manager?.enabled) return rowsInMemory(await collected(made), type);
  /** Before there is a revision that needs them. */
  const keepAnswers = async () => {
    const answers = await asked()?.keepList(manager.storage, step);
    if (answers !== undefined) note({ answers });
  };
  const saved = Symbol.asyncIterator in made ? followedBy(made, keepAnswers) : made;
  if (saved === made) await keepAnswers();
  const info = await manager.saveCheckpoint<RowType<R> | undefined>(step, saved as never, type, {
    madeFrom: () => {
      const calls = asked()?.tally(step);
      return { ...fingerprint, ...facts, ...(calls && { calls }) };
    },
    missing: () => missing,
    // Rows that are asked for end with the signal themselves, after waiting for what is paid for; a save would not wait for them.
    signal: Symbol.asyncIterator in made ? undefined : signal,
  });
  // What was just made in memory need not be read again.
  if (Symbol.asyncIterator in made) return storedRows(work, info);
  return { ...storedRows(work, info), load: async () => made };
}

async function* followedBy<R>(rows: AsyncIterable<R>, end: () => Promise<void>): AsyncGenerator<R> {
  yield* rows;
  await end();
}

async function collected<R>(rows: readonly R[] | AsyncIterable<R>): Promise<readonly R[]> {
  if (!(Symbol.asyncIterator in rows)) return rows;
  const all: R[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function storedRows<R>({ step, type, checkpointManager }: StepWork<R>, info: CheckpointInfo): RowSource<R> {
  return rowsInCheckpoint(checkpointManager!, step, type, { rowHash: info.revision?.rowHash, rows: info.rows });
}

export function policyOf({ onStale, onUnknown, only, from }: RunStepOptions): PlanPolicy {
  return {
    onStale: onStale ?? DEFAULT_POLICY.onStale,
    onUnknown: onUnknown ?? DEFAULT_POLICY.onUnknown,
    only,
    from,
  };
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
