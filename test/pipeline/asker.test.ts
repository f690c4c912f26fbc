import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { Answers } from "../../src/checkpoints/answers/answers.js";
import { CallError } from "../../src/errors.js";
import { withLimits } from "../../src/models/limits.js";
import type { EmbeddingModel, TextModel } from "../../src/models/model.js";
import { type AskerOptions, textAsker, vectorAsker } from "../../src/pipeline/asker.js";
import { Budget } from "../../src/pipeline/budget.js";
import { MemoryStorage } from "../../src/storage/memory.js";

let answers: Answers;
let options: AskerOptions;
beforeEach(async () => {
  answers = new Answers(await AnswerStore.open(new MemoryStorage()));
  options = { answers, step: "s", concurrency: 2, firstDelayMs: 1 };
});
afterEach(() => {
  vi.useRealTimers();
});

type Made = Awaited<ReturnType<TextModel["generate"]>>;

/** Answers one after the other, each for 100 tokens and 10. */
function teller(...texts: (Partial<Made> | CallError)[]): TextModel {
  let call = 0;
  return {
    id: "teller",
    async generate() {
      const next = texts[call++]!;
      if (next instanceof CallError) throw next;
      return { text: "{}", finish: "stop", usage: { inputTokens: 100, outputTokens: 10 }, ...next };
    },
  };
}

const question = (prompt = "?") => ({
  prompt: () => prompt,
  schema: {},
  read: (text: string) => JSON.parse(text) as unknown,
});

describe("what is paid for", () => {
  it("is every call of an answer, also those whose answer did not read", async () => {
    const ask = textAsker(teller({ text: "no" }, { text: "no" }, { text: "1" }), options);
    expect(await ask(question())).toEqual({ value: 1 });
    expect(answers.tally("s")).toMatchObject({ paid: 1, inputTokens: 300, outputTokens: 30 });
  });

  it("is counted where no answer reads, and where the model refuses or is cut off", async () => {
    const all = [{ text: "no" }, { text: "no" }, { text: "no" }, { finish: "refused" }, { finish: "length" }] as const;
    const ask = textAsker(teller(...all), options);
    const failures = [await ask(question("a")), await ask(question("b")), await ask(question("c"))];
    expect(failures.map(({ failure }) => failure?.reason)).toEqual(["wrong shape", "refused", "cut off"]);
    expect(answers.tally("s")).toMatchObject({ paid: 3, inputTokens: 500, outputTokens: 50 });
  });

  it("is what is known of it: a provider that counts one kind of token only, or that says nothing once", async () => {
    const { generate } = teller({ text: "no", usage: { inputTokens: 7 } }, { text: "no" }, { text: "1" });
    const silent = { id: "silent", generate: async (call: never) => ({ ...(await generate(call)) }) };
    await textAsker(silent, options)(question());
    expect(answers.tally("s")).toMatchObject({ inputTokens: 207, outputTokens: 20 });
    const said = { text: "1", finish: "stop" } as const;
    await textAsker({ id: "says nothing", generate: async () => said }, options)(question());
    expect(answers.tally("s")).toMatchObject({ paid: 2, inputTokens: 207, outputTokens: 20 });
  });

  it("is counted alike for the step and for the budget where no answer came of it in the end", async () => {
    const price = { input: 1e6, output: 0 };
    const budget = new Budget(Number.POSITIVE_INFINITY, () => price);
    const busy = new CallError("transient", "busy", "Busy");
    const used = new CallError("transient", "empty", "Empty", { usage: { inputTokens: 30, outputTokens: 1 } });
    const ask = textAsker(teller({ text: "no" }, used, busy), { ...options, budget, attempts: 2 });
    expect(await ask(question())).toMatchObject({ failure: { reason: "busy" }, final: false });
    expect(answers.tally("s")).toMatchObject({ paid: 0, inputTokens: 130, outputTokens: 11 });
    // Of the one that says nothing it has to assume what it expected: a question of one character.
    expect(budget.spent).toBe(130 + 1);
  });

  it("is counted where a model answers with too few vectors", async () => {
    const budget = new Budget(Number.POSITIVE_INFINITY, () => ({ input: 1e6, output: 0 }));
    const mean: EmbeddingModel = {
      id: "mean",
      textsPerCall: 4,
      async embed(texts) {
        const usage = { inputTokens: 10 * texts.length };
        if (texts.length > 1) throw new CallError("final", "wrong count", "One vector came", { usage });
        return { vectors: [Float32Array.of(1)], usage };
      },
    };
    const ask = vectorAsker(mean, { ...options, budget });
    const replies = await Promise.all(["a", "b", "c", "d"].map((text) => ask(text)));
    expect(replies.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined, undefined]);
    expect(answers.tally("s")).toMatchObject({ paid: 4, inputTokens: 40 + 2 * 20 + 4 * 10 });
    expect(budget.spent).toBe(answers.tally("s").inputTokens);
  });
});

