import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import type { Cluster } from "../../src/rows/builtin.js";
import { reduceWithModel } from "../../src/steps/reduce-with-model.js";
import { renderCluster } from "../../src/steps/rendering.js";
import { treeOf, walk } from "../../src/steps/tree.js";
import { askingOf, askVectors, sensibleAnswer } from "./fake-asking.js";
import { cluster } from "./make.js";

const WORDS = [
  "bread",
  "tax",
  "guitar",
  "garden",
  "python",
  "letter",
  "travel",
  "resume",
  "recipe",
  "poem",
  "sql",
  "logo",
];

function clustersOf(count: number): Cluster[] {
  return Array.from({ length: count }, (_, at) => {
    const [first, second] = [WORDS[at % WORDS.length]!, WORDS[(at * 7 + 3) % WORDS.length]!];
    const name = `Work on ${first} with ${second} ${at}`;
    return cluster(`c${String(at).padStart(4, "0")}`, [`chat-${at}`, `chat-${at}-b`], {
      name,
      description: `People did ${first}.`,
    });
  });
}

/** What must hold of any tree, whatever the model said. */
function expectTree(tree: readonly Cluster[], base: readonly Cluster[], maxClusters: number): void {
  const ids = tree.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(tree.slice(0, base.length).map((row) => ({ ...row, parent_id: null }))).toEqual(
    base.map((row) => ({ ...row, parent_id: null })),
  );
  const roots = treeOf(tree);
  expect(roots.length).toBeLessThanOrEqual(Math.max(maxClusters, Math.min(maxClusters, base.length)));
  for (const { cluster: row, children } of walk(roots)) {
    if (children.length === 0) {
      expect(base.some(({ id }) => id === row.id)).toBe(true);
      continue;
    }
    expect(children.length).toBeGreaterThan(1);
    expect(new Set(row.chat_ids)).toEqual(new Set(children.flatMap((child) => child.cluster.chat_ids)));
    expect(row.count).toBe(row.chat_ids.length);
  }
  const parents = tree.slice(base.length).map(({ name }) => name.toLowerCase());
  expect(new Set(parents).size).toBe(parents.length);
  for (const name of parents) expect(name.trim()).not.toBe("");
}

const reduce = (clusters: Cluster[], answer: (prompt: string, asked: number) => string | undefined, maxClusters = 5) =>
  reduceWithModel(clusters, { askText: askingOf(answer).askText, askVectors }, { maxClusters, seed: 1 });

