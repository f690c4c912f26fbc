import type { Tally } from "../checkpoints/answers/answers.js";
import { canonical } from "../checkpoints/fingerprint-changes.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
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

/** In the place of an input's rowHash: its rows are still to be made, and may come out the same. */
export const NOT_MADE_YET = "not made yet";

/** How stored rows and an input go together, by keys. */
export interface Belonging {
  /** All of one are in the other, and nothing changed; some are; none is, though there are some. */
  readonly fit: "all" | "some" | "none";
  /** Keys of the input that are there, and name what they named. */
  readonly inside: number;
  /** The other keys of the input. */
  readonly missing: number;
  /** Keys of something else. */
  readonly outside: number;
  /** Keys of the input that are there, and name what changed since. */
  readonly changed: number;
}

/** What can only be known by looking at rows. */
export interface Looked {
  /** Of rows of which nothing says what made them; undefined where nobody has looked. */
  readonly belonging?: Belonging | undefined;
  /** Whether rows that belong to a part of the input can stay, and the missing ones be made. */
  readonly isCompletable?: boolean | undefined;
  /** How many rows that were made elsewhere stay though the input changed. */
  readonly staying?: number | undefined;
}

/** Decide about one step whose inputs are known, or are `NOT_MADE_YET`. Pure. */
export function decideStep(
  step: string,
  stored: StoredStep | undefined,
  wanted: StepFingerprint,
  policy: PlanPolicy = DEFAULT_POLICY,
  looked: Looked = {},
): Decision {
  const { calls } = madeFrom(stored) ?? {};
  const decision = isAsked(step, policy)
    ? decided(step, stored, wanted, policy, looked)
    : leftAlone(step, stored, wanted, policy);
  return { ...decision, ...(calls && { calls }) };
}

function isAsked(step: string, { only }: PlanPolicy): boolean {
  // The input is read in any case.
  return step === "conversations" || ((only as readonly string[] | undefined)?.includes(step) ?? true);
}

/** A step that was not asked for. Others may read its rows, and then build on what this says of them. */
function leftAlone(
  step: string,
  stored: StoredStep | undefined,
  wanted: StepFingerprint,
  { only }: PlanPolicy,
): Decision {
  const without = `not asked for (--only ${only!.join(",")})`;
  const { because, reasons } = decided(step, stored, wanted, DEFAULT_POLICY, {});
  if (because === "missing") return { step, action: "skip", because: "asked", reasons: [`${without}, and not there`] };
  if (because === "fresh") return { step, action: "skip", because: "asked", reasons: [without] };
  return { step, action: "skip", because: "asked", reasons: [`${without}, though ${because}: ${reasons.join(", ")}`] };
}

const ON_STALE = { remake: "make", reuse: "reuse", error: "refuse" } as const;
const ON_UNKNOWN = { adopt: "adopt", remake: "make", error: "refuse" } as const;

function decided(
  step: string,
  stored: StoredStep | undefined,
  wanted: StepFingerprint,
  { onStale, onUnknown, from }: PlanPolicy,
  looked: Looked,
): Decision {
  if (!stored) return { step, action: "make", because: "missing", reasons: [] };
  if (from !== undefined && positionOf(step) >= positionOf(from))
    return { step, action: "make", because: "asked", reasons: [`all from ${from} on was asked for`] };
  if (isDamage(stored)) return { step, action: "refuse", because: "damaged", reasons: [stored.message] };
  const made = stored.fingerprint as StepFingerprint | undefined;
  if (made?.step === undefined) {
    const action = ON_UNKNOWN[onUnknown];
    if (action === "adopt") {
      const { mismatch } = stored;
      if (mismatch) return { step, action: "refuse", because: "unknown", reasons: [mismatch.message] };
      return adopted(step, looked, onStale);
    }
    const nobodySays = "rows are there, nothing says what made them";
    return {
      step,
      action,
      because: "unknown",
      reasons: [action === "make" ? `${nobodySays}; ${staysAsFile(step)}` : nobodySays],
    };
  }
  const changes = changesOf(made, wanted);
  if (changes.length > 0) {
    const { staying = 0 } = looked;
    const theirs =
      staying > 0
        ? `${staying} rows that were made elsewhere stay`
        : `rows were made elsewhere; ${staysAsRevision(step)}`;
    const reasons = onStale === "remake" && made.adopted ? [...changes, theirs] : changes;
    return { step, action: ON_STALE[onStale], because: "stale", reasons };
  }
  const lacking = lackingOf(stored, made);
  const above = Object.keys(wanted.inputs).filter((input) => wanted.inputs[input] === NOT_MADE_YET);
  if (above.length > 0) {
    const theirs = looked.isCompletable ? "those of what did not change stay" : staysAsRevision(step);
    const adopted = onStale === "remake" && made.adopted ? [`rows were made elsewhere; ${theirs}`] : [];
    const reasons = [...above.map((input) => `${input} may change`), ...lacking, ...adopted];
    // Should nothing change, what is lacking is made.
    const action = lacking.length > 0 && onStale === "reuse" ? "make" : ON_STALE[onStale];
    return { step, action, because: "upstream", reasons };
  }
  if (lacking.length > 0) return { step, action: "make", because: "partial", reasons: lacking };
  return {
    step,
    action: "reuse",
    because: "fresh",
    reasons: made.adopted ? ["adopted: made elsewhere"] : [],
  };
}

