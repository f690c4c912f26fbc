import type { Answers } from "../checkpoints/answers/answers.js";
import type { AnswerLimits } from "../checkpoints/answers/collect-answers.js";
import type { AskerOptions } from "./asker.js";
import type { Budget } from "./budget.js";
import type { OnPipelineEvent } from "./event.js";
import { DEFAULT_MAX_FAILED, Failures } from "./failures.js";
import { assertPositiveInteger } from "./numbers.js";

/** How a step asks that asks a model. Nothing here changes rows, so nothing of it is in a fingerprint. */
export interface AskingOptions {
  /** Where what was paid for is kept; default: below the manager's directory. */
  answers?: Answers | undefined;
  /** How long answers are kept that no kept revision was made of any more, see `collectAnswers`; `false`: for ever. */
  answerLimits?: AnswerLimits | false | undefined;
  /** What may be spent. */
  budget?: Budget | undefined;
  /** Calls in flight at most; 16. */
  concurrency?: number | undefined;
  /** How many rows of a step may be missing in the end: a part of all below 1, else a number; 0.01. */
  maxFailed?: number | undefined;
  /** Ask again for what is known to fail. */
  retryFailed?: boolean | undefined;
  /** Calls for one answer at most; 6. */
  attempts?: number | undefined;
  /** Of one call; two minutes. */
  timeoutMs?: number | undefined;
}

export const ASKING_OPTIONS = [
  "answers",
  "answerLimits",
  "budget",
  "concurrency",
  "maxFailed",
  "retryFailed",
  "attempts",
  "timeoutMs",
] as const;

const DEFAULT_CONCURRENCY = 16;
/** Of a longer one Node makes one of a millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function concurrencyOf({ concurrency = DEFAULT_CONCURRENCY }: AskingOptions): number {
  assertPositiveInteger("concurrency", concurrency);
  return concurrency;
}

export function failuresOf(step: string, { maxFailed }: AskingOptions, total: number | undefined): Failures {
  return new Failures(step, maxFailed ?? DEFAULT_MAX_FAILED, total);
}

export function askerOptions(
  step: string,
  {
    budget,
    retryFailed,
    attempts,
    timeoutMs,
    signal,
    onEvent,
    ...rest
  }: AskingOptions & { signal?: AbortSignal | undefined; onEvent?: OnPipelineEvent | undefined },
  { answers, before }: { answers: Answers; before?: (() => Promise<void>) | undefined },
): AskerOptions {
  if (attempts !== undefined) assertPositiveInteger("attempts", attempts);
  if (timeoutMs !== undefined) assertPositiveInteger("timeoutMs", timeoutMs, LONGEST_TIMER_MS);
  return {
    answers,
    beforePaying: before,
    step,
    budget,
    retryFailed,
    attempts,
    timeoutMs,
    signal,
    onRetry: ({ message }, delayMs) => onEvent?.({ type: "retry", step, message, delayMs }),
    concurrency: concurrencyOf(rest),
  };
}
