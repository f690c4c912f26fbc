import { breather } from "./breathe.js";
import type { Kernel } from "./kernel.js";
import { assertFinite, type Matrix, rowOf, rowsOf } from "./matrix.js";
import { type Nearest, nearest } from "./nearest.js";
import { newKernel } from "./new-kernel.js";
import { seededRandom } from "./random.js";
import { chooseStarts } from "./starts.js";

export interface KMeansOptions {
  seed: number;
  maxIterations?: number;
  /** Stop when the inertia falls by less than this share. */
  tolerance?: number;
  /** Runs from different starts; the one with the least inertia wins. */
  restarts?: number;
  /** Start here, once, instead of at starts of its own. */
  initialCentroids?: Matrix;
  signal?: AbortSignal | undefined;
  /** From 1 on, anew in each restart. `moved` points are in another cluster than before; absent for a mini-batch. */
  onIteration?: (iteration: number, progress: { inertia: number; moved?: number }) => void;
}

export interface KMeansResult {
  /** Dense: every number from 0 to the largest is used. There are fewer than k where points are equal. */
  readonly labels: Int32Array;
  /** Where the last assignment was made to; row `i` belongs to label `i`. */
  readonly centroids: Matrix;
  /** Sum of squared distances to the nearest centroid. */
  readonly inertia: number;
  readonly iterations: number;
}

/**
 * Lloyd's algorithm from k-means++ starts. Labels are numbered in the order of each cluster's first point. Deterministic for a seed.
 * Costs points x k x columns an iteration.
 *
 * @throws {RangeError} If a point holds what is no finite number, or an option is out of its range.
 */
export async function kMeans(
  points: Matrix,
  k: number,
  { seed, maxIterations = 100, tolerance = 1e-4, restarts = 1, initialCentroids, signal, onIteration }: KMeansOptions,
): Promise<KMeansResult> {
  assertCount("make clusters", "k", k);
  assertCount("make clusters", "restarts", restarts);
  assertCount("make clusters", "maxIterations", maxIterations);
  const breathe = breather(signal);
  assertFinite(points, "make clusters");
  await breathe();
  if (initialCentroids && (initialCentroids.rows !== k || initialCentroids.columns !== points.columns))
    throw new RangeError(
      `Cannot make ${k} clusters of rows of ${points.columns} numbers: initialCentroids is ${initialCentroids.rows} x ${initialCentroids.columns}`,
    );
  if (k >= points.rows) return equalPoints(points);
  const kernel = newKernel();
  let best: KMeansResult | undefined;
  for (let restart = 0; restart < (initialCentroids ? 1 : restarts); restart++) {
    const next = seededRandom(seed + restart * 7919);
    const starts = initialCentroids ?? (await chooseStarts(points, k, next, { kernel, signal }));
    const result = await lloyd(points, starts, kernel, { maxIterations, tolerance, signal, onIteration });
    if (!best || result.inertia < best.inertia) best = result;
  }
  return dense(best!);
}

interface LloydOptions {
  maxIterations: number;
  tolerance: number;
  signal: AbortSignal | undefined;
  onIteration: KMeansOptions["onIteration"] | undefined;
}

async function lloyd(
  points: Matrix,
  starts: Matrix,
  kernel: Kernel,
  { maxIterations, tolerance, signal, onIteration }: LloydOptions,
): Promise<KMeansResult> {
  let centroids = starts;
  let labelsBefore: Int32Array = new Int32Array(points.rows).fill(-1);
  let inertiaBefore = Number.POSITIVE_INFINITY;
  let assigned = await nearest(points, centroids, { signal, kernel });
  for (let iteration = 1; ; iteration++) {
    const { labels, distances } = assigned;
    const inertia = distances.reduce((sum, distance) => sum + distance, 0);
    const moved = labels.reduce((count, label, row) => (label === labelsBefore[row] ? count : count + 1), 0);
    onIteration?.(iteration, { inertia, moved });
    // A centroid that has just been moved to a far point may empty another: then go on for as long as that helps at all.
    const enough = new Set(labels).size < centroids.rows ? 0 : tolerance * inertia;
    if (moved === 0 || iteration >= maxIterations || inertiaBefore - inertia <= enough)
      return { labels, centroids, inertia, iterations: iteration };
    inertiaBefore = inertia;
    labelsBefore = labels;
    const means = await meansOf(points, labels, distances, centroids.rows, signal);
    const changed = changedRows(centroids, means);
    centroids = means;
    assigned = await nearestAgain(points, centroids, { before: assigned, changed, signal, kernel });
  }
}

