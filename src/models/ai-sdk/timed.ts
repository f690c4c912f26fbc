import { CallError } from "../../errors.js";

/**
 * A call that ends when it is told to or when its time is up.
 *
 * @throws {CallError} That is transient, when its time is up.
 * @throws The reason of `signal`.
 */
export async function timed<T>(
  call: (signal: AbortSignal) => PromiseLike<T>,
  { timeoutMs, signal, id }: { timeoutMs: number; signal: AbortSignal | undefined; id: string },
): Promise<T> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const end = () => ending.abort(signal?.reason);
  signal?.addEventListener("abort", end, { once: true });
  const timer = setTimeout(() => {
    const late = `Cannot get an answer of ${id}: none came within ${timeoutMs} ms`;
    ending.abort(new CallError("transient", "timed out", late));
  }, timeoutMs);
  try {
    return await call(ending.signal);
  } catch (error) {
    if (ending.signal.aborted) throw ending.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}
