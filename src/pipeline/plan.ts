import type { Tally } from "../checkpoints/answers/answers.js";
import { canonical } from "../checkpoints/fingerprint-changes.js";
import type { StepFingerprint } from "./fingerprint.js";
import { STEPS, type StepName } from "./step.js";
import { isDamage, type StoredStep } from "./stored-step.js";

/** What to do about one step, and why, in words. */
export interface Decision {
  readonly step: string;
  /** `refuse`: stop here, as the policy says · `skip`: not asked for. */
  readonly action: "reuse" | "make" | "adopt" | "refuse" | "skip";
  readonly because: "fresh" | "missing" | "stale" | "partial" | "unknown" | "damaged" | "upstream" | "asked";
  /** Sentences: what changed since the stored rows were made. */
  readonly reasons: readonly string[];
  /** What asking came to when the stored rows were made; absent where nothing was asked. */
  readonly calls?: Tally;
}

/** What to do where more than one thing can be right. */
export interface PlanPolicy {
  /** Rows that were made from something else: made again, taken as they are, or a reason to stop. */
  readonly onStale: "remake" | "reuse" | "error";
  /** Rows of which nothing says what they were made from: taken over where they belong to the input, made again, or a reason to stop. */
  readonly onUnknown: "adopt" | "remake" | "error";
  /** Only these steps; the others are neither made nor looked at. */
  readonly only?: readonly StepName[] | undefined;
  /** Make this step and all after it anew, fresh or not. */
  readonly from?: StepName | undefined;
}

export const DEFAULT_POLICY: PlanPolicy = { onStale: "remake", onUnknown: "adopt" };

/** Decide about one step whose inputs are known. Pure. */
export function decideStep(
  step: string,
  stored: StoredStep | undefined,
  wanted: StepFingerprint,
  policy: PlanPolicy = DEFAULT_POLICY,
): Decision {
  const { calls } = madeFrom(stored) ?? {};
  return { ...decided(step, stored, wanted, policy), ...(calls && { calls }) };
}

function decided(
  step: string,
  stored: StoredStep | undefined,
  wanted: StepFingerprint,
  { onStale, onUnknown, only, from }: PlanPolicy,
): Decision {
  // The input is read in any case.
  if (only && step !== "conversations" && !(only as readonly string[]).includes(step))
    return { step, action: "skip", because: "asked", reasons: ["not asked for"] };
  if (!stored) return { step, action: "make", because: "missing", reasons: [] };
  if (from !== undefined && positionOf(step) >= positionOf(from))
    return { step, action: "make", because: "asked", reasons: [`all from ${from} on was asked for`] };
  if (isDamage(stored)) return { step, action: "refuse", because: "damaged", reasons: [stored.message] };
  const made = stored.fingerprint as StepFingerprint | undefined;
  if (made?.step === undefined) {
    const action = { adopt: "adopt", remake: "make", error: "refuse" } as const;
    return {
      step,
      action: action[onUnknown],
      because: "unknown",
      reasons: ["rows are there, nothing says what made them"],
    };
  }
  const changes = changesOf(made, wanted);
  if (changes.length > 0) {
    const action = { remake: "make", reuse: "reuse", error: "refuse" } as const;
    return { step, action: action[onStale], because: "stale", reasons: changes };
  }
  if (made.unanswered) {
    return { step, action: "make", because: "partial", reasons: [`${made.unanswered} questions were not answered`] };
  }
  if (!stored.complete) {
    const rows = stored.rows ?? 0;
    return { step, action: "make", because: "partial", reasons: [`${rows} of ${rows + stored.missing.length} rows`] };
  }
  return {
    step,
    action: "reuse",
    because: "fresh",
    reasons: made.adopted ? ["adopted: made elsewhere"] : [],
  };
}

/**
 * Decide about all steps from what is stored, without making anything. A step below one that is to be made is decided as
 * `upstream`: should the rows above come out the same, a run will leave it fresh.
 */
export function planRun(
  stored: ReadonlyMap<StepName, StoredStep>,
  wanted: (step: StepName, inputs: Readonly<Record<string, string>>) => StepFingerprint,
  policy: PlanPolicy = DEFAULT_POLICY,
): Decision[] {
  const changing = new Set<string>();
  return STEPS.map((step) => {
    const above = step.inputs.filter((input) => changing.has(input));
    const made = madeFrom(stored.get(step.name));
    const inputs = Object.fromEntries(
      step.inputs.map((input) => [input, rowHashOf(stored.get(input), made?.inputs?.[input])]),
    );
    const alone = decideStep(step.name, stored.get(step.name), wanted(step.name, inputs), policy);
    const decision: Decision =
      above.length > 0 && alone.action === "reuse" && alone.because === "fresh"
        ? { ...alone, action: "make", because: "upstream", reasons: above.map((input) => `${input} may change`) }
        : alone;
    if (decision.action === "make" || decision.because === "damaged") changing.add(step.name);
    return decision;
  });
}

/** What the steps below read; of damaged rows what these were made from, as damage alone is no change. */
export function rowHashOf(stored: StoredStep | undefined, madeFromIt: string | undefined): string {
  return (isDamage(stored) ? madeFromIt : stored?.revision?.rowHash) ?? "";
}

/** What a run said of the rows that it stored. */
export function madeFrom(stored: StoredStep | undefined): Partial<StepFingerprint> | undefined {
  return isDamage(stored) ? undefined : stored?.fingerprint;
}

function positionOf(name: string): number {
  return STEPS.findIndex((step) => step.name === name);
}

function changesOf(made: StepFingerprint, wanted: StepFingerprint): string[] {
  const changes: string[] = [];
  if (made.code !== wanted.code) changes.push(`the code of this step changed (version ${made.code} to ${wanted.code})`);
  for (const part of ["inputs", "models", "options"] as const) {
    for (const name of new Set([...Object.keys(wanted[part]), ...Object.keys(made[part] ?? {})])) {
      const before = made[part]?.[name];
      const after = wanted[part][name];
      if (canonical(before) === canonical(after)) continue;
      changes.push(
        part === "inputs" ? `${name} changed` : `${name} was ${canonical(before)} and is ${canonical(after)}`,
      );
    }
  }
  return changes;
}
