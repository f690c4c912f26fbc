import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type KMeansResult, kMeans } from "../../src/math/k-means.js";
import { type Matrix, rowsOf } from "../../src/math/matrix.js";
import { miniBatchKMeans } from "../../src/math/mini-batch-k-means.js";
import { seededRandom } from "../../src/math/random.js";
import { abortedSoon, blobs, breatheAlways, matrixOf, naiveNearest, noise } from "./samples.js";
import { SCIKIT_LEARN } from "./scikit-learn.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The sample of fixtures/make.py. */
function sample(): Matrix {
  const next = seededRandom(11);
  const centers = Array.from({ length: 5 }, () => Array.from({ length: 4 }, () => next() * 10));
  return matrixOf(
    Array.from({ length: 90 }, (_, row) =>
      centers[row % 5]!.map((center) => center + (next() + next() + next() - 1.5) * 2),
    ),
  );
}

/** Lloyd as in a textbook, until nothing moves. */
function naiveLloyd(points: Matrix, starts: Matrix): number {
  let centroids = starts;
  for (let before = ""; ; ) {
    const { labels, distances } = naiveNearest(points, centroids);
    if (labels.join() === before) return distances.reduce((sum, distance) => sum + distance, 0);
    before = labels.join();
    const means = Array.from({ length: starts.rows }, (_, label) => {
      const members = labels.flatMap((found, row) => (found === label ? [row] : []));
      return Array.from(
        { length: points.columns },
        (_, column) =>
          members.reduce((sum, row) => sum + points.data[row * points.columns + column]!, 0) / members.length,
      );
    });
    centroids = matrixOf(means);
  }
}

function expectSound(points: Matrix, k: number, { labels, centroids, inertia }: KMeansResult): void {
  expect(labels).toHaveLength(points.rows);
  const firsts = [...new Set(labels)];
  expect(firsts).toEqual(firsts.map((_, index) => index));
  expect(centroids.rows).toBe(firsts.length);
  expect(centroids.rows).toBeLessThanOrEqual(k);
  expect(centroids.data.every(Number.isFinite)).toBe(true);
  const { distances } = naiveNearest(points, centroids);
  const least = distances.reduce((sum, distance) => sum + distance, 0);
  expect(Math.abs(inertia - least)).toBeLessThanOrEqual(1e-5 * (least + 1));
}

function distinctRows(points: Matrix): number {
  return new Set(Array.from({ length: points.rows }, (_, row) => rowsOf(points, [row]).data.join())).size;
}

