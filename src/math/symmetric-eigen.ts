/** Far above what a well-conditioned matrix needs (6 to 10). */
const MOST_SWEEPS = 60;
/** Squared size of what is left beside the diagonal, relative to it: beyond float64. */
const ENOUGH = 1e-30;

export interface SymmetricEigen {
  /** Descending. */
  readonly values: Float64Array;
  /** size x size, row-major; column `j` is the vector of `values[j]`. */
  readonly vectors: Float64Array;
}

/** Eigenvalues and vectors of a small symmetric matrix, by cyclic Jacobi rotations (Golub and Van Loan, 8.5). Costs 10 x size^3. */
export async function symmetricEigen(
  given: Float64Array,
  size: number,
  breathe: () => Promise<void> | undefined,
): Promise<SymmetricEigen> {
  const a = given.slice();
  const v = new Float64Array(size * size);
  for (let index = 0; index < size; index++) v[index * size + index] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(a, size); sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotate(a, v, size, p, q);
      const pause = breathe();
      if (pause) await pause;
    }
  }
  const order = Array.from({ length: size }, (_, index) => index).sort((x, y) => a[y * size + y]! - a[x * size + x]!);
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => {
    for (let row = 0; row < size; row++) vectors[row * size + to] = v[from * size + row]!;
  });
  return { values: Float64Array.from(order, (index) => a[index * size + index]!), vectors };
}

function isDiagonal(a: Float64Array, size: number): boolean {
  let beside = 0;
  let diagonal = 0;
  for (let p = 0; p < size; p++) {
    diagonal += a[p * size + p]! ** 2;
    for (let q = p + 1; q < size; q++) beside += a[p * size + q]! ** 2;
  }
  return beside <= ENOUGH * diagonal;
}

/** Make a[p][q] zero. Rows of `v` are the vectors so far. */
function rotate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const apq = a[p * size + q]!;
  if (apq === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < size; k++) {
    const akp = a[k * size + p]!;
    const akq = a[k * size + q]!;
    a[k * size + p] = c * akp - s * akq;
    a[k * size + q] = s * akp + c * akq;
  }
  turnRows(a, size, p, q, c, s);
  turnRows(v, size, p, q, c, s);
}

function turnRows(m: Float64Array, size: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < size; k++) {
    const mpk = m[p * size + k]!;
    const mqk = m[q * size + k]!;
    m[p * size + k] = c * mpk - s * mqk;
    m[q * size + k] = s * mpk + c * mqk;
  }
}
