import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { BudgetError, TooManyFailuresError } from "../../src/errors.js";
import { embeddingModel, textModel } from "../../src/models/ai-sdk.js";
import { Budget } from "../../src/pipeline/budget.js";
import { embedSummaries } from "../../src/pipeline/embed-summaries.js";
import type { PipelineEvent } from "../../src/pipeline/event.js";
import { planPipeline, type RunOptions, runPipeline } from "../../src/pipeline/run.js";
import { summariseConversations } from "../../src/pipeline/summarise-conversations.js";
import type { Conversation } from "../../src/rows/builtin.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import {
  type FakeProvider,
  type FakeProviderOptions,
  startFakeProvider,
} from "../support/fake-provider/fake-provider.mjs";

const sample = readFileSync(new URL("../../examples/conversations.jsonl", import.meta.url), "utf8")
  .split("\n")
  .slice(0, 60)
  .map((line) => JSON.parse(line) as Conversation);

let provider: FakeProvider;
let manager: JSONLCheckpointManager;
beforeEach(async () => {
  manager = new JSONLCheckpointManager(new MemoryStorage());
  provider = await startFakeProvider({ remember: false });
});
afterEach(() => provider.stop());

async function restarted(options: FakeProviderOptions): Promise<void> {
  const port = Number(new URL(provider.baseUrl).port);
  await provider.stop();
  provider = await startFakeProvider({ remember: false, port, ...options });
}

function models() {
  const server = { baseUrl: provider.baseUrl, apiKey: "a key" };
  return { model: textModel("teller", server), embeddingModel: embeddingModel("measure", server) };
}

async function run(conversations: readonly Conversation[], options: Partial<RunOptions> = {}) {
  const paid: Record<string, number> = {};
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "step-end") paid[event.step] = event.calls?.paid ?? 0;
  };
  const before = provider.counts.text;
  const result = await runPipeline({ conversations, checkpointManager: manager, ...models(), onEvent, ...options });
  return { paid, asked: provider.counts.text - before, clusters: await result.clusters() };
}

it("a run asks for every summary, vector and name once, and a second run for nothing", async () => {
  const first = await run(sample);
  expect(first.paid["summaries"]).toBe(60);
  expect(first.clusters.filter(({ parent_id }) => parent_id === null).length).toBeLessThanOrEqual(10);
  expect(new Set(first.clusters.flatMap(({ chat_ids }) => chat_ids)).size).toBe(60);
  const second = await run(sample);
  expect(second.asked).toBe(0);
  expect(second.clusters).toEqual(first.clusters);
});

it.each<[string, Partial<RunOptions>]>([
  ["60 conversations", { steps: { summaries: { prompt: "Sum up {{ conversation.mesages }}" } } }],
  ["6 clusters", { steps: { clusters: { prompt: "{% for s in positive_examples %}{{ s.sumary }}{% endfor %}" } } }],
])("a prompt that comes out the same for %s is refused before it is asked", async (words, options) => {
  await expect(run(sample, options)).rejects.toThrow(`it comes out the same for each of ${words} that differ`);
  expect(provider.counts.text).toBe(words.endsWith("clusters") ? 60 : 0);
});

it("a prompt that comes out the same for conversations that say the same is asked once", async () => {
  const same = sample.slice(0, 3).map((one, index) => ({ ...one, messages: sample[0]!.messages, chat_id: `${index}` }));
  const prompt = "Sum up {% for m in conversation.messages %}{{ m.content }}{% endfor %}";
  const { paid } = await run(same, { steps: { summaries: { prompt } } });
  expect(paid["summaries"]).toBe(1);
});

it("rows that were just made are what the step below reads of the checkpoint in the next run, field by field in their order", async () => {
  const { model, embeddingModel } = models();
  const summaries = await summariseConversations(sample, { model, checkpointManager: manager });
  const vectors = await embedSummaries(summaries, { model: embeddingModel, checkpointManager: manager });
  const inOrder = (rows: readonly object[] | undefined) => rows?.map((row) => Object.entries(row));
  expect(inOrder(summaries)).toEqual(inOrder(await manager.loadCheckpoint("summaries")));
  expect(inOrder(vectors)).toEqual(inOrder(await manager.loadCheckpoint("embeddings")));
});

