import type { EmbeddingModel } from "../models/model.js";
import type { ConversationSummary, Embedding } from "../rows/builtin.js";
import { renderSummary } from "./rendering.js";

export interface EmbedStepOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number) => void) | undefined;
}

/**
 * One vector per summary, in its order; a call for each batch. A model that is made from a corpus must have been fitted.
 *
 * @throws {RangeError} If a call returns a different number of vectors than texts.
 */
export async function* embedStep(
  batches: Iterable<readonly ConversationSummary[]> | AsyncIterable<readonly ConversationSummary[]>,
  model: Pick<EmbeddingModel, "id" | "embed">,
  { signal, onProgress }: EmbedStepOptions = {},
): AsyncGenerator<Embedding> {
  let done = 0;
  for await (const batch of batches) {
    signal?.throwIfAborted();
    const { vectors } = await model.embed(batch.map(renderSummary), { ...(signal && { signal }) });
    if (vectors.length !== batch.length)
      throw new RangeError(
        `Cannot embed ${batch.length} texts: model "${model.id}" returned ${vectors.length} vectors`,
      );
    for (const [index, { chat_id }] of batch.entries()) yield { chat_id, embedding: vectors[index]! };
    done += batch.length;
    onProgress?.(done);
  }
}