describe("a call's time", () => {
  it("does not run while it waits for its turn", async () => {
    vi.useFakeTimers({ now: 0 });
    const model = teller(...Array.from({ length: 8 }, () => ({ text: "1" })));
    // A call a minute: the last one waits for seven.
    const limited = withLimits(model, { requestsPerMinute: 1 });
    const ask = textAsker(limited, { ...options, concurrency: 8, timeoutMs: 1_000 });
    const replies = Promise.all("abcdefgh".split("").map((prompt) => ask(question(prompt))));
    await vi.runAllTimersAsync();
    expect(await replies).toEqual(Array.from({ length: 8 }, () => ({ value: 1 })));
    expect(Date.now()).toBeGreaterThanOrEqual(7 * 60_000);
  });

  it("runs from its turn on", async () => {
    vi.useFakeTimers({ now: 0 });
    const silent: TextModel = { id: "silent", generate: () => new Promise(() => {}) };
    const limited = withLimits(silent, { concurrency: 1 });
    const ask = textAsker(limited, { ...options, timeoutMs: 1_000, attempts: 1 });
    const reply = ask(question());
    await vi.runAllTimersAsync();
    expect(await reply).toMatchObject({ failure: { reason: "timed out" }, final: false });
  });
});

describe("calls", () => {
  it("go on while an answer is made durable, but not far", async () => {
    const events: string[] = [];
    const store = await AnswerStore.open(new MemoryStorage());
    const put = store.put.bind(store);
    let letGo = () => {};
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    vi.spyOn(store, "put").mockImplementation(async (answer) => {
      await stuck;
      await put(answer);
    });
    const model: TextModel = {
      id: "m",
      async generate({ prompt }) {
        events.push(prompt);
        return { text: "1", finish: "stop" };
      },
    };
    const ask = textAsker(model, { ...options, answers: new Answers(store), concurrency: 1 });
    const replies = Promise.all(["a", "b", "c"].map((prompt) => ask(question(prompt))));
    await vi.waitFor(() => expect(events).toEqual(["a", "b"]));
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Of answers that are not durable there are no more than two calls: one is made, and one is being made.
    expect(events).toEqual(["a", "b"]);
    letGo();
    expect(await replies).toHaveLength(3);
    expect(events).toEqual(["a", "b", "c"]);
  });

  it("have a text when it is their turn: of many questions few are rendered at once", async () => {
    let [rendered, answered, most] = [0, 0, 0];
    const model: TextModel = {
      id: "m",
      async generate() {
        answered++;
        return { text: "1", finish: "stop" };
      },
    };
    const ask = textAsker(model, options);
    const asked = Array.from({ length: 50 }, (_, n) => ({
      ...question(),
      prompt: () => {
        most = Math.max(most, ++rendered - answered);
        return `${n}`;
      },
    }));
    await Promise.all(asked.map((one) => ask(one)));
    expect(rendered).toBe(50);
    expect(most).toBeLessThanOrEqual(2 * options.concurrency);
  });

  it("that wait are not begun any more after one that concerns all has failed", async () => {
    let calls = 0;
    const locked: TextModel = {
      id: "locked",
      async generate() {
        calls++;
        throw new CallError("fatal", "wrong key", "Wrong key");
      },
    };
    const ask = textAsker(locked, options);
    const replies = await Promise.allSettled(Array.from({ length: 9 }, (_, n) => ask(question(`${n}`))));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(calls).toBe(2);
  });
});

describe("vectors", () => {
  const embedding = (fails: (texts: readonly string[], call: number) => CallError | undefined) => {
    const calls: (readonly string[])[] = [];
    const model: EmbeddingModel = {
      id: "measure",
      textsPerCall: 4,
      async embed(texts) {
        const error = fails(texts, calls.push(texts));
        if (error) throw error;
        const tokens = texts.join("").length;
        return { vectors: texts.map((text) => Float32Array.of(text.length)), usage: { inputTokens: tokens } };
      },
    };
    return { model, calls };
  };
  const texts = ["a", "bb", "ccc", "dddd"];

  it("of a call that is tried again are asked for together, as they were", async () => {
    const { model, calls } = embedding((_, call) =>
      call < 3 ? new CallError("transient", "busy", "Busy", { retryAfterMs: 1 }) : undefined,
    );
    const ask = vectorAsker(model, options);
    const replies = await Promise.all(texts.map((text) => ask(text)));
    expect(replies.map(({ value }) => value)).toEqual(texts.map(({ length }) => Float32Array.of(length)));
    expect(calls).toEqual([texts, texts, texts]);
    expect(answers.tally("s")).toMatchObject({ paid: 4, inputTokens: 10 });
  });

  it("that one text makes impossible are made for the others", async () => {
    const { model } = embedding((given) =>
      given.includes("ccc") ? new CallError("final", "too long", "Too long") : undefined,
    );
    const ask = vectorAsker(model, options);
    const replies = await Promise.all(texts.map((text) => ask(text)));
    expect(replies.map(({ failure, value }) => failure?.reason ?? value)).toEqual([
      Float32Array.of(1),
      Float32Array.of(2),
      "too long",
      Float32Array.of(4),
    ]);
  });
});
