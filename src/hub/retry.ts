import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What the Hub, and what stands before it, says when the same request may do later. */
export const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface RetryOptions {
  /** How often the same is tried; 6 by default, which waits 8 to 16 seconds in all. */
  attempts?: number | undefined;
  /** Before the second attempt, at most; twice as much before each further one. 500 by default. */
  retryBaseMs?: number | undefined;
  /** The longest that is waited because the Hub asks for it; 120,000 by default. */
  mostWaitMs?: number | undefined;
}

/** Whoever waits for longer wonders what for. */
export const LONG_WAIT_MS = 2_000;
const LONGEST_STEP_MS = 15_000;

/** Waits before attempts of one thing, longer and longer, and each by chance, so that many who failed together do not come together again. */
export class Backoff {
  readonly #attempts: number;
  readonly #baseMs: number;
  readonly #mostWaitMs: number;
  #failed = 0;

  constructor({ attempts = 6, retryBaseMs = 500, mostWaitMs = 120_000 }: RetryOptions = {}) {
    this.#attempts = attempts;
    this.#baseMs = retryBaseMs;
    this.#mostWaitMs = mostWaitMs;
  }

  /** Something was got: what fails next fails for the first time. */
  reset(): void {
    this.#failed = 0;
  }

  /**
   * Wait before trying again.
   *
   * @param askedMs What the other side asked for.
   * @param onWait Told for how long.
   * @returns false, at once, when it is not to be tried again.
   */
  async wait(
    askedMs: number | undefined,
    signal: AbortSignal | undefined,
    onWait?: (ms: number) => void,
  ): Promise<boolean> {
    if (++this.#failed >= this.#attempts || (askedMs ?? 0) > this.#mostWaitMs) return false;
    const step = Math.min(LONGEST_STEP_MS, this.#baseMs * 2 ** (this.#failed - 1));
    const ms = askedMs ?? step * (0.5 + Math.random() / 2);
    onWait?.(ms);
    await sleep(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
    return true;
  }
}

/** How long an answer asks to wait: `Retry-After` in seconds or as a date, or the Hub's own `RateLimit: "api";r=0;t=55`. */
export function askedWaitMs(headers: IncomingHttpHeaders, now = Date.now()): number | undefined {
  const after = headers["retry-after"];
  if (after !== undefined) {
    const ms = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
    if (Number.isFinite(ms)) return Math.max(0, ms);
  }
  const left = /;\s*r=0\s*;\s*t=(\d+)/.exec(String(headers["ratelimit"] ?? ""));
  return left ? Number(left[1]) * 1000 : undefined;
}
