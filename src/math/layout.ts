import { breather } from "./breathe.js";
import { assertFinite, dot, type Matrix, normalizeRows, rowOf } from "./matrix.js";
import { nearestNeighbors } from "./neighbors.js";
import { seededRandom } from "./random.js";
import { symmetricEigen } from "./symmetric-eigen.js";
import { runUmapEpochs, type UmapState } from "./umap-epochs.js";

/** Below this many points neighbourhoods mean nothing to UMAP. */
const FEWEST_FOR_UMAP = 8;

export interface LayoutOptions {
  seed: number;
  /** Neighbours a point is laid out by; as in Python's Kura 15, fewer where there are fewer points. */
  neighbors?: number;
  /** How close equal points may come, in units of the map; as in Python's Kura 0.1. */
  minDistance?: number;
  /** Default: UMAP's own, 500 up to 2,500 points and fewer beyond. */
  epochs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * A place on a map for every point, as x and y in turn: near where directions are alike (UMAP, McInnes and others 2018; cosine). Fewer
 * than 8 lie where their principal components put them, equal ones of them on one place. Deterministic for a seed, finite for any points.
 *
 * @throws {RangeError} If a point holds what is no finite number, or neighbors or epochs is no integer >= 1.
 */
export async function layout2d(
  points: Matrix,
  { seed, neighbors = 15, minDistance = 0.1, epochs, signal }: LayoutOptions,
): Promise<Float32Array> {
  assertFinite(points, "lay out points");
  for (const [name, value] of Object.entries({ neighbors, epochs: epochs ?? 1 }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`Cannot lay out points: ${name} must be an integer >= 1, it is ${value}`);
  const breathe = breather(signal);
  if (points.rows < FEWEST_FOR_UMAP) return principalComponents(normalizeRows(points), breathe);
  const { UMAP } = await import("umap-js");
  const nNeighbors = Math.min(Math.max(2, neighbors), points.rows - 1);
  const random = seededRandom(seed);
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors,
    minDist: minDistance,
    random,
    ...(epochs !== undefined && { nEpochs: epochs }),
  });
  // Found here, exactly and with breaths: umap-js would hold the event loop, and its search is random.
  const { indices, distances } = await nearestNeighbors(points, nNeighbors, { signal });
  umap.setPrecomputedKNN(indices, distances);
  // With neighbours given it asks for the number of points only.
  umap.initializeFit(Array.from({ length: points.rows }, () => []));
  const { optimizationState } = umap as unknown as { optimizationState: UmapState };
  return Float32Array.from(await runUmapEpochs(optimizationState, random, { onEpoch: breathe }));
}

/** The plane in which few points differ most. */
async function principalComponents(points: Matrix, breathe: () => Promise<void> | undefined): Promise<Float32Array> {
  const { rows: n, columns } = points;
  const mean = new Float32Array(columns);
  for (let row = 0; row < n; row++)
    rowOf(points, row).forEach((value, column) => {
      mean[column]! += value / n;
    });
  const centred = Array.from({ length: n }, (_, row) =>
    rowOf(points, row).map((value, column) => value - mean[column]!),
  );
  const products = Float64Array.from({ length: n * n }, (_, at) => dot(centred[Math.floor(at / n)]!, centred[at % n]!));
  const { values, vectors } = await symmetricEigen(products, n, breathe);
  const places = new Float32Array(n * 2);
  for (let axis = 0; axis < Math.min(2, n); axis++) {
    const component = Array.from({ length: n }, (_, row) => vectors[row * n + axis]!);
    const largest = component.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most));
    const scale = Math.sign(largest) * Math.sqrt(Math.max(0, values[axis]!));
    component.forEach((value, row) => {
      places[row * 2 + axis] = value * scale;
    });
  }
  return places;
}
