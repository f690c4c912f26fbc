/** How many answers may wait for one that is slow, as a multiple of the calls in flight: memory for not standing idle. */
const AHEAD = 8;

export interface AskAllOptions<I, O> {
  /** Calls in flight at most. */
  concurrency: number;
  ask: (input: I) => Promise<O>;
  /** Begin nothing more; what is in flight is waited for, as it is paid for. */
  signal?: AbortSignal | undefined;
}

/**
 * Ask for every input, several at a time, and give the answers in the order of the inputs. Inputs are taken as they are needed; memory is
 * what is in flight and what waits for a slower one before it.
 *
 * @throws What the first failing `ask` threw, or the reason of `signal`, when nothing is in flight any more.
 */
export async function* askAll<I, O>(
  inputs: Iterable<I> | AsyncIterable<I>,
  { concurrency, ask, signal }: AskAllOptions<I, O>,
): AsyncGenerator<{ input: I; output: O }> {
  const iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  const answered = new Map<number, { input: I; output: O }>();
  const news = new Signal();
  let begun = 0;
  let given = 0;
  let inFlight = 0;
  let isEnded = false;
  let trouble: { error: unknown } | undefined;

  const begin = (input: I) => {
    const index = begun++;
    const end = () => {
      inFlight--;
      news.tell();
    };
    inFlight++;
    ask(input).then(
      (output) => {
        answered.set(index, { input, output });
        end();
      },
      (error: unknown) => {
        trouble ??= { error };
        end();
      },
    );
  };
  const isOver = () => isEnded || trouble !== undefined || signal?.aborted === true;
  const beginAll = async () => {
    while (!isOver()) {
      if (inFlight >= concurrency || begun - given >= concurrency * AHEAD) {
        await news.next();
        continue;
      }
      const next = await iterator.next();
      if (next.done) return;
      if (!isOver()) begin(next.value);
    }
  };
  const onAbort = () => news.tell();
  signal?.addEventListener("abort", onAbort, { once: true });
  const allBegun = beginAll()
    .catch((error: unknown) => {
      trouble ??= { error };
    })
    .finally(() => {
      isEnded = true;
      news.tell();
    });
  try {
    for (;;) {
      const next = answered.get(given);
      if (next && !trouble && !signal?.aborted) {
        answered.delete(given++);
        news.tell();
        yield next;
      } else if (!isEnded || inFlight > 0) {
        await news.next();
      } else {
        if (trouble) throw trouble.error;
        signal?.throwIfAborted();
        return;
      }
    }
  } finally {
    isEnded = true;
    news.tell();
    await allBegun;
    while (inFlight > 0) await news.next();
    signal?.removeEventListener("abort", onAbort);
    await iterator.return?.();
  }
}

/** Something has happened: all who wait look again. */
class Signal {
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
