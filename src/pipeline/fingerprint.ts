import type { Tally } from "../checkpoints/answers/answers.js";
import type { Fingerprint } from "../checkpoints/manifest.js";
import { type StepName, stepOf } from "./step.js";

/**
 * The readable object that says what made a step's rows. Not in it: paths, formats, concurrency, anything that does not change rows.
 */
export interface StepFingerprint extends Fingerprint {
  readonly step: string;
  readonly code: number;
  /** The rowHash of each checkpoint it read. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Identity of the models that were asked. */
  readonly models: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
  /** The rows were made elsewhere and taken over; what really made them is not known. */
  readonly adopted?: true;
  /** Questions that were not answered, and may be the next time. */
  readonly unanswered?: number;
  /** The list of the answers that the rows were made of; they are kept while a revision names it. */
  readonly answers?: string;
  /** What asking came to, the last time. */
  readonly calls?: Tally;
  /** Of a model that was made from the corpus: the hash of what it is. */
  readonly state?: string;
}

/** What a run that continues wants of a step: what it wants otherwise, but that the earlier rows' own beginnings are no change. */
export function continuing(wanted: StepFingerprint, made: Partial<StepFingerprint> | undefined): StepFingerprint {
  const { embedding } = wanted.models;
  if (embedding !== undefined && isFittedBy(embedding, made)) return { ...wanted, models: made.models };
  const continued = made?.options?.["continued"];
  return continued === undefined ? wanted : { ...wanted, options: { ...wanted.options, continued } };
}

/** What the model of vectors is called that go on from an earlier one's. */
export function fittedBefore(model: string, fitted: string): string {
  return `${model}, as it was made before: ${fitted}`;
}

/** Whether vectors were made by such a model, fitted then or before, whose state is kept. */
export function isFittedBy(
  model: string,
  made: Partial<StepFingerprint> | undefined,
): made is Pick<StepFingerprint, "models"> & { readonly state: string } {
  const name = made?.models?.["embedding"];
  return made?.state !== undefined && (name === model || (name?.startsWith(fittedBefore(model, "")) ?? false));
}

/** @param decided What else decides the step's rows, and nothing that does not. */
export function stepFingerprint(
  step: StepName,
  inputs: StepFingerprint["inputs"],
  decided: Partial<Pick<StepFingerprint, "models" | "options">> = {},
): StepFingerprint {
  return { step, code: stepOf(step).code, inputs, models: {}, options: {}, ...decided };
}
