import type { AsyncResource } from "node:async_hooks";
import type { Row } from "../../rows/column.js";
import { BatchedRows } from "../row-batches.js";
import type { Clock } from "./clock.js";
import { type Deferred, deferred } from "./deferred.js";

type Next = IteratorResult<Row[], undefined>;

/**
 * One pass over rows for several readers. The next batch is taken when all have asked for it: the slowest sets the pace, and memory is
 * one batch.
 */
export class SharedRows {
  readonly #source: AsyncIterator<Row[]>;
  /** The clock of each reader runs while it has rows to deal with. */
  readonly #readers = new Set<Clock>();
  readonly #waiting = new Map<Clock, Deferred<Next>>();
  #scope: AsyncResource | undefined;
  #end: Next | undefined;
  /** What the source threw. */
  failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Row[]>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Rows for one more reader; before the first are taken. */
  join(clock: Clock): BatchedRows {
    this.#readers.add(clock);
    const next = () => this.#next(clock);
    return new BatchedRows(async function* () {
      for (let result = await next(); !result.done; result = await next()) yield result.value;
    });
  }

  /** It takes no more rows; where it waits for some, that ends with `reason`. */
  leave(clock: Clock, reason: unknown): void {
    this.#readers.delete(clock);
    this.#waiting.get(clock)?.reject(reason);
    this.#waiting.delete(clock);
    this.#takeNext();
  }

  /** @param scope In which the source's code runs: it may then not write what is being written. */
  start(scope: AsyncResource): void {
    this.#scope = scope;
    this.#takeNext();
  }

  /** Nobody wants more. The source is not waited for: it may be stuck. */
  close(): void {
    Promise.resolve(this.#source.return?.()).catch(() => {});
  }

  async #next(clock: Clock): Promise<Next> {
    if (this.failure) throw this.failure.error;
    if (this.#end) return this.#end;
    clock.stop();
    const next = deferred<Next>();
    this.#waiting.set(clock, next);
    this.#takeNext();
    try {
      return await next.promise;
    } finally {
      clock.start();
    }
  }

  #takeNext(): void {
    if (!this.#scope || this.#waiting.size === 0 || this.#waiting.size < this.#readers.size) return;
    const waiting = [...this.#waiting];
    // Until it has come nobody is waiting, so that it is taken once.
    this.#waiting.clear();
    this.#scope
      .runInAsyncScope(() => this.#source.next())
      .then(
        (result) => {
          if (result.done) this.#end = { done: true, value: undefined };
          for (const [, { resolve }] of waiting) resolve(this.#end ?? (result as Next));
        },
        (error: unknown) => {
          this.failure = { error };
          for (const [, { reject }] of waiting) reject(error);
        },
      );
  }
}
