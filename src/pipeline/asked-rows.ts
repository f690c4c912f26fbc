import type { Reply } from "../steps/asking.js";
import { askAll } from "./ask-all.js";
import type { Failures } from "./failures.js";
import type { MakeContext } from "./run-step.js";

export interface AskedRowsOptions<I, R> {
  /** Questions at once. */
  concurrency: number;
  /** Names the row of an input that could not be made. */
  keyOf: (input: I) => string;
  ask: (input: I) => Promise<Reply<R>>;
  failures: Failures;
}

/**
 * The row of each input, in their order. Those that could not be made are left out, and told.
 *
 * @throws {TooManyFailuresError} If they are too many.
 */
export async function* askedRows<I, R>(
  inputs: Iterable<I> | AsyncIterable<I>,
  { concurrency, keyOf, ask, failures }: AskedRowsOptions<I, R>,
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
    failures.add({ key: keyOf(input), reason: detail ?? reason, final: output.final });
    onMissing(keyOf(input));
  }
  failures.end(done);
}