describe("kMeans", () => {
  it("draws the sample that scikit-learn was given", () => {
    expect([...sample().data.slice(0, 4)]).toEqual(SCIKIT_LEARN.kMeans["first point"]);
  });

  it("ends where scikit-learn ends from the same starts", async () => {
    const points = sample();
    const initialCentroids = rowsOf(points, [0, 1, 2, 3, 4]);
    const { labels, inertia } = await kMeans(points, 5, { seed: 1, tolerance: 0, initialCentroids });
    const wanted = SCIKIT_LEARN.kMeans["from the first five points"];
    // Ours are numbered in the order of their first points.
    const order = [...new Set(wanted.labels)];
    expect([...labels]).toEqual(wanted.labels.map((label) => order.indexOf(label)));
    expect(inertia).toBeCloseTo(wanted.inertia, 3);
  });

  it("finds no more inertia with 100 starts than scikit-learn with 600", async () => {
    const wanted = SCIKIT_LEARN.kMeans["least inertia of 600 starts"];
    expect(Object.keys(wanted)).toHaveLength(4);
    for (const [k, inertia] of Object.entries(wanted)) {
      const found = await kMeans(sample(), Number(k), { seed: 3, tolerance: 0, restarts: 100 });
      expect(found.inertia).toBeLessThanOrEqual(inertia * (1 + 1e-6));
    }
  });

  it("ends where a textbook Lloyd ends from the same starts", async () => {
    for (const seed of [1, 2, 3]) {
      const points = noise(300, 7, seed);
      const initialCentroids = rowsOf(points, [5, 50, 100, 150, 200, 250]);
      const { inertia } = await kMeans(points, 6, { seed, tolerance: 0, initialCentroids });
      expect(inertia).toBeCloseTo(naiveLloyd(points, initialCentroids), 3);
    }
  });

  it("finds 40 groups that are there from one start", async () => {
    const { labels } = await kMeans(blobs(1200, 16, { centers: 40, apart: 8, seed: 2 }), 40, { seed: 5 });
    expect([...labels]).toEqual(Array.from({ length: 1200 }, (_, row) => row % 40));
  });

  it("is sound for any points: labels dense, no cluster empty, nothing infinite, fewer than k only where points are equal", async () => {
    const tame = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, min: -100, max: 100 }));
    const rows = fc
      .integer({ min: 1, max: 5 })
      .chain((columns) =>
        fc.array(fc.array(tame, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 40 }),
      );
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 50 }), fc.nat(1000), async (given, k, seed) => {
        const points = matrixOf(given.map((row) => row.map((value) => Math.round(value * 8) / 8)));
        const result = await kMeans(points, k, { seed });
        expectSound(points, k, result);
        expect(result.centroids.rows).toBe(Math.min(k, distinctRows(points)));
        const again = await kMeans(points, k, { seed });
        expect(again).toEqual(result);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("gives equal points one cluster, and each other point its own, where k is as large as their number", async () => {
    const points = matrixOf([
      [1, 1],
      [0.5, 0.50001],
      [1, 1],
      [0.5, 0.5],
      [-0, 2],
      [0, 2],
    ]);
    const { labels, centroids, inertia } = await kMeans(points, 6, { seed: 1 });
    expect([...labels]).toEqual([0, 1, 0, 2, 3, 3]);
    expect(centroids.rows).toBe(4);
    expect(inertia).toBe(0);
    expect((await kMeans(matrixOf(Array(50).fill([3, 4])), 9, { seed: 1 })).labels.every((label) => label === 0)).toBe(
      true,
    );
    expect((await kMeans(matrixOf([]), 3, { seed: 1 })).labels).toHaveLength(0);
  });

  it("ends where no centroid changes although points came to it: equal points, equal starts", async () => {
    const points = matrixOf(Array.from({ length: 6 }, () => [1, 2]));
    const initialCentroids = matrixOf([
      [1, 2],
      [1, 2],
    ]);
    const { labels, inertia, iterations } = await kMeans(points, 2, { seed: 1, initialCentroids });
    expect([...labels]).toEqual([0, 0, 0, 0, 0, 0]);
    expect({ inertia, iterations }).toEqual({ inertia: 0, iterations: 2 });
  });

  it("fills a cluster that no point is nearest to with a far point", async () => {
    const points = blobs(90, 4, { centers: 3, apart: 12, seed: 1 });
    const nowhere = matrixOf([
      [0, 0, 0, 0],
      [900, 0, 0, 0],
      [0, 900, 0, 0],
    ]);
    const { labels } = await kMeans(points, 3, { seed: 1, initialCentroids: nowhere });
    expect([...labels]).toEqual(Array.from({ length: 90 }, (_, row) => row % 3));
  });

  it("never lets the inertia grow, and says how many points moved", async () => {
    const seen: { inertia: number; moved?: number }[] = [];
    await kMeans(noise(2000, 8, 1), 30, { seed: 2, tolerance: 0, onIteration: (_, progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(5);
    expect(seen[0]!.moved).toBe(2000);
    expect(seen.findIndex(({ moved }) => moved === 0)).toBe(seen.length - 1);
    seen.slice(1).forEach(({ inertia }, index) => {
      expect(inertia).toBeLessThanOrEqual(seen[index]!.inertia * (1 + 1e-6));
    });
  });

  it("does not depend on when the event loop gets a turn", async () => {
    const points = noise(60, 12, 3);
    const undisturbed = await kMeans(points, 10, { seed: 4 });
    const timers = vi.spyOn(globalThis, "setTimeout");
    breatheAlways();
    expect(await kMeans(points, 10, { seed: 4 })).toEqual(undisturbed);
    expect(timers.mock.calls.length).toBeGreaterThan(60);
  });

  it("finds the same without WebAssembly, to float32 rounding", async () => {
    const points = blobs(600, 10, { centers: 12, apart: 5, seed: 3 });
    const fast = await kMeans(points, 12, { seed: 6 });
    vi.stubGlobal("WebAssembly", undefined);
    const slow = await kMeans(points, 12, { seed: 6 });
    expect(slow.labels).toEqual(fast.labels);
    expect(slow.inertia).toBeCloseTo(fast.inertia, 3);
  });

  it("keeps the best of several starts", async () => {
    const points = noise(400, 6, 8);
    const single = await Promise.all([0, 1, 2].map((restart) => kMeans(points, 25, { seed: 1 + restart * 7919 })));
    const { inertia } = await kMeans(points, 25, { seed: 1, restarts: 3 });
    expect(inertia).toBe(Math.min(...single.map((result) => result.inertia)));
    expect(new Set(single.map((result) => result.inertia)).size).toBe(3);
  });

  it("can run several times at once", async () => {
    const points = [noise(150, 24, 1), noise(150, 24, 2)];
    const alone: KMeansResult[] = [];
    for (const matrix of points) alone.push(await kMeans(matrix, 10, { seed: 1, maxIterations: 4 }));
    breatheAlways();
    expect(await Promise.all(points.map((matrix) => kMeans(matrix, 10, { seed: 1, maxIterations: 4 })))).toEqual(alone);
  });

  it("leaves the starts it is given as they are", async () => {
    const initialCentroids = noise(4, 3, 2);
    const before = initialCentroids.data.slice();
    await kMeans(noise(100, 3, 1), 4, { seed: 1, initialCentroids });
    expect(initialCentroids.data).toEqual(before);
  });

  it("refuses what is no number and options out of range, in words", async () => {
    await expect(
      kMeans(
        matrixOf([
          [1, 2],
          [3, Number.NaN],
        ]),
        1,
        { seed: 1 },
      ),
    ).rejects.toThrow("Cannot make clusters: row 1 holds a number that is not finite");
    await expect(kMeans(matrixOf([[Number.POSITIVE_INFINITY]]), 1, { seed: 1 })).rejects.toThrow(RangeError);
    await expect(kMeans(noise(5, 2, 1), 0, { seed: 1 })).rejects.toThrow(
      "Cannot make clusters: k must be an integer >= 1, it is 0",
    );
    await expect(kMeans(noise(5, 2, 1), 2, { seed: 1, restarts: 0 })).rejects.toThrow("restarts");
    await expect(kMeans(noise(5, 2, 1), 2, { seed: 1, initialCentroids: noise(3, 2, 1) })).rejects.toThrow(
      "initialCentroids is 3 x 2",
    );
    await expect(kMeans({ rows: 3, columns: 2, data: new Float32Array(5) }, 2, { seed: 1 })).rejects.toThrow(
      "3 x 2 numbers",
    );
  });

  it("stops when aborted, before it starts or in the middle", async () => {
    const points = noise(20_000, 32, 1);
    await expect(kMeans(points, 10, { seed: 1, signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    breatheAlways();
    const running = kMeans(points, 200, { seed: 1, tolerance: 0, signal: abortedSoon("enough") });
    await expect(running).rejects.toThrow("enough");
  });
});

describe("miniBatchKMeans", () => {
  it("comes within 3 % of the inertia of kMeans, in the mean of six seeds", async () => {
    const points = blobs(12_000, 8, { centers: 60, apart: 4, seed: 1 });
    let [whole, batched] = [0, 0];
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const result = await miniBatchKMeans(points, 60, { seed, batchSize: 1000 });
      batched += result.inertia;
      whole += (await kMeans(points, 60, { seed })).inertia;
    }
    expect(batched).toBeLessThan(whole * 1.03);
  });

  it("is sound, and counts its batches and its two whole iterations", async () => {
    const points = blobs(4000, 6, { centers: 30, apart: 4, seed: 1 });
    const seen: { iteration: number; moved: number | undefined }[] = [];
    const result = await miniBatchKMeans(points, 30, {
      seed: 1,
      batchSize: 400,
      onIteration: (iteration, { moved }) => seen.push({ iteration, moved }),
    });
    expectSound(points, 30, result);
    expect(seen.map(({ iteration }) => iteration)).toEqual(seen.map((_, index) => index + 1));
    expect(seen.findIndex(({ moved }) => moved !== undefined)).toBe(seen.length - 2);
    expect(seen.length).toBeGreaterThan(5);
    expect(result.iterations).toBe(seen.length);
    expect((await miniBatchKMeans(points, 30, { seed: 1, batchSize: 400 })).iterations).toBe(seen.length);
  });

  it("is the same for the same seed, another for another", async () => {
    const points = noise(5000, 4, 1);
    const run = (seed: number) => miniBatchKMeans(points, 20, { seed, batchSize: 500 });
    expect(await run(1)).toEqual(await run(1));
    expect((await run(2)).inertia).not.toBe((await run(1)).inertia);
  });

  it("makes as many clusters as asked for, also where a batch has fewer points", async () => {
    const result = await miniBatchKMeans(noise(3000, 4, 1), 400, { seed: 1, batchSize: 100 });
    expect(result.centroids.rows).toBe(400);
  });

  it("is kMeans where a batch would hold all points, and handles equal points", async () => {
    const points = noise(200, 4, 1);
    expect(await miniBatchKMeans(points, 5, { seed: 1, tolerance: 1e-4 })).toEqual(
      await kMeans(points, 5, { seed: 1 }),
    );
    const equal = matrixOf(Array.from({ length: 300 }, (_, row) => [row % 3, 1]));
    const result = await miniBatchKMeans(equal, 9, { seed: 1, batchSize: 50 });
    expect(result.centroids.rows).toBe(3);
    expectSound(equal, 9, result);
  });

  it("refuses what is no number, and stops when aborted", async () => {
    await expect(miniBatchKMeans(matrixOf([[Number.NaN]]), 1, { seed: 1 })).rejects.toThrow("not finite");
    const signal = AbortSignal.abort(new Error("no"));
    await expect(miniBatchKMeans(noise(500, 4, 1), 5, { seed: 1, batchSize: 50, signal })).rejects.toThrow("no");
  });
});
