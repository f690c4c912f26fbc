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
}

export function stepFingerprint(
  step: StepName,
  { inputs = {}, models = {}, options = {} }: Partial<Pick<StepFingerprint, "inputs" | "models" | "options">>,
): StepFingerprint {
  return { step, code: stepOf(step).code, inputs, models, options };
}
