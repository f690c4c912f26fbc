import { CallError } from "../errors.js";
import type { EmbeddingModel, OnWait, TextModel, Usage } from "./model.js";

export interface Limits {
  /** Calls at once, at most; 50. Fewer where the other side says that it is busy. */
  concurrency?: number | undefined;
  /** Spread over the minute, so that a burst does not use it up at once. */
  requestsPerMinute?: number | undefined;
  /** In and out. A call is taken to need a token for four characters of what is sent, until it says what it used. */
  tokensPerMinute?: number | undefined;
}

/**
 * A model that is called no more often than its provider takes. When it says that it is busy (429, overloaded), half as many calls are made at
 * once, and none before the time it asked for is over; with every round of calls that succeed it is one more again. Calls begin in the order
 * in which they were asked for. Models that share their limits share a `Limiter`.
 *
 * @throws {RangeError} If a limit is no number >= 1.
 */
export function withLimits(model: TextModel, limits?: Limits | Limiter): TextModel;
export function withLimits(model: EmbeddingModel, limits?: Limits | Limiter): EmbeddingModel;
export function withLimits(
  model: TextModel | EmbeddingModel,
  limits: Limits | Limiter = {},
): TextModel | EmbeddingModel {
  const limiter = limits instanceof Limiter ? limits : new Limiter(limits);
  const { id, ready } = model;
  // An ability that the model lacks stays lacking.
  const shared = { id, ...(ready && { ready: () => ready.call(model) }) };
  if ("generate" in model)
    return { ...shared, generate: (call) => limiter.run(call.prompt.length, call, () => model.generate(call)) };
  const { fit, restore, textsPerCall } = model;
  return {
    ...shared,
    ...(textsPerCall !== undefined && { textsPerCall }),
    ...(fit && { fit: (texts) => fit.call(model, texts) }),
    ...(restore && { restore: (state) => restore.call(model, state) }),
    embed: (texts, options) => limiter.run(charsOf(texts), options, () => model.embed(texts, options)),
  };
}

function charsOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

const CHARS_PER_TOKEN = 4;
const MINUTE_MS = 60_000;
/** A bucket that starts full lets this part of a minute's calls through at once. */
const BURST = 1 / 60;
/** What to wait when the other side is busy and does not say how long. */
const BUSY_MS = 1_000;

interface Waiting {
  readonly tokens: number;
  readonly start: () => void;
}

/** How a call waits. */
interface Waits {
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: OnWait | undefined;
}

/** Who may call now, and who waits. */
export class Limiter {
  readonly #most: number;
  readonly #requests: Bucket | undefined;
  readonly #tokens: Bucket | undefined;
  readonly #waiting: Waiting[] = [];
  #allowed: number;
  #running = 0;
  #succeeded = 0;
  #pausedUntil = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @throws {RangeError} If a limit is no number >= 1. */
  constructor({ concurrency = 50, requestsPerMinute, tokensPerMinute }: Limits) {
    for (const [name, value] of Object.entries({ concurrency, requestsPerMinute, tokensPerMinute })) {
      if (value !== undefined && !(value >= 1))
        throw new RangeError(`Cannot use ${value} as ${name}: a number >= 1 is needed`);
    }
    this.#most = Math.floor(concurrency);
    this.#allowed = this.#most;
    this.#requests = requestsPerMinute === undefined ? undefined : new Bucket(requestsPerMinute);
    this.#tokens = tokensPerMinute === undefined ? undefined : new Bucket(tokensPerMinute);
  }

  async run<T extends { usage?: Usage }>(
    chars: number,
    waiting: Waits | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    const tokens = Math.ceil(chars / CHARS_PER_TOKEN);
    await this.#enter(tokens, waiting);
    const startedAt = Date.now();
    try {
      const answer = await call();
      this.#grow();
      const { inputTokens, outputTokens = 0 } = answer.usage ?? {};
      if (inputTokens !== undefined) this.#tokens?.take(inputTokens + outputTokens - tokens);
      return answer;
    } catch (error) {
      if (error instanceof CallError && error.reason === "busy") this.#halve(startedAt, error.retryAfterMs);
      throw error;
    } finally {
      this.#running--;
      this.#admit();
    }
  }

  #enter(tokens: number, { signal, onWait }: Waits = {}): Promise<void> {
    let isIn = false;
    const turn = new Promise<void>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal!.reason);
        this.#admit();
      };
      const start = () => {
        isIn = true;
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const waiting = { tokens, start };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#admit();
    });
    if (!isIn) onWait?.(turn);
    return turn;
  }

  /** Let in who may go; if time alone keeps the next one waiting, look again when it is over. */
  #admit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0 && this.#running < this.#allowed) {
      const [next] = this.#waiting;
      const waitMs = Math.max(
        this.#pausedUntil - Date.now(),
        this.#requests?.waitMs(1) ?? 0,
        this.#tokens?.waitMs(next!.tokens) ?? 0,
      );
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#admit(), Math.ceil(waitMs));
        return;
      }
      this.#requests?.take(1);
      this.#tokens?.take(next!.tokens);
      this.#running++;
      this.#waiting.shift();
      next!.start();
    }
  }

  /** Calls that began before the last time were turned away by the same crowd: they do not count again. */
  #halve(startedAt: number, retryAfterMs: number | undefined): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + (retryAfterMs ?? BUSY_MS));
    if (startedAt < this.#halvedAt) return;
    this.#halvedAt = Date.now();
    this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
    this.#succeeded = 0;
  }

  #grow(): void {
    if (this.#allowed >= this.#most || ++this.#succeeded < this.#allowed) return;
    this.#allowed++;
    this.#succeeded = 0;
  }
}

/** Fills evenly; may be overdrawn by a call that needs more than it holds, which the next ones then wait for. */
class Bucket {
  readonly #perMs: number;
  readonly #size: number;
  #level: number;
  #at = Date.now();

  constructor(perMinute: number) {
    this.#perMs = perMinute / MINUTE_MS;
    this.#size = Math.max(1, perMinute * BURST);
    this.#level = this.#size;
  }

  /** Until so much may be taken; what it can never hold may be taken when it is full. */
  waitMs(amount: number): number {
    this.#fill();
    return Math.max(0, Math.min(amount, this.#size) - this.#level) / this.#perMs;
  }

  take(amount: number): void {
    this.#fill();
    this.#level = Math.min(this.#size, this.#level - amount);
  }

  #fill(): void {
    const now = Date.now();
    this.#level = Math.min(this.#size, this.#level + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
