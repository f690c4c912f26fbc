import { beforeEach, describe, expect, it } from "vitest";
import { answerKey } from "../../src/checkpoints/answers/answer-key.js";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { Answers } from "../../src/checkpoints/answers/answers.js";
import { countQuestions } from "../../src/pipeline/estimate.js";
import { rowsInMemory } from "../../src/pipeline/row-source.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const key = (n: number) => answerKey({ model: "m", text: `${n}` });

let answers: Answers;
let looked: number[];
beforeEach(async () => {
  answers = new Answers(await AnswerStore.open(new MemoryStorage()));
  looked = [];
});

/** Of so many inputs, the later the longer. */
const counted = (count: number) =>
  countQuestions(
    rowsInMemory(
      Array.from({ length: count }, (_, n) => n),
      undefined,
    ),
    (n) => {
      looked.push(n);
      return { text: "x".repeat(4 * n), key: key(n) };
    },
    { answers, outputTokens: 10 },
  );

describe("what questions will take", () => {
  it("is told by a few in several places of the input, where nothing was answered before", async () => {
    const { calls, of, inputTokens, outputTokens } = await counted(100_000);
    expect({ calls, of, outputTokens }).toEqual({ calls: 100_000, of: 100_000, outputTokens: 1_000_000 });
    expect(looked).toHaveLength(256);
    expect(looked.filter((n) => n >= 50_000)).toHaveLength(128);
    // 0 + 1 + … + 99,999
    expect(inputTokens / 4_999_950_000).toBeCloseTo(1, 3);
  });

  it("is exact for few, and where a run has begun to ask: its first answers are those of the first inputs", async () => {
    expect(await counted(256)).toEqual({ calls: 256, of: 256, inputTokens: (255 * 256) / 2, outputTokens: 2_560 });
    await answers.ask({ key: key(0), call: async () => ({ value: "known" }) });
    looked = [];
    expect(await counted(1_000)).toEqual({
      calls: 999,
      of: 1_000,
      inputTokens: (999 * 1_000) / 2,
      outputTokens: 9_990,
    });
    expect(looked).toHaveLength(256 + 1_000);
  });

  it("does not look at all where none of a sample has an answer, whatever else was answered", async () => {
    await answers.ask({ key: answerKey({ model: "another", text: "0" }), call: async () => ({ value: "known" }) });
    expect((await counted(1_000)).calls).toBe(1_000);
    expect(looked).toHaveLength(256);
  });
});
