import { breather } from "./breathe.js";
import { type Kernel, paddedWidth } from "./kernel.js";
import { type Matrix, rowOf, rowsOf } from "./matrix.js";
import { sampleIndices } from "./random.js";

/** Starts are chosen among this many points each: choosing costs points x starts x 4, so with all points it would cost as much as four iterations. */
const POINTS_PER_START = 20;
/** scikit-learn tries 2 + ln k candidates; four are what the kernel takes at once. */
const CANDIDATES = 4;

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
  const at = { sums: 0, four: 32, points: 32 + CANDIDATES * width * 4, least: 0, out: 0 };
  at.least = at.points + n * width * 4;
  at.out = at.least + Math.ceil(n / 4) * 16;
  const { floats, doubles } = kernel.reserve(at.out + n * CANDIDATES * 4);
  floats.fill(0, 0, at.least / 4);
  for (let row = 0; row < n; row++) floats.set(rowOf(pool, row), at.points / 4 + row * width);
  // At `least`: the squared distance of each point to the nearest start so far.
  floats.fill(Number.POSITIVE_INFINITY, at.least / 4, at.least / 4 + n);
  await breathe();

  const chosen: number[] = [];
  /** Choose the best of up to four; what it leaves. */
  const choose = (candidates: readonly number[]): number => {
    candidates.forEach((candidate, index) => {
      const from = at.points / 4 + candidate * width;
      floats.copyWithin(at.four / 4 + index * width, from, from + width);
    });
    kernel.closer(at.points, n, at.four, width * 4, at.least, at.out, at.sums);
    const sums = doubles.slice(at.sums / 8, at.sums / 8 + candidates.length);
    const best = sums.indexOf(Math.min(...sums));
    const from = at.out / 4 + best * n;
    floats.copyWithin(at.least / 4, from, from + n);
    chosen.push(candidates[best]!);
    return sums[best]!;
  };

  let left = choose([Math.floor(next() * n)]);
  while (chosen.length < k && left > 0) {
    left = choose(Array.from({ length: CANDIDATES }, () => kernel.drawn(at.least, n, next() * left)));
    const pause = breathe();
    if (pause) await pause;
  }
  return rowsOf(pool, chosen);
}
