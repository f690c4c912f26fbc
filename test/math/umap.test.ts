import { UMAP } from "umap-js";
import { afterEach, expect, it, vi } from "vitest";
import { jsUmap } from "../../src/math/js-umap.js";
import { nearestNeighbors } from "../../src/math/neighbors.js";
import { newUmap } from "../../src/math/new-umap.js";
import { powerBy, powerTable } from "../../src/math/power-table.js";
import { seededRandom } from "../../src/math/random.js";
import { CURVE, type Umap } from "../../src/math/umap.js";
import { umapGraph } from "../../src/math/umap-graph.js";
import { wasmUmap } from "../../src/math/wasm-umap.js";
import { blobs, matrixOf, noise } from "./samples.js";

const EPOCHS = 30;
const STRANGERS_SEED = 11;
const SETS = [
  ["blobs", blobs(90, 8, { centers: 4, apart: 5, seed: 3 }), 15],
  ["noise", noise(60, 8, 1), 5],
  ["equal points", matrixOf(Array.from({ length: 20 }, () => [1, 2, 3])), 6],
  ["pairs of equal points", matrixOf(Array.from({ length: 40 }, (_, row) => [row >> 1, 7, (row >> 1) ** 2])), 7],
] as const;

const startOf = (points: number) => {
  const random = seededRandom(7);
  return Float64Array.from({ length: points * 2 }, () => random() * 20 - 10);
};

const ran = (umap: Umap) => {
  for (let epoch = 0; epoch < EPOCHS; epoch++) umap.epoch(epoch, 1 - Math.max(0, epoch - 1) / EPOCHS);
  return [...umap.places];
};

afterEach(() => {
  vi.unstubAllGlobals();
});

it.each(SETS)("of %s the map is that of umap-js, number by number, where powers are exact", async (_, points, k) => {
  const found = await nearestNeighbors(points, k);
  const [places, strangers] = [seededRandom(7), seededRandom(STRANGERS_SEED)];
  let drawn = 0;
  const random = () => (drawn++ < points.rows * 2 ? places() : strangers());
  const theirs = new UMAP({ nComponents: 2, nNeighbors: k, random, nEpochs: EPOCHS });
  theirs.setPrecomputedKNN(found.indices, found.distances);
  theirs.initializeFit(Array.from({ length: points.rows }, () => []));
  // It fits them less well.
  Object.assign((theirs as unknown as { optimizationState: object }).optimizationState, CURVE);
  for (let epoch = 0; epoch < EPOCHS; epoch++) theirs.step();

  const exact = (exponent: number) => (x: number) => x ** exponent;
  const ours = ran(jsUmap(umapGraph(found, EPOCHS), startOf(points.rows), STRANGERS_SEED, exact));
  expect(ours.every(Number.isFinite)).toBe(true);
  expect(ours).toEqual(theirs.getEmbedding().flat());
});

it.each(SETS)("of %s the map of the compiled kernel is that of JavaScript, to the bit", async (_, points, k) => {
  const graph = umapGraph(await nearestNeighbors(points, k), EPOCHS);
  const [compiled, plain] = [wasmUmap, jsUmap].map((make) => make(graph, startOf(points.rows), STRANGERS_SEED));
  expect(ran(compiled!)).toEqual(ran(plain!));
});

it("needs no WebAssembly", async () => {
  const graph = umapGraph(await nearestNeighbors(noise(20, 4, 1), 5), EPOCHS);
  const wanted = ran(newUmap(graph, startOf(20), 1));
  vi.stubGlobal("WebAssembly", undefined);
  expect(ran(newUmap(graph, startOf(20), 1))).toEqual(wanted);
});

it("the curve is 1 where places are as near as 0.1, and falls off as exp(0.1 - d) beyond, as far as two numbers can have it", () => {
  const near = (d: number) => 1 / (1 + CURVE.a * d ** (2 * CURVE.b));
  const wanted = (d: number) => (d < 0.1 ? 1 : Math.exp(0.1 - d));
  const squares = (curve: (d: number) => number) =>
    Array.from({ length: 300 }, (_, at) => (at * 3) / 299).reduce((sum, d) => sum + (curve(d) - wanted(d)) ** 2, 0);
  const least = squares(near);
  for (const [da, db] of [
    [0.01, 0],
    [-0.01, 0],
    [0, 0.01],
    [0, -0.01],
  ] as const) {
    const other = (d: number) => 1 / (1 + (CURVE.a + da) * d ** (2 * (CURVE.b + db)));
    expect(squares(other)).toBeGreaterThan(least);
  }
});

it("powerTable gives six digits of any power", () => {
  const next = seededRandom(3);
  for (const exponent of [-0.1049, 0.5, 0.8951, 1.2, 2]) {
    const power = powerBy(powerTable(exponent));
    for (let draw = 0; draw < 2_000; draw++) {
      const x = 2 ** (next() * 120 - 60);
      expect(Math.abs(power(x) / x ** exponent - 1)).toBeLessThan(3e-6);
    }
    expect(power(1)).toBe(1);
    expect(Number.isFinite(power(Number.MIN_VALUE))).toBe(true);
  }
});