it.each<[string, Partial<RunOptions>]>([
  ["itemsPerCluster", { itemsPerCluster: 0 }],
  ["maxClusters", { maxClusters: 1.5 }],
  ["seed", { seed: 1.5 }],
  ['Cannot cluster by "magic"', { clustering: "magic" as never }],
  ['begins with "Name it": it never uses "positive_examples"', { steps: { clusters: { prompt: "Name it" } } }],
  ['begins with "Choose": it never uses "cluster"', { steps: { meta_clusters: { prompts: { choice: "Choose" } } } }],
  ["maxExamples", { steps: { clusters: { maxExamples: 0 } } }],
  ["concurrency", { concurrency: 0 }],
  ["attempts", { attempts: 0 }],
  ["timeoutMs: an integer from 1 to 2147483647", { timeoutMs: Number.POSITIVE_INFINITY }],
  ["maxFailed", { maxFailed: -1 }],
])(
  "an option that is none, %j, is refused before anything is paid, whatever step it is for",
  async (words, options) => {
    await expect(run(sample, options)).rejects.toThrow(words);
    expect(provider.counts).toMatchObject({ text: 0, embedding: 0 });
  },
);

it("what asking will take is said before the first answer is paid for, and nothing where all are there", async () => {
  const estimates: unknown[] = [];
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "estimate") estimates.push({ ...event, paid: provider.counts.text });
  };
  const budget = new Budget(Number.POSITIVE_INFINITY, () => ({ input: 1, output: 2 }));
  await run(sample.slice(0, 50), { only: ["summaries"], onEvent, budget });
  await run(sample, { only: ["summaries"], onEvent, budget });
  await run(sample, { only: ["summaries"], from: "summaries", onEvent, budget });
  expect(estimates).toMatchObject([
    { step: "summaries", calls: 50, of: 50, paid: 0, outputTokens: 10_000 },
    { step: "summaries", calls: 10, of: 60, paid: 50 },
  ]);
  expect((estimates[0] as { dollars: number }).dollars).toBeGreaterThan(0.02);
  expect(budget.spent).toBeGreaterThan(0);
});

it("whatever becomes of the rows, what was paid for is found again", async () => {
  const first = await run(sample);
  for (const name of await manager.listCheckpoints()) await manager.deleteCheckpoint(name);
  const second = await run(sample);
  expect(second.asked).toBe(0);
  expect(second.clusters).toEqual(first.clusters);
});

it("conversations added, changed, removed and reordered cost the summaries of those added or changed", async () => {
  await run(sample.slice(0, 50));
  const message = { ...sample[3]!.messages[0]!, content: "How do I sharpen a chisel?" };
  const edited = [
    ...sample
      .slice(1, 55)
      .reverse()
      .filter(({ chat_id }) => chat_id !== sample[3]!.chat_id),
    { ...sample[3]!, messages: [message] },
  ];
  const { paid } = await run(edited);
  expect(paid["summaries"]).toBe(6);
});

it("a run that is stopped half way goes on from there", async () => {
  const stop = new AbortController();
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "progress" && event.step === "summaries" && event.done === 20) stop.abort(new Error("Ctrl-C"));
  };
  await expect(run(sample, { onEvent, signal: stop.signal, concurrency: 5 })).rejects.toThrow("Ctrl-C");
  const before = provider.counts.text;
  expect(before).toBeLessThan(60);
  const { paid } = await run(sample);
  expect(paid["summaries"]).toBe(60 - before);
});

