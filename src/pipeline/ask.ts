import type { AnswerValue, Outcome } from "../checkpoints/answers/answer.js";
import type { Answers } from "../checkpoints/answers/answers.js";
import type { CallError } from "../errors.js";
import type { Usage } from "../models/model.js";
import type { Reply } from "../steps/asking.js";
import { type Attempt, concernsAll, type RetryOptions, retrying } from "./retry.js";

/** Something to be asked, and how to read the answer. */
export interface Question<V extends AnswerValue, T> {
  /** Of exactly what is sent: see `answerKey`. */
  readonly key: string;
  readonly chatId?: string | undefined;
  /** @throws {CallError} That is transient or fatal; nothing is kept then. */
  make(read: (value: V) => Promise<Reply<T>>): Promise<Outcome<V>>;
  /** Throws where the answer has the wrong shape. Deterministic: an answer is kept as it came, and read anew in each run. */
  read(value: V): T | Promise<T>;
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

/**
 * The answer to a question: from the answers, else made. A failure is an answer too; only what concerns all questions is thrown.
 *
 * @throws {CallError} That is fatal: wrong key, unknown model.
 * @throws {UnwritableAnswersError} If answers could not be kept: nothing is paid then.
 */
export async function ask<V extends AnswerValue, T>(
  { key, chatId, make, read }: Question<V, T>,
  { answers, step, retryFailed, beforePaying }: AskOptions,
): Promise<Reply<T>> {
  let bought: { readonly value: V; readonly reply: Reply<T> } | undefined;
  const readBought = async (value: V) => {
    bought = { value, reply: await replyOf(value, read) };
    return bought.reply;
  };
  const call = async () => {
    await beforePaying?.();
    return await make(readBought);
  };
  const isFailure = async (value: V) => (await replyOf(value, read)).failure !== undefined;
  try {
    const answer = await answers.ask<V>({ key, chatId, step, retryFailed, isFailure, call });
    if (answer.failure) return { failure: answer.failure, final: true };
    return bought?.value === answer.value ? bought.reply : await replyOf(answer.value, read);
  } catch (error) {
    if (concernsAll(error)) throw error;
    const { reason, message, cause } = error as CallError;
    return { failure: { reason, detail: message }, final: false, error: cause ?? error };
  }
}

/** What an answer reads as. Where it does not, asking the same again would not help. */
async function replyOf<V, T>(value: V, read: (value: V) => T | Promise<T>): Promise<Reply<T>> {
  try {
    return { value: await read(value) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { failure: { reason: "wrong shape", detail }, final: true };
  }
}

/** How often an answer may have the wrong shape before that is the answer. */
const SHAPE_ATTEMPTS = 3;

/** A call, which tells what it used as soon as that is known: it is paid for, whatever is made of the answer. */
export type PaidCall<V> = (attempt: Attempt & { readonly onUsage: (used: Usage | undefined) => void }) => Promise<V>;

/**
 * What a call comes to that is tried again as long as that makes sense, also where its answer does not read: the last one is kept all
 * the same, as it may read some day. Usage is that of all calls.
 *
 * @throws {CallError} The last one, if it is transient or fatal.
 */
export async function bought<V extends AnswerValue>(
  call: PaidCall<V>,
  read: (value: V) => Promise<Reply<unknown>>,
  options: RetryOptions,
): Promise<Outcome<V>> {
  let used: Usage | undefined;
  const onUsage = (more: Usage | undefined) => {
    used = sumOf(used, more);
  };
  for (let wrong = 1, calls = 0; ; wrong++) {
    const made = await retrying((attempt) => call({ ...attempt, onUsage }), options);
    calls += made.attempts;
    const known = { attempts: calls, ...(used && { usage: used }) };
    if ("failure" in made) {
      const { reason, message } = made.failure;
      return { failure: { reason, detail: message }, ...known };
    }
    const { value } = made;
    if (!(await read(value)).failure || wrong === SHAPE_ATTEMPTS) return { value, ...known };
  }
}

/** Where one says nothing of a kind of token, the other counts alone. */
function sumOf(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (!a || !b) return a ?? b;
  const sum = (x: number | undefined, y: number | undefined) => (x === undefined ? y : x + (y ?? 0));
  const inputTokens = sum(a.inputTokens, b.inputTokens);
  const outputTokens = sum(a.outputTokens, b.outputTokens);
  return { ...(inputTokens !== undefined && { inputTokens }), ...(outputTokens !== undefined && { outputTokens }) };
}
