import type { Answers } from "../checkpoints/answers/answers.js";
import { flattened } from "../checkpoints/row-access.js";
import type { Usage } from "../models/model.js";
import type { NameQuestionOptions } from "../steps/name-clusters-with-model.js";
import type { Budget } from "./budget.js";
import type { RowSource } from "./row-source.js";

/** What the questions of a step will take at least: no call that is tried again is in it. */
export interface Estimate {
  readonly step: string;
  readonly model: string;
  /** Questions that have no answer yet; where they are not known beforehand, as many as is usual. */
  readonly calls: number;
  /** Questions in all. */
  readonly of: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; undefined where no price is known. */
  readonly dollars: number | undefined;
}

/** What is about to be paid for. */
export type Questions = Pick<Estimate, "calls" | "of" | "inputTokens" | "outputTokens">;

/** About: English has four characters a token. */
const CHARS_PER_TOKEN = 4;
/** A summary has about a hundred; twice that leaves room. */
export const USUAL_OUTPUT_TOKENS = 200;

export function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

export function priced(step: string, model: string, questions: Questions, budget: Budget | undefined): Estimate {
  const usage: Usage = questions;
  return { step, model, ...questions, dollars: budget?.costOf(model, usage) };
}

/** Where there are more, so many questions are looked at first, in so many places of the input. */
const LOOKED_AT = 256;
const PLACES = 8;

/**
 * Of questions that are known. Costs making each of them once more; where none of a sample has an answer, the sample alone.
 *
 * @param questionOf What is sent for one, and its key.
 */
export async function countQuestions<I>(
  inputs: RowSource<I>,
  questionOf: (input: I) => { text: string; key: string },
  { answers, outputTokens, signal }: { answers: Answers; outputTokens: number; signal?: AbortSignal | undefined },
): Promise<Questions> {
  const look = async (some: AsyncIterable<I>) => {
    const open = new Set<string>();
    let [looked, known, tokens] = [0, 0, 0];
    for await (const input of some) {
      looked++;
      const { text, key } = questionOf(input);
      if (answers.has(key)) known++;
      else if (!open.has(key)) {
        open.add(key);
        tokens += tokensOf(text);
      }
    }
    return { looked, known, calls: open.size, tokens };
  };
  const { count = 0 } = inputs;
  let seen = count > LOOKED_AT ? await look(sample(inputs, count, signal)) : undefined;
  const isTold = seen?.known === 0;
  if (!seen || !isTold) seen = await look(flattened(inputs.batches({ signal })));
  const of = isTold ? count : seen.looked;
  const scale = seen.looked === 0 ? 0 : of / seen.looked;
  const calls = Math.round(seen.calls * scale);
  return { calls, of, inputTokens: Math.round(seen.tokens * scale), outputTokens: calls * outputTokens };
}

/** Also of the first rows: a run that was stopped early has answers of those alone. */
async function* sample<I>(inputs: RowSource<I>, count: number, signal: AbortSignal | undefined): AsyncGenerator<I> {
  const rows = LOOKED_AT / PLACES;
  for (let place = 0; place < PLACES; place++) {
    const rowStart = Math.round((place * (count - rows)) / (PLACES - 1));
    yield* flattened(inputs.batches({ rowStart, rowEnd: rowStart + rows, signal }));
  }
}

/** Of a question with our words alone, and of what is shown in it of one summary or cluster: counted on the sample. */
const TOKENS = { name: 500, summary: 60, reduce: 250, text: 80 };
/** Of an answer. A name and two sentences; mostly the choice of a category. */
const ANSWER_TOKENS = { name: 100, reduce: 50 };
/** What naming and reducing ask for one base cluster, as `reduceWithModel` says. */
const REDUCING_QUESTIONS = 2.5;

/** About what embedding so many rows takes. */
export function usualTexts(rows: number): Questions {
  return { calls: rows, of: rows, inputTokens: rows * TOKENS.text, outputTokens: 0 };
}

/** About what naming so many clusters takes. */
export function usualNames(
  clusters: number,
  membersEach: number,
  { maxExamples = 50, maxContrastiveExamples = 10 }: NameQuestionOptions,
): Questions {
  const shown = Math.min(maxExamples, membersEach) + maxContrastiveExamples;
  const inputTokens = Math.round(clusters * (TOKENS.name + shown * TOKENS.summary));
  return { calls: clusters, of: clusters, inputTokens, outputTokens: clusters * ANSWER_TOKENS.name };
}

/** About what putting so many clusters together takes. */
export function usualReducing(clusters: number, maxClusters: number): Questions {
  const calls = clusters > maxClusters ? Math.ceil(clusters * REDUCING_QUESTIONS) : 0;
  return { calls, of: calls, inputTokens: calls * TOKENS.reduce, outputTokens: calls * ANSWER_TOKENS.reduce };
}
