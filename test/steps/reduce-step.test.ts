import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { type ClusterContent, levelSizes, reduceStep } from "../../src/steps/reduce-step.js";
import { treeOf, walk } from "../../src/steps/tree.js";
import { cluster } from "./make.js";

/** Base clusters of one to four conversations, in random directions; some of them equal, some zero. */
function base(count: number, seed: number) {
  const next = seededRandom(seed);
  let conversations = 0;
  const clusters = Array.from({ length: count }, (_, at) =>
    cluster(
      `b${at}`,
      Array.from({ length: 1 + Math.floor(next() * 4) }, () => `c${conversations++}`),
      { name: `Thing ${at}` },
    ),
  );
  const contents = new Map(
    clusters.map(({ id, chat_ids }, at): [string, ClusterContent] => [
      id,
      {
        vector: Float32Array.from({ length: 4 }, () => (at % 7 === 3 ? 0 : at % 5 === 2 ? 1 : next() - 0.5)),
        members: chat_ids.map((id) => `how do I do thing ${at}, ${id}`),
      },
    ]),
  );
  return { clusters, contents, conversations };
}

describe("the hierarchy", () => {
  it("has at most maxClusters roots, loses no base cluster and no conversation, and has no parent of one", async () => {
    const sizes = fc.record({
      count: fc.integer({ min: 0, max: 90 }),
      maxClusters: fc.integer({ min: 1, max: 15 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ count, maxClusters, seed }) => {
        const { clusters, contents, conversations } = base(count, seed);
        const all = await reduceStep(clusters, contents, { maxClusters, seed: 42 });
        const roots = treeOf(all);
        expect(roots.length).toBe(Math.min(count, maxClusters));
        const nodes = [...walk(roots)];
        expect(nodes.length).toBe(all.length);
        expect(all.slice(0, count).map(({ id }) => id)).toEqual(clusters.map(({ id }) => id));
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
        expect(new Set(all.map(({ name }) => name.toLowerCase())).size).toBe(all.length);
        expect(roots.reduce((sum, root) => sum + root.count, 0)).toBe(conversations);
        for (const { cluster: parent, children } of nodes) {
          expect(parent.count).toBe(parent.chat_ids.length);
          if (children.length === 0) continue;
          expect(children.length).toBeGreaterThan(1);
          expect(children.flatMap((child) => child.cluster.chat_ids).sort()).toEqual([...parent.chat_ids].sort());
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("is the same tree in whatever order the clusters come", async () => {
    const { clusters, contents } = base(60, 3);
    const told = async (given: typeof clusters) =>
      (await reduceStep(given, contents, { maxClusters: 5, seed: 42 }))
        .map(({ id, name, parent_id }) => [id, name, parent_id])
        .sort();
    expect(await told([...clusters].reverse())).toEqual(await told(clusters));
  });

  it("leaves base clusters as they are where there are few enough", async () => {
    const { clusters, contents } = base(5, 1);
    expect(await reduceStep(clusters, contents, { maxClusters: 5, seed: 42 })).toEqual(clusters);
    expect(await reduceStep([], new Map(), { maxClusters: 5, seed: 42 })).toEqual([]);
  });

  it("puts together what lies together", async () => {
    const directions = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const clusters = Array.from({ length: 12 }, (_, at) => cluster(`b${at}`, [`c${at}`]));
    const contents = new Map(
      clusters.map(({ id }, at): [string, ClusterContent] => [
        id,
        { vector: Float32Array.from(directions[at % 3]!, (value) => value + 0.01 * at), members: [id] },
      ]),
    );
    const all = await reduceStep(clusters, contents, { maxClusters: 3, seed: 42 });
    const groups = treeOf(all).map((root) => root.cluster.chat_ids.map((id) => Number(id.slice(1)) % 3));
    for (const group of groups) expect(new Set(group).size).toBe(1);
    expect(groups).toHaveLength(3);
  });

  it("refuses a cluster of which nothing is known, and stops when aborted", async () => {
    const { clusters, contents } = base(20, 1);
    await expect(reduceStep(clusters, new Map(), { maxClusters: 2, seed: 1 })).rejects.toThrow(
      'cluster "b0": nothing is known',
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(reduceStep(clusters, contents, { maxClusters: 2, seed: 1, signal })).rejects.toThrow("enough");
  });
});

describe("the levels", () => {
  it("shrink to maxClusters, none by more than about eight", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 100 }), (count, maxClusters) => {
        const sizes = [count, ...levelSizes(count, maxClusters)];
        expect(sizes.at(-1)).toBe(Math.min(count, maxClusters));
        for (let at = 1; at < sizes.length; at++) {
          expect(sizes[at]!).toBeLessThanOrEqual(sizes[at - 1]!);
          expect(sizes[at - 1]! / sizes[at]!).toBeLessThan(9.5);
        }
      }),
      { seed: 1 },
    );
  });
});
