import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BudgetError, CallError } from "../../src/errors.js";
import { askAll } from "../../src/pipeline/ask-all.js";
import { Batcher } from "../../src/pipeline/batcher.js";
import { Budget } from "../../src/pipeline/budget.js";
import { type Attempt, retrying } from "../../src/pipeline/retry.js";
import { seededRandom } from "../support/random.js";

afterEach(() => {
  vi.useRealTimers();
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

async function outputs<I, O>(answers: AsyncIterable<{ input: I; output: O }>): Promise<O[]> {
  const all: O[] = [];
  for await (const { output } of answers) all.push(output);
  return all;
}

describe("askAll()", () => {
  it("keeps the order of the inputs, and never has more in flight than it may", async () => {
    const random = seededRandom(3);
    let inFlight = 0;
    let most = 0;
    const ask = async (n: number) => {
      most = Math.max(most, ++inFlight);
      await sleep(random() * 4);
      inFlight--;
      return n * 2;
    };
    expect(await outputs(askAll(numbers(200), { concurrency: 7, ask }))).toEqual(numbers(200).map((n) => n * 2));
    expect(most).toBe(7);
  });

  it("takes no more inputs than it needs while one answer is slow", async () => {
    let taken = 0;
    function* inputs() {
      for (;;) yield taken++;
    }
    const answers = askAll(inputs(), {
      concurrency: 4,
      ask: (n) => (n === 0 ? new Promise<number>(() => {}) : Promise.resolve(n)),
    });
    void answers.next();
    await sleep(30);
    expect(taken).toBeLessThanOrEqual(4 * 8 + 4);
  });

  it("throws the first failure when nothing is in flight any more, and begins nothing after it", async () => {
    let finished = 0;
    let begun = 0;
    const ask = async (n: number) => {
      begun++;
      await sleep(n === 3 ? 1 : 15);
      if (n === 3) throw new Error("no");
      finished++;
    };
    await expect(outputs(askAll(numbers(100), { concurrency: 5, ask }))).rejects.toThrow("no");
    expect(finished).toBe(begun - 1);
    expect(begun).toBeLessThanOrEqual(5);
  });

  it("waits for what is in flight when it is told to stop, and then says why it stopped", async () => {
    const stop = new AbortController();
    let finished = 0;
    let begun = 0;
    const ask = async () => {
      if (++begun === 10) stop.abort(new Error("Ctrl-C"));
      await sleep(5);
      finished++;
    };
    await expect(outputs(askAll(numbers(100), { concurrency: 4, ask, signal: stop.signal }))).rejects.toThrow("Ctrl-C");
    expect(finished).toBe(begun);
    expect(begun).toBeLessThanOrEqual(13);
  });

  it("ends its inputs when whoever reads leaves early", async () => {
    let isClosed = false;
    async function* inputs() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        isClosed = true;
      }
    }
    for await (const { input } of askAll(inputs(), { concurrency: 3, ask: async (n) => n })) if (input === 5) break;
    expect(isClosed).toBe(true);
  });

  it("throws what its inputs throw", async () => {
    function* inputs() {
      yield 1;
      throw new Error("torn input");
    }
    await expect(outputs(askAll(inputs(), { concurrency: 2, ask: async (n) => n }))).rejects.toThrow("torn input");
  });
});

