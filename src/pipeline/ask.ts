import type { AnswerValue } from "../checkpoints/answers/answer.js";
import type { Answers } from "../checkpoints/answers/answers.js";
import { CallError } from "../errors.js";
import type { Usage } from "../models/model.js";
import type { Reply } from "../steps/asking.js";
import { type RetryOptions, retrying } from "./retry.js";

/** Something to be asked, and how to read the answer. */
export interface Question<V extends AnswerValue, T> {
  /** Of exactly what is sent: see `answerKey`. */
  readonly key: string;
  readonly chatId?: string | undefined;
  call(signal: AbortSignal): Promise<{ value: V; usage?: Usage | undefined }>;
  /** Throws where the answer has the wrong shape. Deterministic: an answer is kept as it came, and read anew in each run. */
  read(value: V): T;
}

export interface AskOptions extends RetryOptions {
  answers: Answers;
  /** Under which name it is counted. */
  step: string;
  /** Ask again for what is known to fail. */
  retryFailed?: boolean | undefined;
  /** Waited for before a call that is paid for. To throw is to make none. */
  beforePaying?: (() => Promise<void>) | undefined;
}

/** An answer that was found. It fitted when it was kept: if something else is wanted of it now, asking the same again would not help. */
function kept<V, T>(value: V, read: (value: V) => T): Reply<T> {
  try {
    return { value: read(value) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { failure: { reason: "wrong shape", detail: `what is kept does not fit any more: ${detail}` }, final: true };
  }
}

/** How often a model may answer in the wrong shape before that is its answer. */
const SHAPE_ATTEMPTS = 3;

/**
 * The answer to a question: from the answers, else from a call, tried again as long as that makes sense. A failure is an answer too; only
 * what concerns all questions is thrown.
 *
 * @throws {CallError} That is fatal: wrong key, unknown model.
 * @throws {UnwritableAnswersError} If answers could not be kept: nothing is paid then.
 */
export async function ask<V extends AnswerValue, T>(
  { key, chatId, call, read }: Question<V, T>,
  { answers, step, retryFailed = false, beforePaying, ...retry }: AskOptions,
): Promise<Reply<T>> {
  let bought: { readonly value: V; readonly result: T } | undefined;
  const make = async () => {
    await beforePaying?.();
    for (let wrong = 1, calls = 0; ; wrong++) {
      const made = await retrying(call, retry);
      calls += made.attempts;
      if ("failure" in made) {
        const { reason, message } = made.failure;
        return { failure: { reason, detail: message }, attempts: calls };
      }
      const { value, usage } = made.value;
      const known = { attempts: calls, ...(usage && { usage }) };
      try {
        bought = { value, result: read(value) };
        return { value, ...known };
      } catch (error) {
        if (wrong < SHAPE_ATTEMPTS) continue;
        const detail = error instanceof Error ? error.message : String(error);
        return { failure: { reason: "wrong shape", detail }, ...known };
      }
    }
  };
  try {
    const answer = await answers.ask<V>({
      key,
      chatId,
      step,
      retryFailed,
      call: make,
    });
    if (answer.failure) return { failure: answer.failure, final: true };
    return bought?.value === answer.value ? { value: bought.result } : kept(answer.value, read);
  } catch (error) {
    if (!(error instanceof CallError) || error.kind === "fatal") throw error;
    return { failure: { reason: error.reason, detail: error.message }, final: false };
  }
}
