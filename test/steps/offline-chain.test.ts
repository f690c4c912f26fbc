import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { adjustedMutualInformation } from "../../src/math/ami.js";
import { clusterContents } from "../../src/pipeline/cluster-contents.js";
import type { Conversation } from "../../src/rows/builtin.js";
import { clusterStep } from "../../src/steps/cluster-step.js";
import { projectStep } from "../../src/steps/project-step.js";
import { reduceStep } from "../../src/steps/reduce-step.js";
import { renderConversation } from "../../src/steps/rendering.js";
import { summariseStep } from "../../src/steps/summarise-step.js";
import { conversation, embedded } from "./make.js";

async function chain(conversations: readonly Conversation[], maxClusters = 10) {
  const summaries = await summariseStep(conversations, {});
  const corpus = conversations.map(renderConversation).sort();
  const embeddings = await embedded(summaries, { corpus });
  const clusters = await clusterStep(summaries, embeddings, { seed: 42 });
  const tree = await reduceStep(clusters, await clusterContents(clusters, { summaries, embeddings }), {
    maxClusters,
    seed: 42,
  });
  const contents = await clusterContents(tree, { embeddings });
  const places = await projectStep(tree, new Map([...contents].map(([id, { vector }]) => [id, vector])), { seed: 42 });
  return { summaries, clusters, tree, places };
}

const SAMPLE = readFileSync(new URL("../../examples/conversations.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Conversation);

describe("conversations in, a hierarchy out", () => {
  it("finds what the people of the sample want, names it, and gives each cluster a place", async () => {
    const { clusters, tree, places } = await chain(SAMPLE);
    const label = new Map(clusters.flatMap(({ id, chat_ids }) => chat_ids.map((chat) => [chat, id] as const)));
    const agreement = adjustedMutualInformation(
      SAMPLE.map(({ metadata }) => metadata["intent"] as string),
      SAMPLE.map(({ chat_id }) => label.get(chat_id)!),
    );
    // A plain bag of words has .55 in the mean of five seeds: bench/quality.mjs.
    expect(agreement).toBeGreaterThan(0.75);
    expect(tree.filter(({ parent_id }) => parent_id === null)).toHaveLength(10);
    for (const { name, description } of tree) {
      expect(name).toMatch(/^[^\p{Ll}]|^\p{Ll}\S*\p{Lu}/u);
      expect(name).not.toMatch(
        /\b(?:of the|of|and|to|with|for|a|an|the|my|your)$|^(?:hi|hello|dear|please)\b|\[email\]|\[name\]/i,
      );
      expect(name.length).toBeLessThan(90);
      expect(description).toMatch(/^\d+ conversations? ?.*\.$/s);
    }
    for (const { x_coord, y_coord, level } of places) {
      expect(Number.isFinite(x_coord) && Number.isFinite(y_coord)).toBe(true);
      expect(level).toBeGreaterThanOrEqual(0);
    }
  }, 120_000);

  it("gives the same tree in whatever order the conversations come", async () => {
    const few = SAMPLE.slice(0, 100);
    const told = async (given: readonly Conversation[]) =>
      (await chain(given, 4)).tree
        .map(({ id, name, description, parent_id }) => [id, name, description, parent_id])
        .sort();
    expect(await told([...few].reverse())).toEqual(await told(few));
  });

  it("loses nobody, and nothing is left without a name, for odd conversations", async () => {
    const many = (text: (at: number) => string) =>
      Array.from({ length: 24 }, (_, at) => conversation(`c${at}`, text(at)));
    const odd: Record<string, Conversation[]> = {
      none: [],
      one: [conversation("a", "How do I bake bread?")],
      two: [conversation("a", "How do I bake bread?"), conversation("b", "Cancel my plan")],
      three: [conversation("a", "a"), conversation("b", "b"), conversation("c", "c")],
      identical: many(() => "How do I cancel my subscription?"),
      empty: many(() => ""),
      silent: Array.from({ length: 12 }, (_, at) => conversation(`c${at}`)),
      "system only": Array.from({ length: 12 }, (_, at) =>
        conversation(`c${at}`, ["system", "You are a helpful assistant."]),
      ),
      emoji: many((at) => ["😀", "🎉🎉", "👍🏽"][at % 3]!),
      greetings: many((at) => ["hi", "hello!", "hey there"][at % 3]!),
      "prototype words": many((at) => ["__proto__ constructor", "hasOwnProperty toString"][at % 2]!),
      "a megabyte": [...many((at) => `question ${at}`), conversation("big", "spam ".repeat(200_000))],
    };
    for (const [kind, given] of Object.entries(odd)) {
      const { clusters, tree, places } = await chain(given, 3);
      expect(clusters.flatMap(({ chat_ids }) => chat_ids).sort(), kind).toEqual(
        given.map(({ chat_id }) => chat_id).sort(),
      );
      expect(tree.filter(({ parent_id }) => parent_id === null).length, kind).toBeLessThanOrEqual(3);
      for (const { name, x_coord, y_coord } of places) {
        expect(name.trim(), kind).not.toBe("");
        expect(Number.isFinite(x_coord + y_coord), kind).toBe(true);
      }
    }
  });

  it("keeps metadata, after the number of turns", async () => {
    const { summaries } = await chain([{ ...conversation("a", "hi"), metadata: { plan: "pro" } }]);
    expect(summaries[0]!.metadata).toEqual({ conversation_turns: 2, plan: "pro" });
  });
});
