import { type Matrix, normalizeRows, rowOf } from "./matrix.js";

/**
 * Put points, compared by direction, into groups by merging until `groups` are left, each time the two whose merging adds least to
 * the sum of squares (Ward 1963). Labels are dense, in the order of each group's first point. Costs the square of
 * the points, in memory the points; meant for some thousands.
 */
export function mergeNearest(points: Matrix, weights: readonly number[], groups: number): Int32Array {
  const normalized = normalizeRows(points);
  const means = Array.from({ length: points.rows }, (_, row) => Float64Array.from(rowOf(normalized, row)));
  const sizes = Float64Array.from(weights);
  const into = Int32Array.from({ length: points.rows }, (_, row) => row);
  const alive = new Set(into);
  const closest = new Map<number, { other: number; cost: number }>();
  for (const row of alive) closest.set(row, closestTo(row, alive, means, sizes));
  while (alive.size > Math.max(1, groups)) {
    let best = -1;
    for (const row of alive) if (best < 0 || closest.get(row)!.cost < closest.get(best)!.cost) best = row;
    const { other } = closest.get(best)!;
    const [kept, gone] = best < other ? [best, other] : [other, best];
    absorb(means[kept]!, sizes[kept]!, means[gone]!, sizes[gone]!);
    sizes[kept]! += sizes[gone]!;
    into[gone] = kept;
    alive.delete(gone);
    closest.delete(gone);
    for (const row of alive) {
      const current = closest.get(row)!;
      if (row === kept || current.other === kept || current.other === gone)
        closest.set(row, closestTo(row, alive, means, sizes));
      else {
        const cost = mergeCost(means[row]!, sizes[row]!, means[kept]!, sizes[kept]!);
        if (cost < current.cost) closest.set(row, { other: kept, cost });
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

function closestTo(
  row: number,
  alive: ReadonlySet<number>,
  means: readonly Float64Array[],
  sizes: Float64Array,
): { other: number; cost: number } {
  let found = { other: -1, cost: Number.POSITIVE_INFINITY };
  for (const other of alive) {
    if (other === row) continue;
    const cost = mergeCost(means[row]!, sizes[row]!, means[other]!, sizes[other]!);
    if (cost < found.cost) found = { other, cost };
  }
  return found;
}

/** How much Ward's sum of squares would grow. */
function mergeCost(a: Float64Array, sizeA: number, b: Float64Array, sizeB: number): number {
  let distance = 0;
  for (let index = 0; index < a.length; index++) distance += (a[index]! - b[index]!) ** 2;
  return (distance * sizeA * sizeB) / (sizeA + sizeB);
}

function absorb(into: Float64Array, size: number, other: Float64Array, otherSize: number): void {
  for (let index = 0; index < into.length; index++)
    into[index] = (into[index]! * size + other[index]! * otherSize) / (size + otherSize);
}
