import { breather } from "./breathe.js";
import { type Matrix, normalizeRows, rowOf } from "./matrix.js";
import { gaussian, seededRandom } from "./random.js";

/** Below this many points neighbourhoods mean nothing to UMAP, and it does not run at all for fewer than its neighbours. */
const FEWEST_FOR_UMAP = 5;

export interface LayoutOptions {
  seed: number;
  /** Neighbours a point is laid out by; as in Python's Kura 15, fewer where there are fewer points. */
  neighbors?: number;
  minDistance?: number;
  signal?: AbortSignal | undefined;
}

/**
 * A place on a map for every point, as x and y in turn: near where directions are alike (UMAP, McInnes and others 2018; cosine).
 * Deterministic for a seed, finite for any points: one is in the middle, few are on a circle, equal ones lie close together.
 */
export async function layout2d(
  points: Matrix,
  { seed, neighbors = 15, minDistance = 0.1, signal }: LayoutOptions,
): Promise<Float32Array> {
  if (points.rows < FEWEST_FOR_UMAP) return onCircle(points.rows);
  const { UMAP } = await import("umap-js");
  const next = seededRandom(seed);
  const normal = gaussian(next);
  const normalized = normalizeRows(points);
  // Equal points have no neighbourhood of their own: a trace of noise tells them apart.
  const vectors = Array.from({ length: points.rows }, (_, row) =>
    Array.from(rowOf(normalized, row), (value) => value + normal() * 1e-6),
  );
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(neighbors, points.rows - 1),
    minDist: minDistance,
    random: next,
    distanceFn: cosineDistance,
  });
  const epochs = umap.initializeFit(vectors);
  const breathe = breather(signal);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    await breathe();
  }
  const places = Float32Array.from(umap.getEmbedding().flat());
  return places.every(Number.isFinite) ? places : onCircle(points.rows);
}

function cosineDistance(a: number[], b: number[]): number {
  let product = 0;
  let left = 0;
  let right = 0;
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!;
    left += a[index]! * a[index]!;
    right += b[index]! * b[index]!;
  }
  return left === 0 || right === 0 ? 1 : Math.max(0, 1 - product / Math.sqrt(left * right));
}

function onCircle(count: number): Float32Array {
  if (count === 1) return Float32Array.of(0, 0);
  return Float32Array.from({ length: count * 2 }, (_, index) => {
    const angle = (2 * Math.PI * (index >> 1)) / count;
    return index % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}