describe("reducing clusters with a model", () => {
  it("makes levels of named parents until few enough roots are left", async () => {
    const base = clustersOf(60);
    const { askText, prompts } = askingOf(sensibleAnswer);
    const steps: number[] = [];
    const { clusters, fallbacks } = await reduceWithModel(
      base,
      { askText, askVectors },
      { maxClusters: 5, seed: 1, onProgress: (done) => steps.push(done) },
    );
    expectTree(clusters, base, 5);
    expect(fallbacks).toEqual([]);
    expect(steps.length).toBeGreaterThan(1);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
    expect(prompts.length).toBeLessThan(60 * 4);
    expect(prompts.join()).not.toMatch(/chat-\d|c00\d\d/);
  });

  it("asks nothing where there are few enough", async () => {
    const base = clustersOf(5);
    const { askText, prompts } = askingOf(sensibleAnswer);
    expect((await reduceWithModel(base, { askText, askVectors }, { maxClusters: 5, seed: 1 })).clusters).toEqual(base);
    expect((await reduceWithModel([], { askText, askVectors }, { maxClusters: 5, seed: 1 })).clusters).toEqual([]);
    expect(prompts).toEqual([]);
  });

  it("makes the same tree of the same clusters in whatever order", async () => {
    const base = clustersOf(50);
    const byId = (rows: readonly Cluster[]) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
    const forth = await reduce(base, sensibleAnswer);
    const back = await reduce([...base].reverse(), sensibleAnswer);
    expect(byId(back.clusters)).toEqual(byId(forth.clusters));
    expect(await reduce(base, sensibleAnswer)).toEqual(forth);
  });

  it("asks for vectors of what is still to be put together, not of the last roots", async () => {
    const base = clustersOf(60);
    const embedded: string[] = [];
    const askingVectors: typeof askVectors = async (texts) => {
      embedded.push(...texts);
      return await askVectors(texts);
    };
    const { askText } = askingOf(sensibleAnswer);
    const { clusters } = await reduceWithModel(
      base,
      { askText, askVectors: askingVectors },
      { maxClusters: 5, seed: 1 },
    );
    const made = new Set(clusters.slice(base.length).map(renderCluster));
    for (const row of base) expect(embedded).toContain(renderCluster(row));
    const last = clusters.filter(({ parent_id }) => parent_id === null).map(renderCluster);
    const lastMade = last.filter((text) => made.has(text));
    expect(lastMade.length).toBeGreaterThan(0);
    // A root that no level has put with another is embedded in the level that made it.
    expect(embedded.length).toBeLessThan(clusters.length);
    expect(lastMade.some((text) => !embedded.includes(text))).toBe(true);
  });

  it("names what came together in one place while elsewhere it is still being sorted", async () => {
    const base = clustersOf(40);
    const events: string[] = [];
    const { askText } = askingOf(sensibleAnswer);
    let letGo = () => {};
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let isFirst = true;
    const slow: typeof askText = async (question) => {
      const prompt = question.prompt();
      if (prompt.includes("- categories:") && isFirst) {
        isFirst = false;
        await stuck;
        events.push("first categories");
      } else if (!prompt.includes("- categor")) {
        events.push("name");
        letGo();
      }
      return await askText(question);
    };
    const { clusters } = await reduceWithModel(base, { askText: slow, askVectors }, { maxClusters: 5, seed: 1 });
    expectTree(clusters, base, 5);
    expect(events.indexOf("name")).toBeLessThan(events.indexOf("first categories"));
    expect(clusters).toEqual((await reduce(base, sensibleAnswer)).clusters);
  });

  it("forgets parents that the clusters had", async () => {
    const base = clustersOf(4).map((row) => ({ ...row, parent_id: "elsewhere" }));
    const { clusters } = await reduce(base, sensibleAnswer);
    expect(clusters.map(({ parent_id }) => parent_id)).toEqual([null, null, null, null]);
  });

  it("takes a label that is nearly one of the categories", async () => {
    const base = clustersOf(13);
    const { fallbacks } = await reduce(base, (prompt) => {
      const text = sensibleAnswer(prompt);
      return prompt.includes("- category:") ? text.replace("Deal with", "Deal  with").replace('"}', '."}') : text;
    });
    expect(fallbacks).toEqual([]);
  });

  it("puts a cluster into the nearest category where the model chooses none, and says so", async () => {
    const base = clustersOf(13);
    const { clusters, fallbacks } = await reduce(base, (prompt) =>
      prompt.includes("- category:") ? '{"category": "Something that was never proposed"}' : sensibleAnswer(prompt),
    );
    expectTree(clusters, base, 5);
    expect(fallbacks.length).toBeGreaterThan(0);
    for (const { about, reason, instead } of fallbacks) {
      expect(about).toMatch(/^the category of cluster /);
      expect(reason).toBe("wrong shape");
      expect(instead).toMatch(/^put into the nearest one, "Deal with/);
    }
  });

  it.each<[string, (prompt: string, asked: number) => string | undefined]>([
    ["refuses everything", () => undefined],
    ["answers no JSON", () => "I am a teapot."],
    ["answers the wrong schema", () => '{"result": true}'],
    [
      "proposes nothing",
      (prompt) => (prompt.includes("- categories:") ? '{"categories": []}' : sensibleAnswer(prompt)),
    ],
    [
      "proposes one category for all",
      (prompt) => (prompt.includes("- categories:") ? '{"categories": ["All"]}' : sensibleAnswer(prompt)),
    ],
    [
      "gives all the same name",
      (prompt) => (prompt.includes("- name:") ? '{"name": "Same", "description": "Same."}' : sensibleAnswer(prompt)),
    ],
    [
      "keeps every cluster apart",
      (prompt) => {
        const names = [...prompt.matchAll(/<group>\n(.*)\n/g)].map(([, name]) => name!);
        if (prompt.includes("- categories:")) return JSON.stringify({ categories: names });
        if (prompt.includes("- category:")) return JSON.stringify({ category: names[0] });
        return sensibleAnswer(prompt);
      },
    ],
  ])("ends, and loses no cluster, when the model %s", async (_, answer) => {
    const base = clustersOf(90);
    expectTree((await reduce(base, answer)).clusters, base, 5);
    expectTree((await reduce(base.slice(0, 3), answer, 2)).clusters, base.slice(0, 3), 2);
    expectTree((await reduce(base.slice(0, 2), answer, 1)).clusters, base.slice(0, 2), 1);
  });

  it("puts together no more than it must where the model keeps clusters apart", async () => {
    const { clusters } = await reduce(clustersOf(11), () => undefined, 10);
    expect(clusters.filter(({ parent_id }) => parent_id === null)).toHaveLength(10);
  });

  it("ends, loses no cluster and asks a bounded number of questions, whatever the model answers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer(),
        fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 6 }),
        async (count, maxClusters, seed, words) => {
          const base = clustersOf(count);
          const next = seededRandom(seed);
          const word = () => words[Math.floor(next() * words.length)]!;
          const { askText, prompts } = askingOf((prompt) => {
            switch (Math.floor(next() * 8)) {
              case 0:
                return undefined;
              case 1:
                return word();
              case 2:
                return JSON.stringify({
                  name: word(),
                  description: word(),
                  category: word(),
                  categories: [word(), word()],
                });
              case 3:
                return JSON.stringify({
                  categories: Array.from({ length: 30 }, word),
                  category: word(),
                  name: "x".repeat(500),
                });
              default:
                return sensibleAnswer(prompt);
            }
          });
          const { clusters } = await reduceWithModel(base, { askText, askVectors }, { maxClusters, seed });
          expectTree(clusters, base, maxClusters);
          // Three tries of each question: levels leave two thirds at most, so that there are three times as many as for one level.
          expect(prompts.length).toBeLessThanOrEqual(3 * 3 * 3 * count);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });
});
