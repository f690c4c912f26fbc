import { onUnheard } from "../checkpoints/listener.js";
import type { Reply } from "../steps/asking.js";
import { askAll } from "./ask-all.js";
import type { OnPipelineEvent } from "./event.js";
import type { Failures } from "./failures.js";
import type { MakeContext } from "./run-step.js";

export interface AskedRowsOptions<I, R> {
  /** Questions at once. */
  concurrency: number;
  /** Names the row of an input that could not be made. */
  keyOf: (input: I) => string;
  ask: (input: I) => Promise<Reply<R>>;
  failures: Failures;
  onEvent?: OnPipelineEvent | undefined;
}

/**
 * The row of each input, in their order. Those that could not be made are left out, and told: each to its step, and all of them in a warning.
 *
 * @throws {TooManyFailuresError} If they are too many.
 */
export async function* askedRows<I, R>(
  inputs: Iterable<I> | AsyncIterable<I>,
  { concurrency, keyOf, ask, failures, onEvent }: AskedRowsOptions<I, R>,
  { onProgress, onMissing, signal }: MakeContext,
): AsyncGenerator<R> {
  let done = 0;
  for await (const { input, output } of askAll(inputs, { concurrency, ask, signal })) {
    onProgress(++done);
    if (!output.failure) {
      yield output.value;
      continue;
    }
    const { reason, detail } = output.failure;
    failures.add({ key: keyOf(input), reason: detail ?? reason, final: output.final }, output.error);
    onMissing(keyOf(input));
  }
  failures.end(done);
  const message = failures.summary;
  if (message === undefined) return;
  (onEvent ?? onUnheard)({ type: "warning", code: "missing-rows", checkpoint: failures.step, message });
}
