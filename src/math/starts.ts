import { breather } from "./breathe.js";
import { type Kernel, paddedWidth } from "./kernel.js";
import { type Matrix, rowOf, rowsOf } from "./matrix.js";
import { copyFrom, meanRow } from "./nearest.js";
import { sampleIndices } from "./random.js";

/** Starts are chosen among this many points each: choosing costs points x starts x 4, so with all points it would cost as much as four iterations. */
const POINTS_PER_START = 20;
/** scikit-learn tries 2 + ln k candidates; four are what the kernel takes at once. */
const CANDIDATES = 4;
/** Of a squared distance that is so small a share of the squared lengths float32 products leave less than two digits. */
const CLOSE = 1e-4;

/**
 * Up to `k` of the points, far from each other: greedy k-means++ (Arthur and Vassilvitskii 2007). Each further start is, of candidates
 * drawn with the squared distance to the nearest start as their weight, the one that leaves the least of it. Fewer where points are equal.
 */
export async function chooseStarts(
  points: Matrix,
  k: number,
  next: () => number,
  { kernel, signal }: { kernel: Kernel; signal: AbortSignal | undefined },
): Promise<Matrix> {
  const breathe = breather(signal);
  const pool = rowsOf(points, sampleIndices(points.rows, k * POINTS_PER_START, next));
  const n = pool.rows;
  const width = paddedWidth(pool.columns);
  const at = { four: 0, points: CANDIDATES * width * 4, out: (CANDIDATES + n) * width * 4 };
  const { floats } = kernel.reserve(at.out + n * CANDIDATES * 4);
  floats.fill(0, 0, at.out / 4);
  const norms = new Float64Array(n);
  const origin = meanRow(pool);
  await breathe();
  for (let row = 0; row < n; row++) {
    const to = at.points / 4 + row * width;
    copyFrom(pool, row, origin, floats, to);
    for (let column = 0; column < width; column++) norms[row]! += floats[to + column]! ** 2;
    const pause = breathe();
    if (pause) await pause;
  }

  /** Squared distance of each point to the nearest start so far. */
  const distances = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const distanceTo = (row: number, candidate: number, dot: number): number => {
    const lengths = norms[row]! + norms[candidate]!;
    const distance = lengths - 2 * dot;
    return distance > CLOSE * lengths ? distance : exactDistance(rowOf(pool, row), rowOf(pool, candidate));
  };
  const chosen: number[] = [];
  /** Choose the best of up to four; what it leaves. */
  const choose = (candidates: readonly number[]): number => {
    candidates.forEach((candidate, index) => {
      const from = at.points / 4 + candidate * width;
      floats.copyWithin(at.four / 4 + index * width, from, from + width);
    });
    kernel.dots(at.points, n, at.four, width * 4, at.out);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    candidates.forEach((candidate, index) => {
      let total = 0;
      for (let row = 0; row < n; row++) {
        total += Math.min(distances[row]!, distanceTo(row, candidate, floats[at.out / 4 + row * CANDIDATES + index]!));
      }
      if (total < least) {
        least = total;
        best = index;
      }
    });
    for (let row = 0; row < n; row++) {
      const distance = distanceTo(row, candidates[best]!, floats[at.out / 4 + row * CANDIDATES + best]!);
      if (distance < distances[row]!) distances[row] = distance;
    }
    chosen.push(candidates[best]!);
    return least;
  };

  let left = choose([Math.floor(next() * n)]);
  while (chosen.length < k && left > 0) {
    left = choose(Array.from({ length: CANDIDATES }, () => draw(distances, next() * left)));
    const pause = breathe();
    if (pause) await pause;
  }
  return rowsOf(pool, chosen);
}

/** The first index up to which the weights sum to more than `share`; never one without weight. */
function draw(weights: Float64Array, share: number): number {
  let left = share;
  let last = 0;
  for (let index = 0; index < weights.length; index++) {
    if (weights[index] === 0) continue;
    last = index;
    left -= weights[index]!;
    if (left < 0) break;
  }
  return last;
}

function exactDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return sum;
}
