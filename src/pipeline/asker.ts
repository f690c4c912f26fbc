import type { Outcome } from "../checkpoints/answers/answer.js";
import { answerKey } from "../checkpoints/answers/answer-key.js";
import { CallError } from "../errors.js";
import type { EmbeddingModel, TextModel, Usage } from "../models/model.js";
import type { AskText, Reply, TextQuestion } from "../steps/asking.js";
import { type AskOptions, ask, bought, type PaidCall } from "./ask.js";
import { Batcher } from "./batcher.js";
import type { Budget } from "./budget.js";
import { counted } from "./counted.js";
import { tokensOf, USUAL_OUTPUT_TOKENS } from "./estimate.js";
import { type Attempt, retrying } from "./retry.js";
import { Slots } from "./slots.js";

export interface AskerOptions extends AskOptions {
  /** Calls in flight at most. */
  concurrency: number;
  /** What may be spent; without one as much as is needed. */
  budget?: Budget | undefined;
}

/**
 * Asks a text model through the answers. While an answer is made durable, the next call is under way; of those that wait to be made durable there
 * are no more than calls.
 */
export function textAsker(model: TextModel, { concurrency, ...options }: AskerOptions): AskText {
  const open = new Slots(askedAtOnce(concurrency));
  const calls = new Slots(concurrency);
  const asked = <T>({ prompt: render, schema, read, chatId }: TextQuestion<T>) => {
    const prompt = render();
    const key = answerKey({ model: model.id, prompt, schema });
    const call: PaidCall<string> = async ({ signal, onWait, onUsage }) => {
      const expected = { inputTokens: tokensOf(prompt), outputTokens: USUAL_OUTPUT_TOKENS };
      const { text, finish, usage } = await counted(options, model.id, expected, () =>
        model.generate({ prompt, schema, signal, onWait }),
      );
      onUsage(usage);
      if (finish === "refused") throw new CallError("final", "refused", `${model.id} refused to answer`);
      if (finish === "length") throw new CallError("final", "cut off", `The answer of ${model.id} was cut off`);
      return text;
    };
    return calls.use((release) => {
      const make = async (readBought: (text: string) => Promise<Reply<T>>) => {
        const outcome = await bought(call, readBought, options);
        release();
        return outcome;
      };
      return ask<string, T>({ key, chatId, read, make }, options);
    }, options.signal);
  };
  return (question) => open.use(() => asked(question), options.signal);
}

/** How many questions are to be asked at once, so that there is always one for a free slot. */
export function askedAtOnce(concurrency: number): number {
  return 2 * concurrency;
}

export type AskVector = (text: string, chatId?: string) => Promise<Reply<Float32Array>>;

/** Asks an embedding model through the answers, many texts a call. */
export function vectorAsker(model: EmbeddingModel, { concurrency, ...options }: AskerOptions): AskVector {
  const slots = new Slots(concurrency);
  const batcher = new Batcher<string, Outcome<Float32Array>>(textsPerCall(model), async (texts) => {
    const expected = { inputTokens: tokensOf(texts.join("")), outputTokens: 0 };
    const call = (attempt: Attempt) => counted(options, model.id, expected, () => model.embed(texts, attempt));
    const made = await slots.use(() => retrying(call, options), options.signal);
    if ("failure" in made) throw made.failure;
    const { attempts, value } = made;
    const shares = sharesOf(texts, value.usage);
    return value.vectors.map((vector, index) => {
      const usage = shares[index];
      return { value: vector, attempts, ...(usage && { usage }) };
    });
  });
  const make = async (text: string): Promise<Outcome<Float32Array>> => {
    try {
      return await batcher.load(text);
    } catch (error) {
      if (!(error instanceof CallError) || error.kind !== "final") throw error;
      return { failure: { reason: error.reason, detail: error.message } };
    }
  };
  return (text, chatId) =>
    ask(
      { key: answerKey({ model: model.id, text }), chatId, read: (vector) => vector, make: () => make(text) },
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
