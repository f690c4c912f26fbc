import { assertKnownOptions } from "../checkpoints/options.js";
import { lsaModel } from "../models/offline/lsa.js";
import type { EmbeddingModel } from "../models/model.js";
import { ConversationSummary, Embedding } from "../rows/builtin.js";
import { embedStep } from "../steps/embed-step.js";
import { stepFingerprint } from "./fingerprint.js";
import { hasSameKeys, rowHashOf, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";

export interface EmbedOptions extends StepOptions {
  /** Default: LSA, fitted to these summaries; no network. */
  model?: EmbeddingModel | undefined;
}

/** A vector for each summary, in its order, of what it says; ids and metadata are not embedded. */
export async function embedSummaries(summaries: readonly ConversationSummary[], options: EmbedOptions = {}): Promise<Embedding[]> {
  assertKnownOptions("embed summaries", options, [...STEP_OPTIONS, "model"]);
  const { model = lsaModel({ signal: options.signal }), ...rest } = options;
  return await runStep<Embedding>({
    ...rest,
    step: "embeddings",
    type: Embedding,
    total: summaries.length,
    fingerprint: stepFingerprint("embeddings", {
      inputs: { summaries: await rowHashOf(summaries, ConversationSummary) },
      models: { embedding: model.id },
    }),
    belongs: (rows) => hasSameKeys(rows.map(({ chat_id }) => chat_id), summaries.map(({ chat_id }) => chat_id)),
    make: ({ signal, onProgress }) => embedStep(summaries, model, { signal, onProgress }),
  });
}
