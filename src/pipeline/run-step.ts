import type { Answers, Tally } from "../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import { KuraError, MissingCheckpointError, StaleCheckpointError } from "../errors.js";
import type { RowType } from "../rows/row-type.js";
import { ASKING_OPTIONS, type AskingOptions } from "./asking-options.js";
import type { Confirm } from "./before-paying.js";
import type { OnPipelineEvent } from "./event.js";
import type { StepFingerprint } from "./fingerprint.js";
import { ifForeseen, rowsForeseen } from "./foreseen-rows.js";
import { LazyAnswers } from "./lazy-answers.js";
import { type Belonging, DEFAULT_POLICY, type Decision, decideStep, type PlanPolicy } from "./plan.js";
import { type RowSource, rowsInCheckpoint, rowsInMemory } from "./row-source.js";
import { hashedStep, isDamage, type StoredStep } from "./stored-step.js";

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
  /** Decide, and make nothing: a step that would be made gives rows of which at most the keys are known. */
  readonly isDryRun?: boolean | undefined;
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
  /** Rows that were made elsewhere, by key: they stay, and the others are made. */
  readonly adopted: ReadonlyMap<string, unknown> | undefined;
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
  /** Of rows that were made elsewhere: whether they are of this input. */
  readonly belongs: (rows: RowSource<R>) => Promise<Belonging>;
  /** The field that names a row, where some rows may stay and others be made: see `MakeContext.adopted`. */
  readonly completedBy?: (keyof R & string) | undefined;
  /**
   * Where only the input changed: keys of rows that stay, of those that were made elsewhere and so cannot be made again. undefined where
   * that cannot be told.
   */
  readonly staying?: ((made: StepFingerprint) => Promise<ReadonlySet<string> | undefined>) | undefined;
  /** At least the keys of the rows that would be made; absent where nobody can know them. */
  readonly foresee?: (() => AsyncIterable<R[]>) | undefined;
  /** What is to be known of an input before what was decided is done: more reasons, or a refusal. */
  readonly consider?: ((decision: Decision, stored: CheckpointInfo | undefined) => Promise<Decision>) | undefined;
}

/**
 * Pair a step with a manager: reuse what is fresh, adopt what was made elsewhere, else make all rows and save them.
 *
 * @throws {PlanEnds} From a dry run, where a run would refuse.
 */
export async function runStep<R>(work: StepWork<R>): Promise<RowSource<R>> {
  const { step, type, fingerprint, checkpointManager: manager, signal, onEvent, isDryRun } = work;
  signal?.throwIfAborted();
  const found = manager && (await hashedStep(manager, step, signal));
  const stored = isDamage(found) ? undefined : found;
  const { decision, completes, staying } = await decide(work, found, stored);
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
  if (isDryRun) return rowsForeseen(fingerprint.step, work.foresee);
  await work.beforeMaking?.(step);
  return await timed(work, false, async () => {
    const adopted = completes ? await byKey(storedRows(work, stored!), work, staying) : undefined;
    return await makeAndSave(work, adopted);
  });
}

interface Decided {
  readonly decision: Decision;
  /** Whether stored rows stay, and those that are missing are made. */
  readonly completes: boolean;
  /** Those that stay; all where it is undefined. */
  readonly staying?: ReadonlySet<string> | undefined;
}

async function decide<R>(
  work: StepWork<R>,
  found: StoredStep | undefined,
  stored: CheckpointInfo | undefined,
): Promise<Decided> {
  const { step, fingerprint, completedBy, consider } = work;
  const policy = policyOf(work);
  const isCompletable = completedBy !== undefined;
  const made = stored?.fingerprint as StepFingerprint | undefined;
  let decision = decideStep(step, found, fingerprint, policy);
  let completes = decision.because === "partial" && isCompletable && made?.adopted === true;
  if (decision.action === "adopt") {
    const belonging = await ifForeseen(() => work.belongs(storedRows(work, stored!)));
    if (!belonging) {
      const reasons = ["made elsewhere: adopted if the rows above come out as theirs"];
      return { decision: { ...decision, action: "make", because: "upstream", reasons }, completes: false };
    }
    decision = decideStep(step, found, fingerprint, policy, { belonging, isCompletable });
    completes = decision.action === "adopt" && belonging.fit === "some";
  }
  if (decision.action === "make" && decision.because === "stale" && made?.adopted) {
    const isOfInput = decideStep(step, found, { ...fingerprint, inputs: made.inputs }, policy).because !== "stale";
    const staying = isOfInput ? await work.staying?.(made) : undefined;
    if (staying?.size) {
      const reasons = [...decision.reasons, `${staying.size} rows that were made elsewhere stay`];
      return { decision: { ...decision, reasons }, completes: true, staying };
    }
  }
  if (decision.action === "skip" && !stored) {
    const reasons = [...decision.reasons, ...(isDamage(found) ? [] : ["make it first, or leave out --only"])];
    decision = { ...decision, action: "refuse", because: isDamage(found) ? "damaged" : "missing", reasons };
  }
  return { decision: (await consider?.(decision, stored)) ?? decision, completes };
}

function refusal<R>(work: StepWork<R>, { because, reasons }: Decision, found: StoredStep | undefined): Error {
  const { step, checkpointManager: manager } = work;
  const { onStale, onUnknown } = policyOf(work);
  if (isDamage(found)) return found;
  if (because === "missing") return new MissingCheckpointError(step, `"${manager?.location}"`, reasons.join("; "));
  if (because === "unknown" ? onUnknown === "error" : onStale === "error")
    return new StaleCheckpointError(step, reasons);
  return new KuraError(`Cannot use checkpoint "${step}" in "${manager?.location}": ${reasons.join("; ")}`);
}

/** A dry run has come to where a run would refuse; the last decision says why. */
export class PlanEnds extends Error {}

async function byKey<R>(
  rows: RowSource<R>,
  { completedBy, signal }: StepWork<R>,
  staying: ReadonlySet<string> | undefined,
): Promise<Map<string, R>> {
  const byKey = new Map<string, R>();
  for await (const batch of rows.batches({ signal })) {
    for (const row of batch) {
      const key = row[completedBy!] as string;
      // Of two with one key the first one stays.
      if (!byKey.has(key) && (staying?.has(key) ?? true)) byKey.set(key, row);
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
  const { step, type, fingerprint, checkpointManager: manager, signal } = work;
  const missing: string[] = [];
  let facts: Readonly<Record<string, unknown>> = {};
  const note: MakeContext["note"] = (more) => {
    facts = { ...facts, ...more };
  };
  if (context.adopted) note({ adopted: true });
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
