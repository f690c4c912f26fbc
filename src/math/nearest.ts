import { breather } from "./breathe.js";
import { type Kernel, paddedWidth } from "./kernel.js";
import type { Matrix } from "./matrix.js";
import { newKernel } from "./new-kernel.js";

/** Multiplications per call of the kernel: a few milliseconds in WASM, about as long as may pass without a breath in JavaScript. */
const MULTIPLICATIONS_PER_CALL = 2 ** 25;
/** More points than this at once do not stay in the processor's nearest cache but one. */
const MOST_POINTS_PER_CALL = 256;

export interface Nearest {
  /** Index of the nearest centroid, by Euclidean distance; of those equal to float32 rounding the first. */
  readonly labels: Int32Array;
  /** Squared distance to it. */
  readonly distances: Float32Array;
}

/** The nearest centroid of every point. Costs points x centroids x columns multiplications; bench/k-means.mjs says how long they take. */
export async function nearest(
  points: Matrix,
  centroids: Matrix,
  { signal, kernel = newKernel() }: { signal?: AbortSignal | undefined; kernel?: Kernel } = {},
): Promise<Nearest> {
  const { rows: n, columns } = points;
  const labels = new Int32Array(n);
  const distances = new Float32Array(n);
  if (n === 0) return { labels, distances };
  const width = paddedWidth(columns);
  const k = Math.ceil(centroids.rows / 4) * 4;
  const block = Math.max(1, Math.min(MOST_POINTS_PER_CALL, Math.floor(MULTIPLICATIONS_PER_CALL / (k * width))));
  const at = { points: 0, centroids: block * width * 4, halfNorms: 0, labels: 0, scores: 0 };
  at.halfNorms = at.centroids + k * width * 4;
  at.labels = at.halfNorms + k * 4;
  at.scores = at.labels + Math.ceil(block / 4) * 16;
  const { floats, integers } = kernel.reserve(at.scores + block * 4);
  floats.fill(0, 0, at.halfNorms / 4);
  floats.fill(Number.POSITIVE_INFINITY, at.halfNorms / 4, at.halfNorms / 4 + k);

  // Seen from the middle of the centroids: far from the origin the products would be so large that the differences round away.
  const origin = meanRow(centroids);
  for (let row = 0; row < centroids.rows; row++) {
    const to = at.centroids / 4 + row * width;
    copyFrom(centroids, row, origin, floats, to);
    let norm = 0;
    for (let column = 0; column < columns; column++) norm += floats[to + column]! ** 2;
    floats[at.halfNorms / 4 + row] = norm / 2;
  }
  const breathe = breather(signal);
  for (let start = 0; start < n; start += block) {
    const count = Math.min(block, n - start);
    for (let row = 0; row < count; row++) copyFrom(points, start + row, origin, floats, row * width);
    kernel.nearest(at.points, count, at.centroids, k, width * 4, at.halfNorms, at.labels, at.scores);
    for (let row = 0; row < count; row++) {
      const label = integers[at.labels / 4 + row]!;
      labels[start + row] = label;
      // Once more, exactly: the kernel's score is a difference of large numbers where point and centroid are close.
      distances[start + row] = squaredDistance(points, start + row, centroids, label);
    }
    const pause = breathe();
    if (pause) await pause;
  }
  return { labels, distances };
}

/** The mean of all rows. */
export function meanRow({ rows, columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) sums[column]! += data[row * columns + column]!;
  }
  return sums.map((sum) => sum / rows);
}

/** A row as seen from `origin`. */
export function copyFrom(
  { columns, data }: Matrix,
  row: number,
  origin: Float64Array,
  floats: Float32Array,
  to: number,
): void {
  const from = row * columns;
  for (let column = 0; column < columns; column++) floats[to + column] = data[from + column]! - origin[column]!;
}

function squaredDistance(a: Matrix, rowA: number, b: Matrix, rowB: number): number {
  const fromA = rowA * a.columns;
  const fromB = rowB * b.columns;
  let sum = 0;
  for (let column = 0; column < a.columns; column++) sum += (a.data[fromA + column]! - b.data[fromB + column]!) ** 2;
  return sum;
}
