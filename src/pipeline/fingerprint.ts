import type { Fingerprint } from "../checkpoints/manifest.js";
import type { Settings } from "./settings.js";
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

/** What of the settings changes which step's rows. */
const PARTS = {
  conversations: () => ({}),
  summaries: ({ models }) => ({ models: { summary: models.summary } }),
  embeddings: ({ models }) => ({ models: { embedding: models.embedding } }),
  clusters: ({ models, itemsPerCluster, seed }) => ({
    models: { names: models.names },
    options: { itemsPerCluster, seed },
  }),
  meta_clusters: ({ models, maxClusters, seed }) => ({
    models: { names: models.names },
    options: { maxClusters, seed },
  }),
  dimensionality: ({ seed }) => ({ options: { seed } }),
} as const satisfies Record<StepName, (settings: Settings) => Partial<Pick<StepFingerprint, "models" | "options">>>;

export function stepFingerprint(
  step: StepName,
  inputs: StepFingerprint["inputs"],
  settings: Settings,
): StepFingerprint {
  return { step, code: stepOf(step).code, inputs, models: {}, options: {}, ...PARTS[step](settings) };
}
