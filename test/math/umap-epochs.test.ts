import { expect, it } from "vitest";
import { nearestNeighbors } from "../../src/math/neighbors.js";
import { powerTable } from "../../src/math/power-table.js";
import { seededRandom } from "../../src/math/random.js";
import { runUmapEpochs, type UmapState } from "../../src/math/umap-epochs.js";
import { blobs, matrixOf, noise } from "./samples.js";

/** The map that umap-js makes itself, and the one that is made of what it has made ready. */
async function both(points: ReturnType<typeof matrixOf>, nNeighbors: number, minDist: number) {
  const { UMAP } = await import("umap-js");
  const { indices, distances } = await nearestNeighbors(points, nNeighbors);
  const ready = (random: () => number) => {
    const umap = new UMAP({ nComponents: 2, nNeighbors, minDist, random, nEpochs: 30 });
    umap.setPrecomputedKNN(indices, distances);
    const epochs = umap.initializeFit(Array.from({ length: points.rows }, () => []));
    return { umap, epochs };
  };
  const theirs = ready(seededRandom(7));
  for (let epoch = 0; epoch < theirs.epochs; epoch++) theirs.umap.step();
  const random = seededRandom(7);
  const { optimizationState } = ready(random).umap as unknown as { optimizationState: UmapState };
  const powerOf = (exponent: number) => (x: number) => x ** exponent;
  const ours = await runUmapEpochs(optimizationState, random, { powerOf, onEpoch: () => undefined });
  return { theirs: theirs.umap.getEmbedding().flat(), ours: [...ours] };
}

it.each([
  ["blobs", blobs(90, 8, { centers: 4, apart: 5, seed: 3 }), 15, 0.1],
  ["noise", noise(60, 8, 1), 5, 0.5],
  ["equal points", matrixOf(Array.from({ length: 20 }, () => [1, 2, 3])), 6, 0.1],
] as const)(
  "of %s the map is that of umap-js, number by number, where powers are exact",
  async (_, points, neighbors, minDist) => {
    const { ours, theirs } = await both(points, neighbors, minDist);
    expect(ours.every(Number.isFinite)).toBe(true);
    expect(ours).toEqual(theirs);
  },
);

it("powerTable gives six digits of any power", () => {
  const next = seededRandom(3);
  for (const exponent of [-0.1049, 0.5, 0.8951, 1.2, 2]) {
    const power = powerTable(exponent);
    for (let draw = 0; draw < 2_000; draw++) {
      const x = 2 ** (next() * 120 - 60);
      expect(Math.abs(power(x) / x ** exponent - 1)).toBeLessThan(3e-6);
    }
    expect(power(1)).toBe(1);
    expect(Number.isFinite(power(Number.MIN_VALUE))).toBe(true);
  }
});
