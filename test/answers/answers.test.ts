import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/checkpoints/answers/answer.js";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { Answers, type Question } from "../../src/checkpoints/answers/answers.js";
import { UnwritableAnswersError } from "../../src/errors.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import type { Storage } from "../../src/storage/storage.js";
import { AT, keyOf } from "./samples.js";

/** A provider that counts what it is asked, and answers when it is told to. */
class Provider {
  calls = 0;
  signals: (AbortSignal | undefined)[] = [];
  #pending: ((outcome: Outcome<string>) => void)[] = [];

  readonly call: Question<string>["call"] = (signal) => {
    this.calls += 1;
    this.signals.push(signal);
    return new Promise((resolve, reject) => {
      this.#pending.push(resolve);
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  };

  async answer(outcome: Outcome<string>): Promise<void> {
    while (this.#pending.length === 0) await setTimeout(1);
    this.#pending.shift()!(outcome);
  }
}

const at = async (value: string) => ({ value, usage: { inputTokens: 10, outputTokens: 2 }, attempts: 2 });

describe("Answers.ask()", () => {
  it("makes a call once, keeps what it brought, and answers from the store after that", async () => {
    const storage = new MemoryStorage();
    let store = await AnswerStore.open(storage);
    let answers = new Answers(store);
    const call = async () => {
      answers.spent("summaries", { inputTokens: 10, outputTokens: 2 });
      return await at("one");
    };
    const question = { key: keyOf(1), chatId: "c", step: "summaries", call };
    const first = await answers.ask(question);
    expect(first).toMatchObject({
      value: "one",
      chatId: "c",
      step: "summaries",
      attempts: 2,
      usage: { inputTokens: 10 },
    });
    expect(await answers.ask({ ...question, call: () => at("another") })).toEqual(first);
    expect(answers.tally("summaries")).toEqual({ paid: 1, reused: 1, rebought: 0, inputTokens: 10, outputTokens: 2 });
    await store.close();

    store = await AnswerStore.open(storage);
    answers = new Answers(store);
    expect(await answers.ask({ ...question, call: () => at("another") })).toEqual(first);
    expect(answers.tally()).toEqual({ paid: 0, reused: 1, rebought: 0, inputTokens: 0, outputTokens: 0 });
    await store.close();
  });

  it("is durable before it resolves", async () => {
    const storage = new MemoryStorage();
    const answers = new Answers(await AnswerStore.open(storage));
    await answers.ask({ key: keyOf(1), call: () => at("one") });
    const other = await AnswerStore.open(storage, { readOnly: true });
    expect((await other.get(keyOf(1)))?.value).toBe("one");
  });

  it("joins the call in flight for the same key", async () => {
    const answers = new Answers(await AnswerStore.open(new MemoryStorage()));
    const provider = new Provider();
    const asked = Array.from({ length: 20 }, (_, i) =>
      answers.ask({ key: keyOf(1), step: i < 10 ? "a" : "b", call: provider.call }),
    );
    await provider.answer({ value: "one" });
    expect(new Set((await Promise.all(asked)).map(({ value }) => value))).toEqual(new Set(["one"]));
    expect(provider.calls).toBe(1);
    expect(answers.tally()).toMatchObject({ paid: 1, reused: 19 });
    expect(answers.tally("a")).toMatchObject({ paid: 1, reused: 9 });
    expect(answers.tally("b")).toMatchObject({ paid: 0, reused: 10 });
    expect(answers.tally("c")).toMatchObject({ paid: 0, reused: 0 });
  });

  it("keeps a failure, gives it as an answer, and buys it again when told to, once", async () => {
    const store = await AnswerStore.open(new MemoryStorage());
    const answers = new Answers(store);
    let calls = 0;
    const refused = async () => {
      calls += 1;
      return { failure: { reason: "refused" } };
    };
    const question = { key: keyOf(1), call: refused };
    expect((await answers.ask(question)).failure).toEqual({ reason: "refused" });
    expect((await answers.ask(question)).failure).toEqual({ reason: "refused" });
    expect(calls).toBe(1);
    expect((await answers.ask({ ...question, retryFailed: true })).failure).toEqual({ reason: "refused" });
    expect((await answers.ask({ ...question, retryFailed: true })).failure).toEqual({ reason: "refused" });
    expect(calls).toBe(2);
    expect(answers.tally()).toMatchObject({ paid: 2, rebought: 1, reused: 2 });

    const later = new Answers(store);
    expect((await later.ask({ key: keyOf(1), retryFailed: true, call: () => at("after all") })).value).toBe(
      "after all",
    );
    expect((await later.ask({ key: keyOf(1), retryFailed: true, call: refused })).value).toBe("after all");
    expect(later.tally()).toMatchObject({ paid: 1, rebought: 1, reused: 1 });
  });

  it("keeps nothing of a call that throws, for all who asked, and calls again the next time", async () => {
    const store = await AnswerStore.open(new MemoryStorage());
    const answers = new Answers(store);
    const overloaded = new Error("overloaded");
    const call = async () => {
      await setTimeout(1);
      throw overloaded;
    };
    const asked = await Promise.allSettled([1, 2, 3].map(() => answers.ask({ key: keyOf(1), call })));
    expect(asked).toEqual([1, 2, 3].map(() => ({ status: "rejected", reason: overloaded })));
    expect(store.size).toBe(0);
    expect(answers.tally()).toMatchObject({ paid: 0, reused: 0 });
    expect((await answers.ask({ key: keyOf(1), call: () => at("one") })).value).toBe("one");
  });

  it("counts an answer that was damaged and is bought again", async () => {
    const storage = new MemoryStorage();
    const writer = await AnswerStore.open(storage);
    await writer.put({ key: keyOf(1), value: "first", at: AT });
    await writer.close();
    const warnings: unknown[] = [];
    const store = await AnswerStore.open(damaging(storage, "first"), {
      onWarning: (warning) => warnings.push(warning),
    });
    const answers = new Answers(store);
    expect((await answers.ask({ key: keyOf(1), call: () => at("again") })).value).toBe("again");
    expect(answers.tally()).toMatchObject({ paid: 1, rebought: 1, reused: 0 });
    expect(warnings).toMatchObject([{ type: "answers-unreadable" }]);
    await store.close();

    // What was bought again is found the next time, though the index leads to the damaged one first.
    const later = new Answers(await AnswerStore.open(damaging(storage, "first")));
    expect((await later.ask({ key: keyOf(1), call: () => at("a third time") })).value).toBe("again");
    expect(later.tally()).toMatchObject({ paid: 0, reused: 1 });
  });

  it("lets one who asked go, and the call goes on for the others", async () => {
    const answers = new Answers(await AnswerStore.open(new MemoryStorage()));
    const provider = new Provider();
    const going = new AbortController();
    const staying = new AbortController();
    const first = answers.ask({ key: keyOf(1), call: provider.call, signal: going.signal });
    const second = answers.ask({ key: keyOf(1), call: provider.call, signal: staying.signal });
    going.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    await provider.answer({ value: "one" });
    expect((await second).value).toBe("one");
    expect(provider.signals[0]!.aborted).toBe(false);
  });

  it("aborts the call when all who asked have gone, and the next to ask makes another", async () => {
    const answers = new Answers(await AnswerStore.open(new MemoryStorage()));
    const provider = new Provider();
    const going = [new AbortController(), new AbortController()];
    const asked = going.map(({ signal }) => answers.ask({ key: keyOf(1), call: provider.call, signal }));
    while (provider.calls === 0) await setTimeout(1);
    for (const one of going) one.abort(new Error("enough"));
    const next = answers.ask({ key: keyOf(1), call: () => at("two") });
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(provider.signals[0]!.aborted).toBe(true);
    expect((await next).value).toBe("two");
  });

  it("keeps what a call brings that nobody waits for any more: it was paid for", async () => {
    const store = await AnswerStore.open(new MemoryStorage());
    const answers = new Answers(store);
    const going = new AbortController();
    let called = 0;
    const call = async () => {
      called += 1;
      await setTimeout(5);
      return { value: "one" };
    };
    const asked = answers.ask({ key: keyOf(1), call, signal: going.signal });
    while (called === 0) await setTimeout(1);
    going.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    while (!store.has(keyOf(1))) await setTimeout(1);
    expect((await store.get(keyOf(1)))?.value).toBe("one");
  });

  it("asks nothing of a signal that is aborted already", async () => {
    const answers = new Answers(await AnswerStore.open(new MemoryStorage()));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(answers.ask({ key: keyOf(1), call: () => at("one"), signal })).rejects.toThrow("enough");
  });

  it.each<[string, () => Promise<AnswerStore | undefined>, string]>([
    ["no store", async () => undefined, "there is nowhere to put them"],
    ["a store to read only", () => AnswerStore.open(new MemoryStorage(), { readOnly: true }), "opened to be read only"],
    [
      "a storage that cannot append",
      () => AnswerStore.open(withoutAppend(new MemoryStorage())),
      "nothing can be appended in memory",
    ],
  ])("refuses a paid call with %s, before it is made", async (_, open, message) => {
    const answers = new Answers(await open());
    let calls = 0;
    const call = async () => {
      calls += 1;
      return { value: "" };
    };
    const asked = answers.ask({ key: keyOf(1), call });
    await expect(asked).rejects.toThrow(UnwritableAnswersError);
    await expect(asked).rejects.toThrow(message);
    expect(calls).toBe(0);
  });

  it("answers what is known where nothing can be written", async () => {
    const storage = new MemoryStorage();
    const writer = await AnswerStore.open(storage);
    await writer.put({ key: keyOf(1), value: "one", at: AT });
    await writer.close();
    const answers = new Answers(await AnswerStore.open(storage, { readOnly: true }));
    expect((await answers.ask({ key: keyOf(1), call: () => at("two") })).value).toBe("one");
  });
});

function withoutAppend(inner: Storage): Storage {
  return {
    label: inner.label,
    open: (path) => inner.open(path),
    stage: (temporary, target) => inner.stage(temporary, target),
    identify: (path) => inner.identify(path),
    list: (directory) => inner.list(directory),
    remove: (path) => inner.remove(path),
    keep: (from, to) => inner.keep(from, to),
    sync: (directory) => inner.sync(directory),
    create: (path, like) => inner.create(path, like),
    listDirectories: (directory) => inner.listDirectories(directory),
    removeDirectory: (path) => inner.removeDirectory(path),
    lock: (name, options) => inner.lock(name, options),
  };
}

/** Flips a bit of some text in what is read. */
function damaging(inner: Storage, text: string): Storage {
  return {
    ...withoutAppend(inner),
    append: (path) => inner.append!(path),
    async open(path) {
      const file = await inner.open(path);
      return (
        file && {
          byteLength: file.byteLength,
          identity: file.identity,
          modifiedAt: file.modifiedAt,
          async read(start, end) {
            const bytes = Buffer.from(await file.read(start, end));
            const found = bytes.indexOf(text);
            if (found >= 0) bytes[found]! ^= 1;
            return bytes;
          },
          close: () => file.close(),
        }
      );
    },
  };
}