describe("retrying()", () => {
  it("listens to a signal once, however many calls wait to be tried again, and ends all of them when it aborts", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let waiting = 0;
    const busy = async () => {
      throw new CallError("transient", "busy", "Busy", { retryAfterMs: 60_000 });
    };
    const all = numbers(20).map(() => retrying(busy, { signal, onRetry: () => waiting++ }));
    const ended = Promise.allSettled(all);
    await vi.waitFor(() => expect(waiting).toBe(20));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort();
    expect(new Set((await ended).map(({ status }) => status))).toEqual(new Set(["rejected"]));
  });

  it("tries again what is transient, waits as long as it was asked to, and counts", async () => {
    vi.useFakeTimers();
    const delays: number[] = [];
    let calls = 0;
    const call = async () => {
      if (++calls < 4) throw new CallError("transient", "busy", "Busy", calls === 2 ? { retryAfterMs: 7000 } : {});
      return "answer";
    };
    const done = retrying(call, { onRetry: (_, delayMs) => delays.push(delayMs) });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await done).toEqual({ value: "answer", attempts: 4 });
    expect(delays[1]).toBe(7000);
    expect(delays[0]).toBeLessThanOrEqual(500);
    expect(delays[2]).toBeLessThanOrEqual(2000);
  });

  it("gives back what is final at once, and throws what is fatal, or transient too often", async () => {
    const failing = (kind: CallError["kind"]) =>
      vi.fn(async () => Promise.reject(new CallError(kind, "why", "because")));
    const final = failing("final");
    expect(await retrying(final)).toMatchObject({ failure: { reason: "why" }, attempts: 1 });
    await expect(retrying(failing("fatal"))).rejects.toMatchObject({ kind: "fatal" });
    const transient = failing("transient");
    await expect(retrying(transient, { attempts: 3, firstDelayMs: 1 })).rejects.toMatchObject({ kind: "transient" });
    expect(transient).toHaveBeenCalledTimes(3);
  });

  it("takes a call that gives no answer in time for lost", async () => {
    const call = vi.fn(
      ({ signal }: Attempt) =>
        new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await expect(retrying(call, { attempts: 2, timeoutMs: 5, firstDelayMs: 1 })).rejects.toMatchObject({
      reason: "timed out",
    });
    expect(call).toHaveBeenCalledTimes(2);
  });

  it("begins no call after it was told to stop", async () => {
    const stop = new AbortController();
    const call = vi.fn(async () => {
      setTimeout(() => stop.abort(), 5);
      throw new CallError("transient", "busy", "Busy", { retryAfterMs: 60_000 });
    });
    await expect(retrying(call, { signal: stop.signal })).rejects.toMatchObject({ reason: "busy" });
    expect(call).toHaveBeenCalledTimes(1);
  });
});

describe("Batcher", () => {
  it("puts what is asked together into full calls, and gives each its own answer", async () => {
    const sizes: number[] = [];
    const batcher = new Batcher<number, number>(8, async (inputs) => {
      sizes.push(inputs.length);
      return inputs.map((n) => n + 1);
    });
    expect(await Promise.all(numbers(20).map((n) => batcher.load(n)))).toEqual(numbers(20).map((n) => n + 1));
    expect(sizes).toEqual([8, 8, 4]);
  });

  it("halves a batch that fails for good, until only the bad input fails", async () => {
    const batcher = new Batcher<number, number>(16, async (inputs) => {
      if (inputs.includes(11)) throw new CallError("final", "too long", "Too long");
      return [...inputs];
    });
    const results = await Promise.allSettled(numbers(16).map((n) => batcher.load(n)));
    expect(results.flatMap(({ status }, n) => (status === "rejected" ? [n] : []))).toEqual([11]);
  });

  it("fails whoever waits when the call fails, and when too few answers come", async () => {
    const busy = new Batcher<number, number>(4, async () => Promise.reject(new CallError("transient", "busy", "Busy")));
    await expect(Promise.all([busy.load(1), busy.load(2)])).rejects.toMatchObject({ reason: "busy" });
    const short = new Batcher<number, number>(4, async (inputs) => (inputs.length > 1 ? [1] : []));
    await expect(short.load(1)).rejects.toMatchObject({ reason: "wrong count" });
  });
});

describe("Budget", () => {
  const priceOf = (model: string) => (model === "known" ? { input: 1, output: 10 } : undefined);

  it("counts what was used, and refuses the call that could cost more than is left", () => {
    const budget = new Budget(0.00003, priceOf);
    const expected = { inputTokens: 10, outputTokens: 1 };
    const settle = budget.reserve("known", expected);
    expect(() => budget.reserve("known", expected)).toThrow(BudgetError);
    settle({ inputTokens: 5, outputTokens: 0 });
    expect(budget.spent).toBeCloseTo(5e-6);
    budget.reserve("known", expected)(undefined);
    expect(budget.spent).toBeCloseTo(25e-6);
  });

  it("keeps no limit for a model without a known price, and says so", () => {
    expect(() => new Budget(1, priceOf).reserve("other", {})).toThrow(/no price is known for other/);
    new Budget(Number.POSITIVE_INFINITY, priceOf).reserve("other", {})(undefined);
    expect(() => new Budget(-1, priceOf)).toThrow(RangeError);
  });
});
