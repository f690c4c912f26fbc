import { callErrorOf } from "./call-error.js";

/**
 * Let a provider's package make a request up to the point where it would be sent: what it lacks, such as its key, it says before that.
 *
 * @param call Of a model that sends by our `Secrets.fetch`, which sends nothing once its signal is aborted.
 * @throws {CallError} That is fatal: no key, no setting.
 */
export async function assertCallable(
  call: (signal: AbortSignal) => PromiseLike<unknown>,
  id: string,
  redact: (text: string) => string,
): Promise<void> {
  try {
    await call(AbortSignal.abort());
  } catch (error) {
    const failure = callErrorOf(error, id, redact);
    // All else is no matter before there is a question.
    if (failure.kind === "fatal") throw failure;
  }
}
