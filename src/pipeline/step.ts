import type { BuiltinName } from "../rows/builtin.js";

/** One step of the pipeline: what it is called, what it reads, and the version of the code that decides its rows. */
export interface StepSpec {
  /** Also the name of its checkpoint. */
  readonly name: BuiltinName;
  /** Checkpoints whose rows it reads. */
  readonly inputs: readonly BuiltinName[];
  /** Raised whenever the same input and options would give other rows; what an older version made is then stale. */
  readonly code: number;
}

/** In the order in which they run. Nothing else repeats this list. */
export const STEPS = [
  { name: "conversations", inputs: [], code: 1 },
  { name: "summaries", inputs: ["conversations"], code: 1 },
  { name: "embeddings", inputs: ["summaries", "conversations"], code: 1 },
  { name: "clusters", inputs: ["summaries", "embeddings"], code: 1 },
  { name: "meta_clusters", inputs: ["clusters", "summaries", "embeddings"], code: 1 },
  { name: "dimensionality", inputs: ["meta_clusters", "embeddings"], code: 3 },
] as const satisfies readonly StepSpec[];

export type StepName = (typeof STEPS)[number]["name"];

export function stepOf(name: StepName): StepSpec {
  return STEPS.find((step) => step.name === name)!;
}

export function isStep(name: string): name is StepName {
  return STEPS.some((step) => step.name === name);
}

/** @throws {RangeError} For what is no step. */
export function assertSteps(names: readonly string[]): asserts names is readonly StepName[] {
  const unknown = names.find((name) => !isStep(name));
  if (unknown === undefined) return;
  throw new RangeError(`There is no step "${unknown}"; there are ${STEPS.map(({ name }) => name).join(", ")}`);
}

/** @throws {RangeError} Where `only` leaves nothing of what `from` is to make. */
export function assertReached({
  only,
  from,
}: {
  only?: readonly StepName[] | undefined;
  from?: StepName | undefined;
}): void {
  if (from === undefined || only === undefined) return;
  const names: readonly StepName[] = STEPS.map(({ name }) => name);
  if (only.some((step) => names.indexOf(step) >= names.indexOf(from))) return;
  throw new RangeError(
    `Cannot make all from ${from} on anew: only ${only.join(", ")} was asked for, which is before it`,
  );
}
