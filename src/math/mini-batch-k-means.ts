import { dense, type KMeansOptions, type KMeansResult, kMeans } from "./k-means.js";
import { type Matrix, rowOf } from "./matrix.js";
import { nearest } from "./nearest.js";
import { seededRandom } from "./random.js";

/**
 * k-means on random batches, with centroids that move less the more points they have seen (Sculley 2010), and a last assignment of all
 * points. For more points than whole iterations are affordable for: costs batches x batchSize x k x columns.
 */
export async function miniBatchKMeans(
  points: Matrix,
  k: number,
  {
    seed,
    batchSize = 10_000,
    batches = 60,
    signal,
    onIteration,
  }: Pick<KMeansOptions, "seed" | "signal" | "onIteration"> & { batchSize?: number; batches?: number },
): Promise<KMeansResult> {
  const next = seededRandom(seed);
  const draw = (): Matrix => {
    const count = Math.min(batchSize, points.rows);
    const data = new Float32Array(count * points.columns);
    for (let row = 0; row < count; row++)
      data.set(rowOf(points, Math.floor(next() * points.rows)), row * points.columns);
    return { rows: count, columns: points.columns, data };
  };
  const first = await kMeans(draw(), k, { seed, maxIterations: 5, signal });
  const { columns } = points;
  const centroids: Matrix = { ...first.centroids, data: first.centroids.data.slice() };
  const seen = new Float64Array(centroids.rows).fill(1);
  for (let batch = 0; batch < batches; batch++) {
    const drawn = draw();
    const { labels } = await nearest(drawn, centroids, { signal });
    for (let row = 0; row < drawn.rows; row++) {
      const label = labels[row]!;
      const rate = 1 / ++seen[label]!;
      for (let column = 0; column < columns; column++) {
        const at = label * columns + column;
        centroids.data[at]! += rate * (drawn.data[row * columns + column]! - centroids.data[at]!);
      }
    }
    onIteration?.(batch + 1);
  }
  const { labels, distances } = await nearest(points, centroids, { signal });
  const inertia = distances.reduce((sum, distance) => sum + distance, 0);
  return dense({ labels, centroids, inertia, iterations: batches });
}
