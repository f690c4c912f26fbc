import { CallError, KuraError } from "../errors.js";
import type { OnWait } from "../models/model.js";

export interface RetryOptions {
  /** Calls at most, the first one included; 6. */
  attempts?: number | undefined;
  /** Before the second call, at most; doubled each time. */
  firstDelayMs?: number | undefined;
  maxDelayMs?: number | undefined;
  /** Of one call, two minutes from when it has its turn; then it counts as lost, and is tried again. */
  timeoutMs?: number | undefined;
  /** Begin no further call. One under way is waited for: it is paid for. */
  signal?: AbortSignal | undefined;
  onRetry?: ((error: CallError, delayMs: number) => void) | undefined;
}

/** What a call is given each time. */
export interface Attempt {
  readonly signal: AbortSignal;
  readonly onWait: OnWait;
}

/**
 * Call until it answers or would only fail again. Waits as long as the other side asked, else a random part of a delay that doubles ("full
 * jitter": of many callers that were turned away together, not all come back together).
 *
 * @param call Throws a `CallError` where it knows what happened; anything else it throws is taken for transient.
 * @returns What it came to, and how many calls that took.
 * @throws {CallError} The last one, if it is transient or fatal.
 */
export async function retrying<T>(
  call: (attempt: Attempt) => Promise<T>,
  { attempts = 6, firstDelayMs = 500, maxDelayMs = 60_000, timeoutMs = 120_000, signal, onRetry }: RetryOptions = {},
): Promise<{ value: T; attempts: number } | { failure: CallError; attempts: number }> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return { value: await withTimeout(call, timeoutMs), attempts: attempt };
    } catch (error) {
      const failure = asCallError(error);
      if (failure.kind === "final") return { failure, attempts: attempt };
      if (failure.kind === "fatal" || attempt >= attempts || signal?.aborted) throw failure;
      const ceiling = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
      const delayMs = failure.retryAfterMs ?? Math.random() * ceiling;
      onRetry?.(failure, delayMs);
      await pause(delayMs, signal);
      if (signal?.aborted) throw failure;
    }
  }
}

/** Whether the other questions would come to the same: a wrong key, a limit that is reached, answers that cannot be kept. */
export function concernsAll(error: unknown): boolean {
  return !(error instanceof CallError) || error.kind === "fatal";
}

/** @throws What is ours and no failure of the call: a limit that is reached, an answer that cannot be kept. */
function asCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  if (error instanceof KuraError) throw error;
  const message = error instanceof Error ? error.message : String(error);
  return new CallError("transient", "failed", message, { cause: error });
}

async function withTimeout<T>(call: (attempt: Attempt) => Promise<T>, timeoutMs: number): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  try {
    return await new Promise<T>((resolve, reject) => {
      const start = () => {
        if (isOver) return;
        clearTimeout(timer);
        timer = setTimeout(() => {
          const error = new CallError("transient", "timed out", `No answer came within ${timeoutMs} ms`);
          late.abort(error);
          reject(error);
        }, timeoutMs);
      };
      const onWait: OnWait = (turn) => {
        clearTimeout(timer);
        turn.then(start, () => {});
      };
      start();
      call({ signal: late.signal, onWait }).then(resolve, reject);
    });
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const pauses = signal && pausesOf(signal);
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      pauses?.delete(end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted) end();
    else pauses?.add(end);
  });
}

/** What ends the pauses of a signal: one listener for all of them, as Node warns its user of more than ten. */
const PAUSES = new WeakMap<AbortSignal, Set<() => void>>();

function pausesOf(signal: AbortSignal): Set<() => void> {
  const known = PAUSES.get(signal);
  if (known) return known;
  const pauses = new Set<() => void>();
  PAUSES.set(signal, pauses);
  const endAll = () => {
    for (const end of pauses) end();
  };
  signal.addEventListener("abort", endAll, { once: true });
  return pauses;
}
