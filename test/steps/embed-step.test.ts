import { describe, expect, it } from "vitest";
import type { EmbeddingModel } from "../../src/models/model.js";
import type { ConversationSummary, Embedding } from "../../src/rows/builtin.js";
import { embedStep } from "../../src/steps/embed-step.js";
import { embedded, summary } from "./make.js";

const SUMMARIES = Array.from({ length: 600 }, (_, at) =>
  summary(`c${at}`, `${at % 2 ? "bake rye bread" : "cancel the invoice"} number${at % 50}`),
);

/** Tells the length of each text, and remembers what it was asked. */
function counting() {
  const calls: (readonly string[])[] = [];
  const model: EmbeddingModel = {
    id: "counting",
    async embed(texts) {
      calls.push(texts);
      return { vectors: texts.map((text) => Float32Array.of(text.length)) };
    },
  };
  return { model, calls };
}

async function collected(...args: Parameters<typeof embedStep>): Promise<Embedding[]> {
  const rows: Embedding[] = [];
  for await (const row of embedStep(...args)) rows.push(row);
  return rows;
}

const batches = (size: number): ConversationSummary[][] =>
  Array.from({ length: Math.ceil(SUMMARIES.length / size) }, (_, at) => SUMMARIES.slice(at * size, (at + 1) * size));

describe("embedStep()", () => {
  it("gives a vector per summary, in order, whatever the size of the batches", async () => {
    for (const size of [1, 7, 600]) {
      const { model, calls } = counting();
      const rows = await collected(batches(size), model);
      expect(rows.map(({ chat_id }) => chat_id)).toEqual(SUMMARIES.map(({ chat_id }) => chat_id));
      expect(rows.map(({ embedding }) => embedding[0])).toEqual(SUMMARIES.map((row) => row.summary.length));
      expect(calls.flat()).toEqual(SUMMARIES.map((row) => row.summary));
      expect(calls).toHaveLength(Math.ceil(600 / size));
    }
  });

  it("gives each summary the same vector in whatever order they come", async () => {
    const one = new Map((await embedded(SUMMARIES)).map(({ chat_id, embedding }) => [chat_id, embedding]));
    for (const { chat_id, embedding } of await embedded([...SUMMARIES].reverse()))
      expect(embedding).toEqual(one.get(chat_id));
  });

  it("refuses a model that returns too few vectors, and stops when aborted", async () => {
    const short: EmbeddingModel = { id: "short", embed: async () => ({ vectors: [] }) };
    await expect(collected(batches(9), short)).rejects.toThrow('model "short" returned 0 vectors');
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(collected(batches(9), counting().model, { signal })).rejects.toThrow("enough");
  });

  it("needs no summaries", async () => {
    expect(await collected([], counting().model)).toEqual([]);
    expect(await embedded([])).toEqual([]);
  });
});
