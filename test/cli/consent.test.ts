import { expect, it } from "vitest";
import { type ConsentOptions, consent } from "../../src/cli/consent.js";
import type { Estimate } from "../../src/pipeline/estimate.js";

const estimate = (
  step: string,
  dollars: number | undefined,
  model = "openai/gpt-4o-mini?temperature=0.2",
): Estimate => ({
  step,
  model,
  dollars,
  calls: 1,
  of: 1,
  inputTokens: 1,
  outputTokens: 1,
});

/** What came of it: undefined where the run goes on, else why not. */
async function ended(
  estimates: readonly Estimate[][],
  options: Partial<ConsentOptions> = {},
  answers?: readonly string[],
): Promise<{ error: string | undefined; questions: string[] }> {
  const questions: string[] = [];
  const left = [...(answers ?? [])];
  const ask = async (question: string) => {
    questions.push(question);
    return left.shift() ?? "";
  };
  const confirm = consent(
    { yes: false, isLimited: false, ...options },
    { signal: new AbortController().signal, ...(answers && { ask }) },
  );
  try {
    for (const each of estimates) await confirm?.(each);
    return { error: undefined, questions };
  } catch (error) {
    return { error: (error as Error).message, questions };
  }
}

const CHEAP = [estimate("summaries", 0.4), estimate("clusters", 0.6)];
const DEAR = [estimate("summaries", 0.4), estimate("clusters", 0.61)];

it("goes on without a word up to a dollar in all, and asks above it, once", async () => {
  expect(await ended([CHEAP], {}, [])).toEqual({ error: undefined, questions: [] });
  const { error, questions } = await ended([DEAR, DEAR], {}, ["yes"]);
  expect(error).toBeUndefined();
  expect(questions).toEqual([
    "this run will cost about $1.01 (summaries, clusters), which is more than $1.00. Go on? [y/N] ",
  ]);
});

it("asks above another limit where one is given", async () => {
  expect((await ended([CHEAP], { askAbove: 0.5 }, ["n"])).error).toContain("nothing is paid");
  expect((await ended([DEAR], { askAbove: 2 }, [])).questions).toEqual([]);
});

it("stops without a terminal, and says how to go on", async () => {
  expect((await ended([CHEAP])).error).toBeUndefined();
  expect((await ended([DEAR])).error).toContain("there is no terminal to ask at; nothing is paid");
});

it("asks nobody who has said yes beforehand, or set a limit", async () => {
  expect((await ended([DEAR], { yes: true })).error).toBeUndefined();
  expect((await ended([DEAR], { isLimited: true })).error).toBeUndefined();
});

it("asks where a provider's price is not known, and takes a server of one's own to cost nothing", async () => {
  expect((await ended([[estimate("summaries", undefined)]])).error).toContain("--prices");
  const own = estimate("summaries", undefined, "llama3.2@localhost:11434?temperature=0.2");
  expect((await ended([[own]])).error).toBeUndefined();
});

it.each(["", "n", "no", "yess", "nay"])("takes %j for no", async (answer) => {
  expect((await ended([DEAR], {}, [answer])).error).toContain("nothing is paid");
});
