import { breather } from "./breathe.js";
import { assertFinite, dot, type Matrix, normalizeRows, rowOf } from "./matrix.js";
import { nearestNeighbors } from "./neighbors.js";
import { newUmap } from "./new-umap.js";
import { seededRandom } from "./random.js";
import { symmetricEigen } from "./symmetric-eigen.js";
import { umapGraph } from "./umap-graph.js";

/** Below this many points neighbourhoods mean nothing to UMAP. */
const FEWEST_FOR_UMAP = 8;

export interface LayoutOptions {
  seed: number;
  /** Neighbours a point is laid out by; as in Python's Kura 15, fewer where there are fewer points. */
  neighbors?: number;
  /** Default: 500 up to 2,500 points, and fewer beyond. */
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
  { seed, neighbors = 15, epochs = epochsOf(points.rows), signal }: LayoutOptions,
): Promise<Float32Array> {
  assertFinite(points, "lay out points");
  for (const [name, value] of Object.entries({ neighbors, epochs }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`Cannot lay out points: ${name} must be an integer >= 1, it is ${value}`);
  const breathe = breather(signal);
  if (points.rows < FEWEST_FOR_UMAP) return principalComponents(normalizeRows(points), breathe);
  const count = Math.min(Math.max(2, neighbors), points.rows - 1);
  const graph = umapGraph(await nearestNeighbors(points, count, { signal }), epochs);
  const random = seededRandom(seed);
  const start = Float64Array.from({ length: points.rows * 2 }, () => random() * 20 - 10);
  const umap = newUmap(graph, start, Math.floor(random() * 2 ** 32));
  for (let epoch = 0; epoch < epochs; epoch++) {
    // As in umap-js, the first two are alike.
    umap.epoch(epoch, 1 - Math.max(0, epoch - 1) / epochs);
    const pause = breathe();
    if (pause) await pause;
  }
  return Float32Array.from(umap.places);
}

/** As in umap-js. */
function epochsOf(points: number): number {
  if (points <= 2_500) return 500;
  if (points <= 5_000) return 400;
  return points <= 7_500 ? 300 : 200;
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
