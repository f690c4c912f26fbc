import type { UmapGraph } from "./umap-graph.js";

/**
 * How near two places of the map are taken for, at a distance d: 1 / (1 + a d^2b). As umap-learn fits a and b to places that may come as close as
 * 0.1 (its `min_dist`, as in Python's Kura).
 */
export const CURVE = { a: 1.5769434603113077, b: 0.8950608779109733 } as const;
/** For each time that an edge is drawn together, so many points are pushed away that it knows nothing of. */
export const STRANGERS = 5;
/** How far a place is moved at most, in units of the map and of alpha. */
export const MOST = 4;

export interface Umap {
  /** x and y of each place in turn; changed by each epoch. */
  readonly places: Float64Array;
  /** @param alpha How far places are moved: 1 at first, nearly 0 in the end. */
  epoch(number: number, alpha: number): void;
}

/** @param seed Of the strangers. */
export type NewUmap = (graph: UmapGraph, start: Float64Array, seed: number) => Umap;
