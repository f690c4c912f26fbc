import { vi } from "vitest";
import type { Matrix } from "../../src/math/matrix.js";
import { gaussian, seededRandom } from "../../src/math/random.js";

export function matrixOf(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, data: Float32Array.from(rows.flat()) };
}

/** Normally distributed numbers. */
export function noise(rows: number, columns: number, seed: number): Matrix {
  return { rows, columns, data: Float32Array.from({ length: rows * columns }, gaussian(seededRandom(seed))) };
}

/** Point `i` lies around center `i % centers`, whose distances from each other are about `apart` times the spread of points. */
export function blobs(
  rows: number,
  columns: number,
  { centers, apart, seed }: { centers: number; apart: number; seed: number },
): Matrix {
  const middles = noise(centers, columns, seed + 1000);
  const points = noise(rows, columns, seed);
  const scale = apart / Math.sqrt(2 * columns);
  for (let at = 0; at < points.data.length; at++) {
    const [row, column] = [Math.floor(at / columns), at % columns];
    points.data[at]! =
      points.data[at]! / Math.sqrt(2 * columns) + scale * middles.data[(row % centers) * columns + column]!;
  }
  return points;
}

/** The shortest way to the same answer, in float64: labels of the nearest centroids and the squared distances. */
export function naiveNearest(points: Matrix, centroids: Matrix): { labels: number[]; distances: number[] } {
  const labels: number[] = [];
  const distances: number[] = [];
  for (let row = 0; row < points.rows; row++) {
    const all = Array.from({ length: centroids.rows }, (_, label) => naiveDistance(points, row, centroids, label));
    distances.push(Math.min(...all));
    labels.push(all.indexOf(Math.min(...all)));
  }
  return { labels, distances };
}

export function naiveDistance(a: Matrix, rowA: number, b: Matrix, rowB: number): number {
  let sum = 0;
  for (let column = 0; column < a.columns; column++)
    sum += (a.data[rowA * a.columns + column]! - b.data[rowB * b.columns + column]!) ** 2;
  return sum;
}

/** From now on, until mocks are restored, every chance to breathe is taken. */
export function breatheAlways(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 1000;
    return now;
  });
}

/** A signal that is aborted as soon as the event loop gets a turn. */
export function abortedSoon(reason: string): AbortSignal {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error(reason)), 0);
  return stop.signal;
}
