import { breather } from "./breathe.js";
import { type Kernel, paddedWidth } from "./kernel.js";
import { type Matrix, normalizeRows, rowOf } from "./matrix.js";
import { newKernel } from "./new-kernel.js";

export interface Neighbors {
  /** Of each point itself, then the others, nearest first; of equally near ones the first. */
  readonly indices: number[][];
  /** 1 - cosine, from 0 to 2; 1 where a vector is zero. */
  readonly distances: number[][];
}

/** How many points are compared with all others per call of the kernel. */
const QUERIES = 4;

/** The `count` nearest points of every point, itself the first, by direction. Exact: costs the square of the points x columns. */
export async function nearestNeighbors(
  points: Matrix,
  count: number,
  { signal, kernel = newKernel() }: { signal?: AbortSignal | undefined; kernel?: Kernel } = {},
): Promise<Neighbors> {
  const { rows: n, columns } = points;
  const breathe = breather(signal);
  const normalized = normalizeRows(points);
  const width = paddedWidth(columns);
  const at = { four: 0, points: QUERIES * width * 4, out: (QUERIES + n) * width * 4 };
  const { floats } = kernel.reserve(at.out + n * QUERIES * 4);
  floats.fill(0, 0, at.out / 4);
  for (let row = 0; row < n; row++) floats.set(rowOf(normalized, row), at.points / 4 + row * width);
  const indices: number[][] = [];
  const distances: number[][] = [];
  for (let first = 0; first < n; first += QUERIES) {
    const queries = Math.min(QUERIES, n - first);
    const from = at.points / 4 + first * width;
    floats.copyWithin(at.four / 4, from, from + queries * width);
    kernel.dots(at.points, n, at.four, width * 4, at.out);
    for (let query = 0; query < queries; query++) {
      const distanceTo = (row: number): number => {
        if (row === first + query) return 0;
        return Math.max(0, 1 - floats[at.out / 4 + row * QUERIES + query]!);
      };
      const nearest = leastOf(n, count, first + query, distanceTo);
      indices.push(nearest);
      distances.push(nearest.map(distanceTo));
    }
    const pause = breathe();
    if (pause) await pause;
  }
  return { indices, distances };
}

/** `self`, and the others with the least distance in ascending order. */
function leastOf(n: number, count: number, self: number, distanceTo: (row: number) => number): number[] {
  const rows: number[] = [];
  const kept: number[] = [];
  for (let row = 0; row < n && count > 1; row++) {
    if (row === self) continue;
    const distance = distanceTo(row);
    if (rows.length === count - 1) {
      if (distance >= kept[rows.length - 1]!) continue;
      rows.pop();
      kept.pop();
    }
    let place = rows.length;
    while (place > 0 && kept[place - 1]! > distance) place--;
    rows.splice(place, 0, row);
    kept.splice(place, 0, distance);
  }
  return [self, ...rows];
}
