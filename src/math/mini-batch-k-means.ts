import { breather } from "./breathe.js";
import { assertCount, type KMeansOptions, type KMeansResult, kMeans } from "./k-means.js";
import { assertFinite, type Matrix, rowsOf } from "./matrix.js";
import { nearest } from "./nearest.js";
import { newKernel } from "./new-kernel.js";
import { sampleIndices, seededRandom } from "./random.js";

/** Batches without a new least inertia after which no better one is expected. */
const PATIENCE = 5;
/** Inertia of batches differs by chance: compared is a mean in which each new batch has this weight. */
const SMOOTHING = 0.3;
/** Starts are chosen among this many points per cluster at least; a batch of fewer would move most centroids by noise only. */
const POINTS_PER_CLUSTER = 4;

/**
 * k-means on random batches, with centroids that move less the more points they have seen (Sculley 2010), then two iterations with all
 * points. For more points than whole iterations are affordable for: costs (2 x points + up to batches x batchSize) x k x columns, where
 * `kMeans` costs 10 to 30 x points x k x columns.
 *
 * @throws {RangeError} As `kMeans`.
 */
export async function miniBatchKMeans(
  points: Matrix,
  k: number,
  {
    seed,
    batchSize = Math.max(10_000, POINTS_PER_CLUSTER * k),
    batches = 60,
    tolerance = 1e-3,
    signal,
    onIteration,
  }: Pick<KMeansOptions, "seed" | "tolerance" | "signal" | "onIteration"> & { batchSize?: number; batches?: number },
): Promise<KMeansResult> {
  assertCount("make clusters", "batchSize", batchSize);
  assertCount("make clusters", "batches", batches);
  const breathe = breather(signal);
  assertFinite(points, "make clusters");
  await breathe();
  if (batchSize >= points.rows)
    return kMeans(points, k, { seed, tolerance, signal, ...(onIteration && { onIteration }) });
  const next = seededRandom(seed);
  const draw = (size: number): Matrix => rowsOf(points, sampleIndices(points.rows, size, next));
  const { centroids } = await kMeans(draw(Math.max(batchSize, POINTS_PER_CLUSTER * k)), k, {
    seed,
    maxIterations: 3,
    signal,
  });
  const { columns } = points;
  const seen = new Float64Array(centroids.rows).fill(1);
  const kernel = newKernel();
  let smoothed: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  let worse = 0;
  let batch = 0;
  while (batch < batches && worse < PATIENCE) {
    const drawn = draw(batchSize);
    const { labels, distances } = await nearest(drawn, centroids, { signal, kernel });
    for (let row = 0; row < drawn.rows; row++) {
      const rate = 1 / ++seen[labels[row]!]!;
      const to = labels[row]! * columns;
      for (let column = 0; column < columns; column++)
        centroids.data[to + column]! += rate * (drawn.data[row * columns + column]! - centroids.data[to + column]!);
      const pause = breathe();
      if (pause) await pause;
    }
    const inertia = (distances.reduce((sum, distance) => sum + distance, 0) * points.rows) / drawn.rows;
    batch++;
    onIteration?.(batch, { inertia });
    smoothed = smoothed === undefined ? inertia : smoothed + SMOOTHING * (inertia - smoothed);
    worse = smoothed < least * (1 - tolerance) ? 0 : worse + 1;
    least = Math.min(least, smoothed);
  }
  const result = await kMeans(points, centroids.rows, {
    seed,
    initialCentroids: centroids,
    maxIterations: 2,
    signal,
    onIteration: (iteration, progress) => onIteration?.(batch + iteration, progress),
  });
  return { ...result, iterations: batch + result.iterations };
}
