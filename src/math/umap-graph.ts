import type { Neighbors } from "./neighbors.js";

/** Which points are drawn together, and how often: edges in both directions, in the order of `to`, then of `from`. */
export interface UmapGraph {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** An edge is drawn together once in so many epochs; at least 1. */
  readonly period: Float64Array;
}

/** How near the sum of a point's strengths comes to what it is to be, and after how many halvings that is given up; as in umap-learn. */
const TOLERANCE = 1e-5;
const MOST_HALVINGS = 64;
/** Of the mean distance: no point's reach is less. */
const LEAST_REACH = 1e-3;

/**
 * The fuzzy union of what each point takes for near (McInnes and others 2018, section 3.1): 1 for its nearest other point, and less for each
 * further one, by as much as makes log2 of their number in all. Edges too weak to be drawn in `epochs` are left out.
 */
export function umapGraph({ indices, distances }: Neighbors, epochs: number): UmapGraph {
  const mean = distances.reduce((sum, row) => sum + meanOf(row), 0) / distances.length;
  const strengths = indices.map((row, own) => {
    const strengthAt = strengthsOf(distances[own]!, mean);
    return new Map(row.map((other, at) => [other, other === own ? 0 : strengthAt(distances[own]![at]!)]));
  });
  const linked = strengths.map((known) => new Set(known.keys()));
  strengths.forEach((known, own) => {
    for (const other of known.keys()) linked[other]!.add(own);
  });
  const edges = linked.flatMap((others, to) =>
    [...others]
      .sort((a, b) => a - b)
      .map((from) => {
        const there = strengths[from]!.get(to) ?? 0;
        const back = strengths[to]!.get(from) ?? 0;
        return { from, to, weight: there + back - there * back };
      }),
  );
  const strongest = edges.reduce((most, { weight }) => Math.max(most, weight), 0);
  const drawn = edges.filter(({ weight }) => weight > 0 && weight >= strongest / epochs);
  return {
    from: Int32Array.from(drawn, ({ from }) => from),
    to: Int32Array.from(drawn, ({ to }) => to),
    period: Float64Array.from(drawn, ({ weight }) => epochs / ((weight / strongest) * epochs)),
  };
}

/** How strongly a point with these distances to its neighbours, itself the first, is linked with one at a distance. */
function strengthsOf(distances: readonly number[], meanOfAll: number): (distance: number) => number {
  const nearest = distances.find((distance) => distance > 0) ?? 0;
  const at = (distance: number, reach: number) => (distance > nearest ? Math.exp(-((distance - nearest) / reach)) : 1);
  const wanted = Math.log(distances.length) / Math.log(2);
  let [low, high, reach] = [0, Number.POSITIVE_INFINITY, 1];
  for (let halving = 0; halving < MOST_HALVINGS; halving++) {
    let sum = 0;
    for (let other = 1; other < distances.length; other++) sum += at(distances[other]!, reach);
    if (Math.abs(sum - wanted) < TOLERANCE) break;
    if (sum > wanted) high = reach;
    else low = reach;
    reach = high === Number.POSITIVE_INFINITY ? reach * 2 : (low + high) / 2;
  }
  const least = LEAST_REACH * (nearest > 0 ? meanOf(distances) : meanOfAll);
  return (distance) => at(distance, Math.max(reach, least));
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