/** Rows of `after` that are not those of `before`. */
function changedRows(before: Matrix, after: Matrix): Set<number> {
  const changed = new Set<number>();
  before.data.forEach((value, at) => {
    if (value !== after.data[at]) changed.add(Math.floor(at / before.columns));
  });
  return changed;
}

/**
 * `nearest`, where only some centroids have changed since `before`: a point whose own one has not is compared with those that have. In late
 * iterations they are few.
 */
async function nearestAgain(
  points: Matrix,
  centroids: Matrix,
  {
    before,
    changed,
    ...options
  }: { before: Nearest; changed: ReadonlySet<number>; signal: AbortSignal | undefined; kernel: Kernel },
): Promise<Nearest> {
  if (changed.size === 0) return before;
  const labels = before.labels.slice();
  const distances = before.distances.slice();
  const all = labels.map((_, row) => row);
  const open = all.filter((row) => changed.has(labels[row]!));
  const found = await nearest(rowsOf(points, open), centroids, options);
  open.forEach((row, at) => {
    labels[row] = found.labels[at]!;
    distances[row] = found.distances[at]!;
  });
  const others = Int32Array.from(changed);
  const held = all.filter((row) => !changed.has(before.labels[row]!));
  const nearer = await nearest(rowsOf(points, held), rowsOf(centroids, others), options);
  held.forEach((row, at) => {
    if (!(nearer.distances[at]! < distances[row]!)) return;
    labels[row] = others[nearer.labels[at]!]!;
    distances[row] = nearer.distances[at]!;
  });
  return { labels, distances };
}

/** The mean of each cluster's points. Empty clusters move to the points that are farthest from their centroids. */
async function meansOf(
  points: Matrix,
  labels: Int32Array,
  distances: Float32Array,
  k: number,
  signal: AbortSignal | undefined,
): Promise<Matrix> {
  const { columns } = points;
  const breathe = breather(signal);
  const sums = new Float64Array(k * columns);
  const counts = new Int32Array(k);
  for (let row = 0; row < points.rows; row++) {
    const label = labels[row]!;
    counts[label]!++;
    const to = label * columns;
    const from = row * columns;
    for (let column = 0; column < columns; column++) sums[to + column]! += points.data[from + column]!;
    const pause = breathe();
    if (pause) await pause;
  }
  const data = new Float32Array(k * columns);
  const empty: number[] = [];
  for (let label = 0; label < k; label++) {
    if (counts[label] === 0) empty.push(label);
    for (let column = 0; column < columns; column++)
      data[label * columns + column] = sums[label * columns + column]! / Math.max(1, counts[label]!);
  }
  if (empty.length > 0) {
    const farthest = labels.map((_, row) => row).sort((a, b) => distances[b]! - distances[a]! || a - b);
    empty.forEach((label, index) => {
      data.set(rowOf(points, farthest[index]!), label * columns);
    });
  }
  return { rows: k, columns, data };
}

/** As many clusters as points, or more: those that are equal share one. */
function equalPoints(points: Matrix): KMeansResult {
  const firsts: number[] = [];
  const known = new Map<string, number>();
  const labels = Int32Array.from({ length: points.rows }, (_, row) => {
    const key = rowOf(points, row).join();
    const label = known.get(key) ?? firsts.push(row) - 1;
    known.set(key, label);
    return label;
  });
  return { labels, centroids: rowsOf(points, firsts), inertia: 0, iterations: 0 };
}

/** Number the clusters that have points from 0 on, in the order of their first point. */
function dense({ labels, centroids, inertia, iterations }: KMeansResult): KMeansResult {
  const order = new Map<number, number>();
  const renamed = labels.map((label) => {
    if (!order.has(label)) order.set(label, order.size);
    return order.get(label)!;
  });
  return { labels: renamed, centroids: rowsOf(centroids, [...order.keys()]), inertia, iterations };
}

export function assertCount(act: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`Cannot ${act}: ${name} must be an integer >= 1, it is ${value}`);
}
