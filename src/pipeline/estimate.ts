import { answerKey } from "../checkpoints/answers/answer-key.js";
import type { Answers } from "../checkpoints/answers/answers.js";
import type { TextModel } from "../models/model.js";
import type { TextQuestion } from "../steps/asking.js";
import type { Budget } from "./budget.js";

/** What the questions of a step will take at least, before the first one is paid for: no call that is tried again is in it. */
export interface Estimate {
  readonly model: string;
  /** Questions that have no answer yet. */
  readonly calls: number;
  /** Questions in all. */
  readonly of: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; undefined where no price is known. */
  readonly dollars: number | undefined;
}

/** About: English has four characters a token. */
const CHARS_PER_TOKEN = 4;
/** A summary has about a hundred; twice that leaves room. */
export const USUAL_OUTPUT_TOKENS = 200;

export function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Costs rendering every question once more. */
export async function estimateQuestions<I>(
  inputs: AsyncIterable<I>,
  questionOf: (input: I) => TextQuestion<unknown>,
  { model, answers, budget }: { model: TextModel; answers: Answers; budget: Budget | undefined },
): Promise<Estimate> {
  const keys = new Set<string>();
  let of = 0;
  let inputTokens = 0;
  for await (const input of inputs) {
    const { prompt, schema } = questionOf(input);
    const key = answerKey({ model: model.id, prompt, schema });
    of++;
    if (keys.has(key) || answers.has(key)) continue;
    keys.add(key);
    inputTokens += tokensOf(prompt);
  }
  const usage = { inputTokens, outputTokens: keys.size * USUAL_OUTPUT_TOKENS };
  return { model: model.id, calls: keys.size, of, ...usage, dollars: budget?.costOf(model.id, usage) };
}
