import type { EmbeddingModel } from "../models/model.js";
import type { ConversationSummary, Embedding } from "../rows/builtin.js";
import { renderSummary } from "./rendering.js";

const TEXTS_PER_CALL = 256;

export interface EmbedStepOptions {
  /**
   * What a model that is made from a corpus is fitted to; default: the summaries. Whole conversations (`renderConversation`) teach it
   * much more about which words belong together than their summaries do.
   */
  corpus?: Iterable<string> | AsyncIterable<string> | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total?: number) => void) | undefined;
}

/**
 * One vector per summary, in its order. A model that is made from its corpus is fitted first.
 *
 * @throws {RangeError} If a call returns a different number of vectors than texts.
 */
export async function embedStep(
  summaries: readonly ConversationSummary[],
  model: EmbeddingModel,
  { corpus, signal, onProgress }: EmbedStepOptions = {},
): Promise<Embedding[]> {
  const texts = summaries.map(renderSummary);
  const fitted = model.fit ? await model.fit(asyncOf(corpus ?? texts)) : model;
  const rows: Embedding[] = [];
  for (let start = 0; start < texts.length; start += TEXTS_PER_CALL) {
    signal?.throwIfAborted();
    const call = texts.slice(start, start + TEXTS_PER_CALL);
    const { vectors } = await fitted.embed(call, { ...(signal && { signal }) });
    if (vectors.length !== call.length)
      throw new RangeError(
        `Cannot embed ${call.length} texts: model "${fitted.id}" returned ${vectors.length} vectors`,
      );
    vectors.forEach((embedding, index) => {
      rows.push({ chat_id: summaries[start + index]!.chat_id, embedding });
    });
    onProgress?.(rows.length, texts.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return rows;
}

async function* asyncOf(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  yield* texts;
}
