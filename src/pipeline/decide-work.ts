import type { CheckpointInfo } from "../checkpoints/info.js";
import { orDamage } from "../checkpoints/or-damage.js";
import { CorruptCheckpointError, KuraError, MissingCheckpointError, StaleCheckpointError } from "../errors.js";
import type { StepFingerprint } from "./fingerprint.js";
import { ifForeseen } from "./foreseen-rows.js";
import { DEFAULT_POLICY, type Decision, decideStep, type PlanPolicy } from "./plan.js";
import { type RowSource, rowsInCheckpoint } from "./row-source.js";
import type { RunStepOptions, StepWork } from "./step-work.js";
import { isDamage, type StoredStep } from "./stored-step.js";

/** What is to be done about a step, and which of its stored rows take part in it. */
export interface Decided {
  readonly decision: Decision;
  /** What stands there, as looking at its rows has shown. */
  readonly found: StoredStep | undefined;
  /** Whether stored rows stay, and those that are missing are made. */
  readonly completes: boolean;
  /** Which of them do; all where it is undefined. */
  readonly stays?: ((key: string) => boolean) | undefined;
  /** Whether stored rows are taken over or others made depends on rows that are not made yet. */
  readonly isOpen?: boolean;
}

/** Decide about a step, looking at rows where only they can tell. */
export async function decideWork<R>(work: StepWork<R>, found: StoredStep | undefined): Promise<Decided> {
  const stored = isDamage(found) ? undefined : found;
  const { step, fingerprint, completedBy, consider } = work;
  const policy = policyOf(work);
  const isCompletable = completedBy !== undefined;
  const made = stored?.fingerprint as StepFingerprint | undefined;
  let decision = decideStep(step, found, fingerprint, policy, { isCompletable });
  let stays: Decided["stays"];
  let completes = decision.because === "partial" && isCompletable && made?.adopted === true;
  if (decision.action === "adopt") {
    const changed = (await work.since?.(stored!.savedAt))?.changed ?? new Set<string>();
    const belonging = await orDamage(() => ifForeseen(() => work.belongs(storedRows(work, stored!), changed)));
    // What no manifest describes is only known to be damaged when it is read.
    if (belonging instanceof CorruptCheckpointError) return await decideWork(work, belonging);
    if (!belonging) {
      const reasons = ["made elsewhere: adopted if the rows above come out as theirs"];
      decision = { ...decision, action: "make", because: "upstream", reasons };
      return { decision, found, completes: false, isOpen: true };
    }
    decision = decideStep(step, found, fingerprint, policy, { belonging, isCompletable });
    completes = decision.action === "adopt" && belonging.fit === "some";
    if (completes) stays = (key) => !changed.has(key);
  }
  if (decision.action === "make" && decision.because === "stale" && made?.adopted) {
    const isOfInput = decideStep(step, found, { ...fingerprint, inputs: made.inputs }, policy).because !== "stale";
    const staying = isOfInput ? await work.staying?.(made) : undefined;
    if (staying && staying.size > 0) {
      const looked = { isCompletable, staying: staying.size };
      return {
        decision: decideStep(step, found, fingerprint, policy, looked),
        found,
        completes: true,
        stays: (key) => staying.has(key),
      };
    }
  }
  if (decision.action === "skip" && !stored) {
    const reasons = [...decision.reasons, ...(isDamage(found) ? [] : ["make it first, or leave out --only"])];
    decision = { ...decision, action: "refuse", because: isDamage(found) ? "damaged" : "missing", reasons };
  }
  return { decision: (await consider?.(decision, stored)) ?? decision, found, completes, stays };
}

/** Why a run ends here. */
export function refusal<R>(work: StepWork<R>, { because, reasons }: Decision, found: StoredStep | undefined): Error {
  const { step, checkpointManager: manager } = work;
  const { onStale, onUnknown } = policyOf(work);
  if (isDamage(found)) return found;
  if (because === "missing")
    return new MissingCheckpointError(step, `"${manager?.location}"`, { hint: reasons.join("; ") });
  if (because === "unknown" ? onUnknown === "error" : onStale === "error")
    return new StaleCheckpointError(step, reasons, because === "unknown" ? REMAKE : undefined);
  if (because === "unknown" && found?.mismatch) return found.mismatch;
  return new KuraError(`Cannot use checkpoint "${step}" in "${manager?.location}": ${reasons.join("; ")}`);
}

const REMAKE = '"remake" for onUnknown has others made in their place';

export function storedRows<R>({ step, type, checkpointManager }: StepWork<R>, info: CheckpointInfo): RowSource<R> {
  return rowsInCheckpoint(checkpointManager!, step, type, { rowHash: info.revision?.rowHash, rows: info.rows });
}

function policyOf({ onStale, onUnknown, only, from }: RunStepOptions): PlanPolicy {
  return {
    onStale: onStale ?? DEFAULT_POLICY.onStale,
    onUnknown: onUnknown ?? DEFAULT_POLICY.onUnknown,
    only,
    from,
  };
}
