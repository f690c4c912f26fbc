import { type Matrix, normalizeRows } from "./matrix.js";

/**
 * Put points, compared by direction, into groups by merging until `groups` are left, each time the two whose merging costs least: the
 * squared distance of their mean directions, times what Ward (1963) weighs it with, so that large groups merge later. Labels are dense,
 * in the order of each group's first point. Costs the square of the points x columns, in memory twice the square of the points in
 * bytes; meant for some thousands. Does not breathe: 2,000 points of 96 numbers take a third of a second.
 *
 * @throws {RangeError} If there is not one weight >= 0 for every point.
 */
export function mergeNearest(points: Matrix, weights: readonly number[], groups: number): Int32Array {
  const { rows: n, columns } = points;
  if (weights.length !== n || !weights.every((weight) => weight >= 0 && Number.isFinite(weight)))
    throw new RangeError(`Cannot merge ${n} points: a weight >= 0 is needed for each, ${weights.length} are given`);
  const means = normalizeRows(points).data;
  const sizes = Float64Array.from(weights);
  const alive = Array.from({ length: n }, (_, row) => row);
  const into = Int32Array.from(alive);
  // Of each pair once, `a` above `b`: finding the next closest of a group looks costs up instead of making them again.
  const costs = new Float32Array((n * (n - 1)) / 2);
  const place = (a: number, b: number): number => (a > b ? (a * (a - 1)) / 2 + b : (b * (b - 1)) / 2 + a);
  const cost = (a: number, b: number): number => {
    const weight = (sizes[a]! * sizes[b]!) / (sizes[a]! + sizes[b]! || 1);
    return squaredDistance(means, a * columns, b * columns, columns) * weight;
  };
  for (let a = 1; a < n; a++) for (let b = 0; b < a; b++) costs[place(a, b)] = cost(a, b);

  const closest = new Int32Array(n);
  const least = new Float32Array(n);
  const findClosest = (row: number): void => {
    closest[row] = -1;
    least[row] = Number.POSITIVE_INFINITY;
    for (const other of alive) {
      if (other === row) continue;
      const found = costs[place(row, other)]!;
      if (found < least[row]!) {
        least[row] = found;
        closest[row] = other;
      }
    }
  };
  for (const row of alive) findClosest(row);

  while (alive.length > Math.max(1, groups)) {
    let best = alive[0]!;
    for (const row of alive) if (least[row]! < least[best]!) best = row;
    const kept = Math.min(best, closest[best]!);
    const gone = Math.max(best, closest[best]!);
    absorb(means, columns, kept, sizes[kept]!, gone, sizes[gone]!);
    sizes[kept]! += sizes[gone]!;
    into[gone] = kept;
    alive.splice(alive.indexOf(gone), 1);
    for (const row of alive) if (row !== kept) costs[place(row, kept)] = cost(row, kept);
    for (const row of alive) {
      if (row === kept || closest[row] === kept || closest[row] === gone) findClosest(row);
      else if (costs[place(row, kept)]! < least[row]!) {
        least[row] = costs[place(row, kept)]!;
        closest[row] = kept;
      }
    }
  }
  const order = new Map<number, number>();
  return into.map((_, row) => {
    let root = row;
    while (into[root] !== root) root = into[root]!;
    if (!order.has(root)) order.set(root, order.size);
    return order.get(root)!;
  });
}

function squaredDistance(data: Float32Array, a: number, b: number, columns: number): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    const difference = data[a + column]! - data[b + column]!;
    sum += difference * difference;
  }
  return sum;
}

function absorb(data: Float32Array, columns: number, kept: number, size: number, gone: number, goneSize: number): void {
  const to = kept * columns;
  const from = gone * columns;
  let norm = 0;
  for (let column = 0; column < columns; column++) {
    const sum = data[to + column]! * size + data[from + column]! * goneSize;
    data[to + column] = sum;
    norm += sum * sum;
  }
  // Back to a direction: the mean of many is short, near everything, and would draw all others to itself.
  const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0;
  for (let column = 0; column < columns; column++) data[to + column]! *= scale;
}