it.each([
  "busy",
  "server error",
  "dropped",
  "broken json",
  "wrong schema",
  "truncated",
  "refused",
  "too long",
] as const)("of calls that end in '%s' every row is made, or said to be missing", async (fault) => {
  await restarted({ shares: { [fault]: 0.1 }, retryAfterMs: 1, seed: 5 });
  await run(sample, { maxFailed: 0.5, attempts: 8 });
  const info = await manager.getCheckpointInfo("summaries");
  expect(info!.rows! + info!.missing.length).toBe(60);
  const isFinal = fault === "refused" || fault === "too long" || fault === "truncated";
  if (!isFinal) expect(info!.complete).toBe(true);
  for (const { chat_id } of (await manager.loadCheckpoint("summaries", "summaries"))!)
    expect(info!.missing).not.toContain(chat_id);
  await restarted({});
  const healed = await run(sample, { retryFailed: true });
  expect(healed.paid["summaries"] ?? 0).toBe(info!.missing.length);
  expect(await manager.getCheckpointInfo("summaries")).toMatchObject({ complete: true, rows: 60 });
});

it("more failures than it puts up with publish nothing, and what was paid for stays", async () => {
  await restarted({ shares: { refused: 0.3 }, seed: 2 });
  await expect(run(sample)).rejects.toThrow(TooManyFailuresError);
  expect(await manager.listCheckpoints()).toEqual(["conversations"]);
  const warnings: string[] = [];
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "warning" && event.code === "missing-rows")
      warnings.push(`${event.checkpoint}: ${event.message}`);
  };
  await run(sample, { maxFailed: 0.6, onEvent });
  const { complete, missing } = (await manager.getCheckpointInfo("summaries"))!;
  expect(complete).toBe(false);
  const [first, { length }] = [missing[0], missing];
  expect(warnings).toEqual([
    `summaries: could not make ${length} of the rows; the first is "${first}": teller@${new URL(provider.baseUrl).host}?temperature=0.2 refused to answer; ${length} failed for good: asked for again with retryFailed (--retry-failed) only`,
  ]);
});

it("a wrong key stops the run at the first call", async () => {
  await restarted({ shares: { "wrong key": 1 } });
  await expect(run(sample)).rejects.toMatchObject({ kind: "fatal" });
  expect(provider.counts.text).toBeLessThanOrEqual(16);
});

it("a limit of what may be spent is kept, and a higher one goes on from there", async () => {
  const price = () => ({ input: 1000, output: 1000 });
  await expect(run(sample, { budget: new Budget(10, price), concurrency: 2 })).rejects.toThrow(BudgetError);
  const paid = provider.counts.text;
  expect(paid).toBeGreaterThan(0);
  expect(paid).toBeLessThan(60);
  const rest = await run(sample, { budget: new Budget(Number.POSITIVE_INFINITY, price) });
  expect(rest.paid["summaries"]).toBe(60 - paid);
});

it("another model, prompt or window makes summaries stale, and says so beforehand", async () => {
  await run(sample, { only: ["summaries"] });
  const because = async (options: Partial<RunOptions>) =>
    (await planPipeline({ conversations: sample, ...models(), ...options, checkpointManager: manager }))[1];
  expect(await because({})).toMatchObject({ because: "fresh" });
  const other = textModel("another", { baseUrl: provider.baseUrl, apiKey: "a key" });
  expect((await because({ model: other }))!.reasons.join()).toContain("another");
  expect(
    (await because({ steps: { summaries: { prompt: "Summarise {{ conversation }}" } } }))!.reasons.join(),
  ).toContain("prompt was");
  expect((await because({ steps: { summaries: { maxConversationChars: 500 } } }))!.reasons.join()).toContain(
    "maxConversationChars was",
  );
  expect((await because({ model: undefined }))!.reasons.join()).toContain("offline");
});

it("conversations in memory are known again by what their rows are called, which only the save found out", async () => {
  await run(sample, { only: ["conversations"] });
  const { fingerprint, revision } = (await manager.getCheckpointInfo("conversations"))!;
  expect(fingerprint).toMatchObject({ inputs: { input: revision!.rowHash } });
  const [first] = await planPipeline({ conversations: sample, checkpointManager: manager, ...models() });
  expect(first).toMatchObject({ step: "conversations", because: "fresh" });
});
