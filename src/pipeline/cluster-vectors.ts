import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { findModelState } from "../checkpoints/model-states.js";
import type { EmbeddingModel, FittedEmbedding } from "../models/model.js";
import type { AskVectors } from "../steps/asking.js";
import { type AskerOptions, vectorAsker } from "./asker.js";
import type { RunStepOptions } from "./run-step.js";

/**
 * Vectors of what clusters are called, in the space of the conversations' vectors: by the model that made those, as it was then.
 */
export async function clusterVectors(
  model: EmbeddingModel,
  { checkpointManager }: Pick<RunStepOptions, "checkpointManager">,
  asker: AskerOptions,
): Promise<AskVectors> {
  if (model.fit) {
    const fitted = await lastFitted(model, checkpointManager);
    return async (texts) => {
      const { vectors } = await (fitted ?? (await fittedTo(model, texts))).embed(texts);
      return vectors.map((value) => ({ value }));
    };
  }
  await model.ready?.();
  const ask = vectorAsker(model, asker);
  return async (texts) => await Promise.all(texts.map((text) => ask(text)));
}

async function lastFitted(
  model: EmbeddingModel,
  manager: BaseCheckpointManager | undefined,
): Promise<FittedEmbedding | undefined> {
  const hash = (await manager?.getCheckpointInfo("embeddings"))?.fingerprint?.["state"];
  const state = manager && typeof hash === "string" ? await findModelState(await manager.storages(), hash) : undefined;
  return state && model.restore?.(state);
}

async function fittedTo(model: EmbeddingModel, texts: readonly string[]): Promise<FittedEmbedding> {
  async function* all() {
    yield* texts;
  }
  return await model.fit!(all());
}
