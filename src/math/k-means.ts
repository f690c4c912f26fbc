import { type Matrix, rowOf } from "./matrix.js";
import { nearest } from "./nearest.js";
import { seededRandom } from "./random.js";

export interface KMeansOptions {
  seed: number;
  maxIterations?: number;
  /** Stop when the inertia falls by less than this share. */
  tolerance?: number;
  /** Runs from different starts; the one with the least inertia wins. */
  restarts?: number;
  signal?: AbortSignal | undefined;
  onIteration?: (iteration: number) => void;
}

export interface KMeansResult {
  /** Dense: every number from 0 to the largest is used. There are fewer than k where points are equal. */
  readonly labels: Int32Array;
  readonly centroids: Matrix;
  /** Sum of squared distances to the nearest centroid. */
  readonly inertia: number;
  readonly iterations: number;
}

/** Points for seeding beyond this many are a sample: k-means++ costs points x k. */
const SEEDING_POINTS_PER_CLUSTER = 20;

/**
 * Lloyd's algorithm from k-means++ starts (Arthur and Vassilvitskii 2007). Deterministic for a seed. Costs points x k x columns an
 * iteration.
 */
export async function kMeans(
  points: Matrix,
  k: number,
  { seed, maxIterations = 100, tolerance = 1e-4, restarts = 1, signal, onIteration }: KMeansOptions,
): Promise<KMeansResult> {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`Cannot make ${k} clusters: an integer >= 1 is needed`);
  let best: KMeansResult | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const next = seededRandom(seed + restart * 7919);
    const starts = await chooseStarts(points, Math.min(k, points.rows), next, signal);
    const result = await lloyd(points, starts, { maxIterations, tolerance, signal, onIteration });
    if (!best || result.inertia < best.inertia) best = result;
  }
  return dense(best!);
}

async function lloyd(
  points: Matrix,
  starts: Matrix,
  {
    maxIterations,
    tolerance,
    signal,
    onIteration,
  }: Required<Pick<KMeansOptions, "maxIterations" | "tolerance">> &
    Pick<KMeansOptions, "signal"> & { onIteration: KMeansOptions["onIteration"] | undefined },
): Promise<KMeansResult> {
  let centroids = starts;
  let before = Number.POSITIVE_INFINITY;
  for (let iteration = 1; ; iteration++) {
    const { labels, distances } = await nearest(points, centroids, { signal });
    const inertia = distances.reduce((sum, distance) => sum + distance, 0);
    onIteration?.(iteration);
    if (iteration >= maxIterations || before - inertia <= tolerance * inertia)
      return { labels, centroids, inertia, iterations: iteration };
    before = inertia;
    centroids = meansOf(points, labels, distances, centroids.rows);
  }
}

/** The mean of each cluster's points. An empty cluster moves to the point that is farthest from its own centroid. */
function meansOf(points: Matrix, labels: Int32Array, distances: Float32Array, k: number): Matrix {
  const { columns } = points;
  const sums = new Float64Array(k * columns);
  const counts = new Int32Array(k);
  for (let row = 0; row < points.rows; row++) {
    const label = labels[row]!;
    counts[label]!++;
    const base = label * columns;
    const from = row * columns;
    for (let column = 0; column < columns; column++) sums[base + column]! += points.data[from + column]!;
  }
  const data = new Float32Array(k * columns);
  const taken = new Set<number>();
  for (let label = 0; label < k; label++) {
    if (counts[label]! > 0) {
      for (let column = 0; column < columns; column++)
        data[label * columns + column] = sums[label * columns + column]! / counts[label]!;
      continue;
    }
    let farthest = -1;
    for (let row = 0; row < points.rows; row++) {
      if (!taken.has(row) && (farthest < 0 || distances[row]! > distances[farthest]!)) farthest = row;
    }
    taken.add(farthest);
    data.set(rowOf(points, farthest), label * columns);
  }
  return { rows: k, columns, data };
}

/** k-means++: each further start is drawn with the squared distance to the nearest one so far as its weight. */
async function chooseStarts(
  points: Matrix,
  k: number,
  next: () => number,
  signal: AbortSignal | undefined,
): Promise<Matrix> {
  const pool = samplePool(points, k * SEEDING_POINTS_PER_CLUSTER, next);
  const { columns } = points;
  const chosen: Float32Array[] = [];
  const distances = new Float64Array(pool.length).fill(Number.POSITIVE_INFINITY);
  let pick = Math.floor(next() * pool.length);
  while (chosen.length < k) {
    const start = rowOf(points, pool[pick]!);
    chosen.push(start);
    let total = 0;
    for (let index = 0; index < pool.length; index++) {
      const from = pool[index]! * columns;
      let distance = 0;
      const bound = distances[index]!;
      for (let column = 0; column < columns && distance < bound; column++) {
        const difference = points.data[from + column]! - start[column]!;
        distance += difference * difference;
      }
      if (distance < bound) distances[index] = distance;
      total += distances[index]!;
    }
    let left = next() * total;
    pick = 0;
    while (pick < pool.length - 1 && (left -= distances[pick]!) > 0) pick++;
    if (chosen.length % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
  const data = new Float32Array(k * columns);
  chosen.forEach((start, index) => data.set(start, index * columns));
  return { rows: k, columns, data };
}

function samplePool(points: Matrix, size: number, next: () => number): Int32Array {
  const pool = Int32Array.from({ length: points.rows }, (_, row) => row);
  if (points.rows <= size) return pool;
  for (let index = 0; index < size; index++) {
    const other = index + Math.floor(next() * (points.rows - index));
    [pool[index], pool[other]] = [pool[other]!, pool[index]!];
  }
  return pool.slice(0, size);
}

/** Number the clusters that have points from 0 on, in the order of their first point. */
export function dense({ labels, centroids, inertia, iterations }: KMeansResult): KMeansResult {
  const order = new Map<number, number>();
  const renamed = labels.map((label) => {
    if (!order.has(label)) order.set(label, order.size);
    return order.get(label)!;
  });
  const data = new Float32Array(order.size * centroids.columns);
  for (const [old, label] of order) data.set(rowOf(centroids, old), label * centroids.columns);
  return { labels: renamed, centroids: { rows: order.size, columns: centroids.columns, data }, inertia, iterations };
}
