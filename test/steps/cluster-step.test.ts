import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { clusterCount, clusterStep } from "../../src/steps/cluster-step.js";
import { summary } from "./make.js";

const SUBJECTS = [
  "cancel my subscription",
  "bake sourdough bread",
  "fix a KeyError in Python",
  "plan a trip to Oaxaca",
];

/** Rows around one direction for each subject. */
function rows(count: number, seed = 1) {
  const next = seededRandom(seed);
  const summaries = Array.from({ length: count }, (_, at) =>
    summary(`c${at}`, `How do I ${SUBJECTS[at % 4]}? Case ${at}`),
  );
  const embeddings = summaries.map(({ chat_id }, at) => ({
    chat_id,
    embedding: Float32Array.from({ length: 8 }, (_, column) => (column === at % 4 ? 1 : 0.2 * next())),
  }));
  return { summaries, embeddings };
}

const shuffled = <T>(list: readonly T[]) => {
  const next = seededRandom(5);
  return list
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
};

describe("base clusters", () => {
  it("hold every summary once, are not empty, and come in the order of their first", async () => {
    const { summaries, embeddings } = rows(120);
    const clusters = await clusterStep(summaries, embeddings, { itemsPerCluster: 10, seed: 1 });
    expect(clusters.flatMap(({ chat_ids }) => chat_ids).sort()).toEqual(summaries.map(({ chat_id }) => chat_id).sort());
    for (const { chat_ids, count, parent_id } of clusters) {
      expect(count).toBe(chat_ids.length);
      expect(count).toBeGreaterThan(0);
      expect(parent_id).toBe(null);
    }
    const firsts = clusters.map(({ chat_ids }) => Number(chat_ids[0]!.slice(1)));
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  });

  it("find the subjects and name them", async () => {
    const { summaries, embeddings } = rows(40);
    const clusters = await clusterStep(summaries, embeddings, { itemsPerCluster: 10, seed: 1 });
    expect(clusters.map(({ name }) => name)).toEqual([
      "Cancel a subscription",
      "Bake sourdough bread",
      "Fix a KeyError in Python",
      "Plan a trip to Oaxaca",
    ]);
  });

  it("are the same, ids and names, in whatever order the rows come", async () => {
    const { summaries, embeddings } = rows(120);
    const told = async (given: typeof summaries, vectors: typeof embeddings) =>
      (await clusterStep(given, vectors, { itemsPerCluster: 10, seed: 1 }))
        .map(({ id, name, chat_ids }) => [id, name, [...chat_ids].sort()])
        .sort();
    expect(await told(shuffled(summaries), shuffled(embeddings))).toEqual(await told(summaries, embeddings));
  });

  it("get other ids from another seed", async () => {
    const { summaries, embeddings } = rows(40);
    const ids = async (seed: number) =>
      (await clusterStep(summaries, embeddings, { itemsPerCluster: 10, seed })).map(({ id }) => id);
    const [one, two] = [await ids(1), await ids(2)];
    expect(one.filter((id) => two.includes(id))).toEqual([]);
    for (const id of one) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it("are one where all rows are equal, and none where there are none", async () => {
    const equal = Array.from({ length: 30 }, (_, at) => summary(`c${at}`, "hi"));
    const embeddings = equal.map(({ chat_id }) => ({ chat_id, embedding: new Float32Array(4) }));
    expect(await clusterStep(equal, embeddings, { seed: 1 })).toHaveLength(1);
    expect(await clusterStep([], [], { seed: 1 })).toEqual([]);
  });

  it("divide what is far larger than the others", async () => {
    // Forty directions of their own draw all centroids; what lies together would be one cluster of 160.
    const next = seededRandom(2);
    const summaries = Array.from({ length: 200 }, (_, at) => summary(`c${at}`, `case ${at}`));
    const embeddings = summaries.map(({ chat_id }, at) => ({
      chat_id,
      embedding: Float32Array.from({ length: 41 }, (_, column) => (column === Math.min(at, 40) ? 1 : 0.02 * next())),
    }));
    const clusters = await clusterStep(summaries, embeddings, { itemsPerCluster: 10, seed: 1 });
    expect(Math.max(...clusters.map(({ chat_ids }) => chat_ids.length))).toBeLessThanOrEqual(50);
  });

  it("refuse a summary without a vector, and stop when aborted", async () => {
    const { summaries, embeddings } = rows(12);
    await expect(clusterStep(summaries, embeddings.slice(1), { seed: 1 })).rejects.toThrow(
      'summary "c0": it has no embedding',
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(clusterStep(summaries, embeddings, { itemsPerCluster: 4, seed: 1, signal })).rejects.toThrow("enough");
  });
});

describe("the number of clusters", () => {
  it("grows with the rows up to 2,000, then as their square root", () => {
    expect([0, 1, 10, 11, 20_000, 80_000].map((rows) => clusterCount(rows, 10))).toEqual([0, 1, 1, 2, 2_000, 4_000]);
  });
});

describe("base clusters by density", () => {
  /** Subjects that lie close, and rows that lie nowhere. */
  function scene() {
    const { summaries, embeddings } = rows(80);
    const next = seededRandom(9);
    const strays = Array.from({ length: 7 }, (_, at) => summary(`stray${at}`, `Something else ${at}`));
    const nowhere = strays.map(({ chat_id }) => ({
      chat_id,
      embedding: Float32Array.from({ length: 8 }, () => next() - 0.9),
    }));
    return { summaries: [...strays, ...summaries], embeddings: [...embeddings, ...nowhere] };
  }
  const grouped = async (given: ReturnType<typeof scene>) =>
    (await clusterStep(given.summaries, given.embeddings, { clustering: "hdbscan", itemsPerCluster: 8, seed: 1 }))
      .map(({ id, chat_ids }) => ({ id, members: [...chat_ids].sort() }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));

  it("are the places where rows lie close, and one of what lies close to nothing", async () => {
    const found = (await grouped(scene())).map(({ members }) => members);
    const strays = found.find((members) => members.includes("stray0"))!;
    expect(strays).toEqual(expect.arrayContaining(Array.from({ length: 7 }, (_, at) => `stray${at}`)));
    const subjects = found.filter((members) => members !== strays);
    expect(subjects).toHaveLength(4);
    for (const members of subjects) expect(new Set(members.map((id) => Number(id.slice(1)) % 4)).size).toBe(1);
    expect(found.flat().sort()).toEqual(
      scene()
        .summaries.map(({ chat_id }) => chat_id)
        .sort(),
    );
  });

  it("are the same in whatever order the rows come", async () => {
    const { summaries, embeddings } = scene();
    const turned = { summaries: shuffled(summaries), embeddings: shuffled(embeddings) };
    expect(await grouped(turned)).toEqual(await grouped(scene()));
  });

  it("are one where nothing lies close, and none where there is nothing", async () => {
    const { summaries, embeddings } = rows(5);
    const options = { clustering: "hdbscan", seed: 1 } as const;
    expect(await clusterStep(summaries, embeddings, options)).toHaveLength(1);
    expect(await clusterStep([], [], options)).toEqual([]);
  });
});
