/**
 * The inner loops that cost everything. All work on one memory; addresses are bytes, multiples of 16. Rows are padded with zeros
 * to a multiple of 4 numbers, `rowBytes` long.
 */
export interface Kernel {
  readonly name: "wasm" | "js";
  /** Views of the memory, at least this long. Earlier views are void, and what was in it may be lost. */
  reserve(bytes: number): Views;
  /**
   * For each of `n` points the index, and the score, of the centroid with the largest dot(point, centroid) - |centroid|^2 / 2; the
   * first of equals. `k` is a multiple of 4, filled up with half-norms of +infinity.
   */
  nearest(
    points: number,
    n: number,
    centroids: number,
    k: number,
    rowBytes: number,
    halfNorms: number,
    labels: number,
    scores: number,
  ): void;
  /** dot(point, row) of each of `n` points with four rows: four numbers a point. */
  dots(points: number, n: number, four: number, rowBytes: number, out: number): void;
  /**
   * The squared distance of each of `n` points to four rows, but no more than the one number a point at `least`: all to the first row, then all
   * to the second; and of each row the sum of them, four float64.
   */
  closer(points: number, n: number, four: number, rowBytes: number, least: number, out: number, sums: number): void;
  /** The first index up to which `n` weights sum to more than `share`; never one without weight. */
  drawn(weights: number, n: number, share: number): number;
}

/** Of one memory. */
export interface Views {
  readonly floats: Float32Array;
  readonly integers: Int32Array;
  readonly doubles: Float64Array;
}

export function viewsOf(buffer: ArrayBuffer): Views {
  return { floats: new Float32Array(buffer), integers: new Int32Array(buffer), doubles: new Float64Array(buffer) };
}

/** Numbers in a row as the kernel wants it. */
export function paddedWidth(columns: number): number {
  return Math.max(4, Math.ceil(columns / 4) * 4);
}
