import { canonical } from "../checkpoints/fingerprint-changes.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import type { StepFingerprint } from "./fingerprint.js";
import { STEPS, type StepName } from "./step.js";

/** What to do about one step, and why, in words. */
export interface Decision {
  readonly step: StepName;
  readonly action: "reuse" | "make" | "adopt";
  readonly because: "fresh" | "missing" | "stale" | "unknown" | "upstream";
  /** Sentences: what changed since the stored rows were made. */
  readonly reasons: readonly string[];
}

/** Decide about one step whose inputs are known. Pure. */
export function decideStep(step: StepName, stored: CheckpointInfo | undefined, wanted: StepFingerprint): Decision {
  if (!stored) return { step, action: "make", because: "missing", reasons: [] };
  const made = stored.fingerprint as StepFingerprint | undefined;
  if (!made || made.step === undefined) {
    return { step, action: "adopt", because: "unknown", reasons: ["rows are there, nothing says what made them"] };
  }
  const reasons = [
    ...changesOf(made, wanted),
    ...(stored.complete ? [] : [`${stored.missing.length} rows are missing`]),
  ];
  return reasons.length === 0
    ? { step, action: "reuse", because: "fresh", reasons: made.adopted ? ["adopted: made elsewhere"] : [] }
    : { step, action: "make", because: "stale", reasons };
}

/**
 * Decide about all steps from what is stored, without making anything. A step below one that is to be made is decided as
 * `upstream`: should the rows above come out the same, a run will leave it fresh.
 */
export function planRun(
  stored: ReadonlyMap<StepName, CheckpointInfo>,
  wanted: (step: StepName, inputs: Readonly<Record<string, string>>) => StepFingerprint,
): Decision[] {
  const changing = new Set<string>();
  return STEPS.map((step) => {
    const info = stored.get(step.name);
    const above = step.inputs.filter((input) => changing.has(input));
    const inputs = Object.fromEntries(step.inputs.map((input) => [input, stored.get(input)?.revision?.rowHash ?? ""]));
    let decision = decideStep(step.name, info, wanted(step.name, inputs));
    if (above.length > 0 && decision.action === "reuse") {
      decision = {
        step: step.name,
        action: "make",
        because: "upstream",
        reasons: above.map((input) => `${input} may change`),
      };
    }
    if (decision.action === "make") changing.add(step.name);
    return decision;
  });
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
