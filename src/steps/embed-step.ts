import type { EmbeddingModel } from "../models/model.js";
import type { ConversationSummary, Embedding } from "../rows/builtin.js";
import { renderSummary } from "./rendering.js";

const TEXTS_PER_CALL = 256;

export interface EmbedStepOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total?: number) => void) | undefined;
}

/** One vector per summary, in its order. A model that is made from its corpus is fitted to these summaries first. */
export async function embedStep(
  summaries: readonly ConversationSummary[],
  model: EmbeddingModel,
  { signal, onProgress }: EmbedStepOptions,
): Promise<Embedding[]> {
  const texts = summaries.map(renderSummary);
  const fitted = model.fit ? await model.fit(asyncOf(texts)) : model;
  const rows: Embedding[] = [];
  for (let start = 0; start < texts.length; start += TEXTS_PER_CALL) {
    const call = texts.slice(start, start + TEXTS_PER_CALL);
    const { vectors } = await fitted.embed(call, { ...(signal && { signal }) });
    if (vectors.length !== call.length) throw new RangeError(`Cannot embed ${call.length} texts: model "${fitted.id}" returned ${vectors.length} vectors`);
    vectors.forEach((embedding, index) => {
      rows.push({ chat_id: summaries[start + index]!.chat_id, embedding });
    });
    onProgress?.(rows.length, texts.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
  return rows;
}

async function* asyncOf(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}
