import { dot, type Matrix, matrixFromRows, normalize, rowOf } from "../math/matrix.js";
import type { Cluster } from "../rows/builtin.js";

/**
 * Where to start from, to find again the clusters that there were: the mean of each one's members that are still here, and, for as many
 * clusters more as there are to be, the points that lie farthest from all of them.
 *
 * @param ids Of the points, in their order. All points have length 1.
 */
export function startsFrom(points: Matrix, ids: readonly string[], earlier: readonly Cluster[], count: number): Matrix {
  const rowById = new Map(ids.map((id, row) => [id, row]));
  const starts = earlier.flatMap(({ chat_ids }) => {
    const rows = chat_ids.flatMap((id) => rowById.get(id) ?? []);
    return rows.length > 0 ? [meanOf(points, rows)] : [];
  });
  const nearness = new Float64Array(points.rows).fill(Number.NEGATIVE_INFINITY);
  const lookAt = (start: Float32Array) => {
    for (let row = 0; row < points.rows; row++)
      nearness[row] = Math.max(nearness[row]!, dot(start, rowOf(points, row)));
  };
  for (const start of starts) lookAt(start);
  while (starts.length < Math.min(count, points.rows)) {
    let farthest = 0;
    for (let row = 1; row < points.rows; row++) if (nearness[row]! < nearness[farthest]!) farthest = row;
    const start = Float32Array.from(rowOf(points, farthest));
    starts.push(start);
    lookAt(start);
  }
  return matrixFromRows(starts);
}

export interface Movement {
  /** Conversations that are in another cluster than before, of those that are in both. */
  readonly moved: number;
  readonly of: number;
  /** Clusters that are none of the earlier ones. */
  readonly added: number;
}

/** How far apart two groupings are: each earlier cluster is found again in the one that has most of it. */
export function movementOf(earlier: readonly Cluster[], now: readonly Cluster[]): Movement {
  const clusterOf = new Map(now.flatMap(({ chat_ids }, index) => chat_ids.map((id) => [id, index] as const)));
  const found = new Set<number>();
  let moved = 0;
  let of = 0;
  for (const { chat_ids } of earlier) {
    const shares = new Map<number, number>();
    for (const id of chat_ids) {
      const index = clusterOf.get(id);
      if (index !== undefined) shares.set(index, (shares.get(index) ?? 0) + 1);
    }
    const [best, most = 0] = [...shares].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
    const here = [...shares.values()].reduce((sum, count) => sum + count, 0);
    of += here;
    moved += here - most;
    if (best !== undefined) found.add(best);
  }
  return { moved, of, added: now.length - found.size };
}

function meanOf(points: Matrix, rows: readonly number[]): Float32Array {
  const mean = new Float32Array(points.columns);
  for (const row of rows) {
    rowOf(points, row).forEach((value, column) => {
      mean[column]! += value;
    });
  }
  normalize(mean);
  return mean;
}