/** What is not there that should be, in words. */
function lackingOf(stored: CheckpointInfo, made: StepFingerprint): string[] {
  if (made.unanswered) return [`${made.unanswered} questions were not answered`];
  const rows = stored.rows ?? 0;
  return stored.complete ? [] : [`${rows} of ${rows + stored.missing.length} rows`];
}

/** Of rows that were made elsewhere, where those that belong to the input are to be taken over. */
function adopted(step: string, { belonging, isCompletable }: Looked, onStale: PlanPolicy["onStale"]): Decision {
  const shared = { step, action: "adopt", because: "unknown" } as const;
  switch (belonging?.fit) {
    case undefined:
      return { ...shared, reasons: ["made elsewhere: adopted if these are rows of its input"] };
    case "all":
      return { ...shared, reasons: ["made elsewhere"] };
    case "none":
      return {
        ...shared,
        action: "refuse",
        reasons: [
          "it was made elsewhere, and has nothing to do with this input; use another directory (--out), or make it anew (--on-unknown remake)",
        ],
      };
    case "some": {
      const { inside, missing, outside, changed } = belonging;
      const others = changed > 0 ? [`${changed} conversations changed since these rows were made`] : [];
      if (!isCompletable || (inside === 0 && changed > 0)) {
        const what = others[0] ?? "the rows that are there belong to another input";
        return { step, action: ON_STALE[onStale], because: "stale", reasons: [`${what}; ${staysAsFile(step)}`] };
      }
      const dropped = outside > 0 ? [`${outside} of others are dropped; ${staysAsFile(step)}`] : [];
      const kept = `made elsewhere: ${inside} of ${inside + missing} rows are kept, ${missing} made`;
      return { ...shared, reasons: [kept, ...others, ...dropped] };
    }
  }
}

const staysAsRevision = (step: string) => `what goes can be had back (kura restore ${step})`;
const staysAsFile = (step: string) =>
  `what goes can be had back (kura restore ${step} --revision, as kura info ${step} lists it)`;

/**
 * Decide about all steps from what is stored, without making anything or looking at rows. A step below one that is to be made is decided as
 * `upstream`: should the rows above come out the same, a run will leave it fresh.
 */
export function planRun(
  stored: ReadonlyMap<StepName, StoredStep>,
  wanted: (step: StepName, inputs: Readonly<Record<string, string>>) => StepFingerprint,
  policy: PlanPolicy = DEFAULT_POLICY,
): Decision[] {
  const changing = new Set<string>();
  return STEPS.map((step) => {
    const made = madeFrom(stored.get(step.name));
    const inputs = Object.fromEntries(
      step.inputs.map((input) => [
        input,
        changing.has(input) ? NOT_MADE_YET : rowHashOf(stored.get(input), made?.inputs?.[input]),
      ]),
    );
    const decision = decideStep(step.name, stored.get(step.name), wanted(step.name, inputs), policy);
    // What rows that are adopted are called is only known when they are read.
    if (decision.action === "make" || decision.action === "adopt" || decision.because === "damaged")
      changing.add(step.name);
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

/** More is not read; `kura info` has the whole fingerprint. */
const MOST_CHARS = 300;

function changesOf(made: StepFingerprint, wanted: StepFingerprint): string[] {
  const changes: string[] = [];
  if (made.code !== wanted.code) changes.push(`the code of this step changed (version ${made.code} to ${wanted.code})`);
  for (const part of ["inputs", "models", "options"] as const) {
    for (const name of new Set([...Object.keys(wanted[part]), ...Object.keys(made[part] ?? {})])) {
      const before = made[part]?.[name];
      const after = wanted[part][name];
      if (canonical(before) === canonical(after)) continue;
      if (part === "inputs" && before !== undefined && after === NOT_MADE_YET) continue;
      const said = `${name} was ${canonical(before)} and is ${canonical(after)}`;
      const isReadable = (part !== "inputs" || name === "limit") && said.length <= MOST_CHARS;
      changes.push(isReadable ? said : `${name} changed`);
    }
  }
  return changes;
}
