import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import type { PipelineEvent } from "../../src/pipeline/event.js";
import { planPipeline, runPipeline } from "../../src/pipeline/run.js";
import type { Cluster, Conversation } from "../../src/rows/builtin.js";
import { movementOf } from "../../src/steps/continue-clusters.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const sample = readFileSync(new URL("../../examples/conversations.jsonl", import.meta.url), "utf8")
  .split("\n")
  .slice(0, 150)
  .map((line) => JSON.parse(line) as Conversation);

it("a run that continues keeps the clusters as far as they hold, says how far they moved, and is fresh the next time", async () => {
  const checkpointManager = new JSONLCheckpointManager(new MemoryStorage());
  const run = async (conversations: readonly Conversation[], isContinued: boolean) => {
    const decisions: Record<string, string> = {};
    let moved: { moved: number; of: number } | undefined;
    const onEvent = (event: PipelineEvent) => {
      if (event.type === "decision") decisions[event.decision.step] = event.decision.because;
      if (event.type === "moved") moved = event;
    };
    await runPipeline({ conversations, checkpointManager, onEvent, continue: isContinued });
    return { decisions, moved, clusters: (await checkpointManager.loadCheckpoint("clusters", "clusters"))! };
  };
  const first = await run(sample.slice(0, 140), false);
  const next = await run(sample, true);
  expect(next.moved?.of).toBe(140);
  expect(next.moved!.moved).toBeLessThan(30);
  expect(next.moved).toMatchObject(movementOf(first.clusters, next.clusters));
  expect(next.clusters.flatMap(({ chat_ids }) => chat_ids).sort()).toEqual(sample.map(({ chat_id }) => chat_id).sort());

  expect((await run(sample, true)).decisions).toMatchObject({
    embeddings: "fresh",
    clusters: "fresh",
    dimensionality: "fresh",
  });
  const because = async (isContinued: boolean) =>
    (await planPipeline({ conversations: sample, checkpointManager, continue: isContinued })).map(
      ({ because }) => because,
    );
  expect(await because(true)).toEqual(Array(6).fill("fresh"));
  expect(await because(false)).toEqual(["fresh", "fresh", "stale", "stale", "upstream", "upstream"]);
  const anew = await run(sample, false);
  expect(anew.decisions).toMatchObject({ summaries: "fresh", embeddings: "stale", clusters: "stale" });
  expect(await because(false)).toEqual(Array(6).fill("fresh"));
});

it("movementOf() counts who left the cluster that has most of their earlier one", () => {
  const cluster = (...chat_ids: string[]): Cluster => ({
    id: chat_ids.join(""),
    name: "",
    description: "",
    slug: "",
    chat_ids,
    parent_id: null,
    count: 0,
  });
  const earlier = [cluster("a", "b", "c"), cluster("d", "e"), cluster("gone")];
  expect(movementOf(earlier, earlier)).toEqual({ moved: 0, of: 6, added: 0 });
  expect(movementOf(earlier, [cluster("a", "b"), cluster("c", "d", "e"), cluster("new")])).toEqual({
    moved: 1,
    of: 5,
    added: 1,
  });
});
