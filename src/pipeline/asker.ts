import { answerKey } from "../checkpoints/answers/answer-key.js";
import { CallError } from "../errors.js";
import type { EmbeddingModel, TextModel, Usage } from "../models/model.js";
import type { AskText, Reply } from "../steps/asking.js";
import { type AskOptions, ask } from "./ask.js";
import { Batcher } from "./batcher.js";
import { type Budget, spending } from "./budget.js";
import { tokensOf, USUAL_OUTPUT_TOKENS } from "./estimate.js";
import { Slots } from "./slots.js";

export interface AskerOptions extends AskOptions {
  /** Calls in flight at most. */
  concurrency: number;
  /** What may be spent; without one as much as is needed. */
  budget?: Budget | undefined;
}

/** Asks a text model through the answers. */
export function textAsker(model: TextModel, { budget, concurrency, ...options }: AskerOptions): AskText {
  const slots = new Slots(concurrency);
  return ({ prompt, schema, read, chatId }) =>
    slots.use(
      () =>
        ask<string, ReturnType<typeof read>>(
          {
            key: answerKey({ model: model.id, prompt, schema }),
            chatId,
            read,
            call: async (signal) => {
              const expected = { inputTokens: tokensOf(prompt), outputTokens: USUAL_OUTPUT_TOKENS };
              const { text, finish, usage } = await spending(budget, model.id, expected, () =>
                model.generate({ prompt, schema, signal }),
              );
              if (finish === "refused") throw new CallError("final", "refused", `${model.id} refused to answer`);
              if (finish === "length") throw new CallError("final", "cut off", `The answer of ${model.id} was cut off`);
              return { value: text, usage };
            },
          },
          options,
        ),
      options.signal,
    );
}

export type AskVector = (text: string, chatId?: string) => Promise<Reply<Float32Array>>;

/** Asks an embedding model through the answers, many texts a call. */
export function vectorAsker(model: EmbeddingModel, { budget, concurrency, ...options }: AskerOptions): AskVector {
  const slots = new Slots(concurrency);
  const batcher = new Batcher<string, { value: Float32Array; usage: Usage | undefined }>(textsPerCall(model), (texts) =>
    slots.use(async () => {
      const expected = { inputTokens: tokensOf(texts.join("")), outputTokens: 0 };
      const { vectors, usage } = await spending(budget, model.id, expected, () => model.embed(texts));
      const shares = sharesOf(texts, usage);
      return vectors.map((value, index) => ({ value, usage: shares[index] }));
    }, options.signal),
  );
  return (text, chatId) =>
    ask(
      { key: answerKey({ model: model.id, text }), chatId, read: (vector) => vector, call: () => batcher.load(text) },
      options,
    );
}

const DEFAULT_TEXTS_PER_CALL = 64;

export function textsPerCall(model: EmbeddingModel): number {
  return model.textsPerCall ?? DEFAULT_TEXTS_PER_CALL;
}

/** What a call of many texts used, by their lengths: each answer is kept with its own. */
function sharesOf(texts: readonly string[], usage: Usage | undefined): (Usage | undefined)[] {
  if (usage?.inputTokens === undefined) return texts.map(() => undefined);
  const all = texts.reduce((sum, { length }) => sum + length, 0) || 1;
  let given = 0;
  let before = 0;
  return texts.map((text) => {
    before += text.length;
    const share = Math.round((usage.inputTokens! * before) / all) - given;
    given += share;
    return { inputTokens: share };
  });
}
