import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CallError } from "../../src/errors.js";
import { type Limits, withLimits } from "../../src/models/limits.js";
import type { EmbeddingModel, TextModel, Usage } from "../../src/models/model.js";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const busy = (retryAfterMs?: number) => new CallError("transient", "busy", "busy", { retryAfterMs });

/** A model whose calls take `takesMs`, and what was seen of them. */
function model(
  takesMs: number,
  { usage, fails }: { usage?: Usage; fails?: (call: number) => CallError | undefined } = {},
) {
  const startedAt: number[] = [];
  const seen = { startedAt, running: 0, most: 0 };
  const text: TextModel = {
    id: "m",
    async generate({ prompt }) {
      const call = startedAt.push(Date.now());
      const error = fails?.(call);
      seen.most = Math.max(seen.most, ++seen.running);
      await new Promise((resolve) => setTimeout(resolve, takesMs));
      seen.running--;
      if (error) throw error;
      return { text: prompt, finish: "stop", ...(usage && { usage }) };
    },
  };
  return { text, seen };
}

/** Ask so often at once; what was thrown is returned. */
function askMany(limited: TextModel, count: number, prompt = "p"): Promise<unknown[]> {
  const calls = Array.from({ length: count }, () =>
    limited.generate({ prompt, schema: {} }).catch((error: unknown) => error),
  );
  return Promise.all(calls);
}

async function run(limits: Limits, count: number, made: ReturnType<typeof model>, prompt?: string): Promise<number[]> {
  const done = askMany(withLimits(made.text, limits), count, prompt);
  await vi.runAllTimersAsync();
  await done;
  return made.seen.startedAt;
}

describe("withLimits", () => {
  it("makes so many calls at once, in their order", async () => {
    const made = model(10);
    expect(await run({ concurrency: 3 }, 7, made)).toEqual([0, 0, 0, 10, 10, 10, 20]);
    expect(made.seen.most).toBe(3);
  });

  it("makes so many calls a minute, evenly", async () => {
    const started = await run({ requestsPerMinute: 120 }, 6, model(10));
    expect(started).toEqual([0, 0, 500, 1000, 1500, 2000]);
  });

  it("sends so many tokens a minute, by the length of what is sent", async () => {
    // 400 characters are 100 tokens; 6,000 a minute are 100 a second.
    const started = await run({ tokensPerMinute: 6_000 }, 4, model(10), "x".repeat(400));
    expect(started).toEqual([0, 1000, 2000, 3000]);
  });

  it("corrects what a call was thought to need by what it used", async () => {
    const usage = { inputTokens: 100, outputTokens: 100 };
    const started = await run({ tokensPerMinute: 6_000, concurrency: 1 }, 3, model(0, { usage }), "x".repeat(400));
    expect(started).toEqual([0, 2000, 4000]);
  });

  it("lets a call through that needs more than a minute holds, and makes the next one wait for it", async () => {
    const started = await run({ tokensPerMinute: 60 }, 2, model(0), "x".repeat(480));
    expect(started).toEqual([0, 120_000]);
  });

  it("waits as long as the other side asked, and makes half as many calls then", async () => {
    const made = model(10, { fails: (call) => (call <= 8 ? busy(5_000) : undefined) });
    const started = await run({ concurrency: 8 }, 16, made);
    expect(started.slice(0, 8)).toEqual(Array(8).fill(0));
    // All eight came of one crowd: it is halved once.
    expect(started.slice(8, 12)).toEqual(Array(4).fill(5010));
    expect(started[12]).toBeGreaterThan(5010);
  });

  it("halves again when that was still too many, down to one, and waits a second where nothing was asked", async () => {
    const made = model(0, { fails: (call) => (call <= 40 ? busy() : undefined) });
    const limited = withLimits(made.text, { concurrency: 8 });
    for (let round = 0; round < 5; round++) {
      const asked = askMany(limited, 8);
      await vi.runAllTimersAsync();
      await asked;
    }
    const before = made.seen.startedAt.length;
    made.seen.most = 0;
    const asked = askMany(limited, 1);
    await vi.runAllTimersAsync();
    expect(await asked).toHaveLength(1);
    expect(made.seen.startedAt[before]! - made.seen.startedAt[before - 1]!).toBeGreaterThanOrEqual(1_000);
    expect(made.seen.most).toBe(1);
  });

  it("recovers by one with each round of calls that succeed", async () => {
    const made = model(10, { fails: (call) => (call <= 4 ? busy(0) : undefined) });
    const limited = withLimits(made.text, { concurrency: 4 });
    const first = askMany(limited, 4);
    await vi.runAllTimersAsync();
    await first;
    const mostOf = async (count: number) => {
      made.seen.most = 0;
      const asked = askMany(limited, count);
      await vi.runAllTimersAsync();
      await asked;
      return made.seen.most;
    };
    expect(await mostOf(2)).toBe(2);
    expect(await mostOf(3)).toBe(3);
    expect(await mostOf(100)).toBe(4);
  });

  it("is not slowed down by other failures", async () => {
    const made = model(10, { fails: () => new CallError("transient", "server error", "x") });
    expect(await run({ concurrency: 2 }, 4, made)).toEqual([0, 0, 10, 10]);
  });

  it("does not make a call that is called off while it waits, and goes on with the next", async () => {
    const made = model(10);
    const limited = withLimits(made.text, { concurrency: 1 });
    const stop = new AbortController();
    const first = limited.generate({ prompt: "1", schema: {} });
    const second = limited.generate({ prompt: "2", schema: {}, signal: stop.signal });
    const third = limited.generate({ prompt: "3", schema: {} });
    const thrown = expect(second).rejects.toBe("enough");
    stop.abort("enough");
    await vi.runAllTimersAsync();
    await thrown;
    expect([(await first).text, (await third).text]).toEqual(["1", "3"]);
    expect(made.seen.startedAt).toEqual([0, 10]);
  });

  it("lets the next call go at once when the one that kept it waiting is called off", async () => {
    const made = model(0);
    const limited = withLimits(made.text, { tokensPerMinute: 6_000 });
    const stop = new AbortController();
    const first = limited.generate({ prompt: "x".repeat(200), schema: {} });
    await vi.advanceTimersByTimeAsync(0);
    await first;
    const large = expect(limited.generate({ prompt: "x".repeat(400), schema: {}, signal: stop.signal })).rejects.toBe(
      "enough",
    );
    const small = limited.generate({ prompt: "x".repeat(40), schema: {} });
    stop.abort("enough");
    await large;
    await vi.advanceTimersByTimeAsync(0);
    expect(made.seen.startedAt).toEqual([0, 0]);
    await small;
  });

  it("limits an embedding model, and keeps all else of it", async () => {
    const started: number[] = [];
    const embedding: EmbeddingModel = {
      id: "e",
      textsPerCall: 3,
      embed: async (texts) => {
        started.push(Date.now());
        return { vectors: texts.map(() => Float32Array.of(1)) };
      },
    };
    const limited = withLimits(embedding, { requestsPerMinute: 60 });
    expect(limited).toMatchObject({ id: "e", textsPerCall: 3 });
    const asked = Promise.all([limited.embed(["a"]), limited.embed(["b"])]);
    await vi.runAllTimersAsync();
    await asked;
    expect(started).toEqual([0, 1000]);
  });

  it.each([{ concurrency: 0 }, { requestsPerMinute: Number.NaN }, { tokensPerMinute: -1 }])("refuses %j", (limits) => {
    expect(() => withLimits(model(0).text, limits)).toThrow(RangeError);
  });
});
