import { breather } from "./breathe.js";
import type { Matrix } from "./matrix.js";
import { gaussian, seededRandom } from "./random.js";

/** Compressed rows: the numbers of row `i` are `values[offsets[i]]` to `values[offsets[i + 1] - 1]`, in the columns `indices`. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

export interface TruncatedSvd {
  /** Descending. */
  readonly singularValues: Float32Array;
  /** columns x rank: multiply a row by it to project the row. */
  readonly projection: Matrix;
}

/**
 * The largest singular values and right vectors, by a randomized range finder with power iterations (Halko, Martinsson and Tropp 2011).
 * The sign of each vector is such that its largest component is positive. Costs nonzeros x rank x powerIterations.
 */
export async function truncatedSvd(
  matrix: SparseMatrix,
  wantedRank: number,
  {
    seed,
    powerIterations = 4,
    oversampling = 10,
    signal,
  }: { seed: number; powerIterations?: number; oversampling?: number; signal?: AbortSignal | undefined },
): Promise<TruncatedSvd> {
  const breathe = breather(signal);
  const most = Math.min(matrix.rows, matrix.columns);
  const rank = Math.min(wantedRank, most);
  const width = Math.min(rank + oversampling, most);
  const normal = gaussian(seededRandom(seed));
  // Columns are spanned by Y = A'A...A'G, kept orthonormal so that small directions are not rounded away.
  let basis: Float64Array = Float64Array.from({ length: matrix.columns * width }, normal);
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    const left = multiply(matrix, basis, width);
    await breathe();
    basis = multiplyTransposed(matrix, left, width);
    orthonormalize(basis, matrix.columns, width);
    await breathe();
  }
  const left = multiply(matrix, basis, width);
  const { values, vectors } = symmetricEigen(gram(left, matrix.rows, width), width);
  const projection = new Float32Array(matrix.columns * rank);
  for (let column = 0; column < matrix.columns; column++) {
    for (let to = 0; to < rank; to++) {
      let sum = 0;
      for (let from = 0; from < width; from++) sum += basis[column * width + from]! * vectors[from * width + to]!;
      projection[column * rank + to] = sum;
    }
  }
  fixSigns(projection, matrix.columns, rank);
  return {
    singularValues: Float32Array.from(values.slice(0, rank), (value) => Math.sqrt(Math.max(0, value))),
    projection: { rows: matrix.columns, columns: rank, data: projection },
  };
}

function multiply({ rows, offsets, indices, values }: SparseMatrix, right: Float64Array, width: number): Float64Array {
  const out = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const value = values[at]!;
      const from = indices[at]! * width;
      for (let column = 0; column < width; column++) out[row * width + column]! += value * right[from + column]!;
    }
  }
  return out;
}

function multiplyTransposed(
  { rows, columns, offsets, indices, values }: SparseMatrix,
  right: Float64Array,
  width: number,
): Float64Array {
  const out = new Float64Array(columns * width);
  for (let row = 0; row < rows; row++) {
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const value = values[at]!;
      const to = indices[at]! * width;
      for (let column = 0; column < width; column++) out[to + column]! += value * right[row * width + column]!;
    }
  }
  return out;
}

/**
 * Columns made orthonormal through the eigenvectors of their Gram matrix: it reads rows in order, which Gram-Schmidt does not. What is
 * lost in precision the next power iteration mends. Directions that vanish become zero.
 */
function orthonormalize(matrix: Float64Array, rows: number, columns: number): void {
  const { values, vectors } = symmetricEigen(gram(matrix, rows, columns), columns);
  const scales = values.map((value) => (value > values[0]! * 1e-14 ? 1 / Math.sqrt(value) : 0));
  const row = new Float64Array(columns);
  for (let at = 0; at < rows * columns; at += columns) {
    row.set(matrix.subarray(at, at + columns));
    matrix.fill(0, at, at + columns);
    for (let from = 0; from < columns; from++) {
      const value = row[from]!;
      if (value === 0) continue;
      for (let to = 0; to < columns; to++) matrix[at + to]! += value * vectors[from * columns + to]!;
    }
    for (let to = 0; to < columns; to++) matrix[at + to]! *= scales[to]!;
  }
}

function gram(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(columns * columns);
  for (let row = 0; row < rows; row++) {
    for (let a = 0; a < columns; a++) {
      const value = matrix[row * columns + a]!;
      for (let b = a; b < columns; b++) out[a * columns + b]! += value * matrix[row * columns + b]!;
    }
  }
  for (let a = 0; a < columns; a++) for (let b = 0; b < a; b++) out[a * columns + b] = out[b * columns + a]!;
  return out;
}

/** Cyclic Jacobi (Golub and Van Loan, 8.5). Values descending; vector `j` is column `j`. */
export function symmetricEigen(given: Float64Array, size: number): { values: number[]; vectors: Float64Array } {
  const a = given.slice();
  const v = new Float64Array(size * size);
  for (let index = 0; index < size; index++) v[index * size + index] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    let diagonal = 0;
    for (let p = 0; p < size; p++) {
      diagonal += a[p * size + p]! ** 2;
      for (let q = p + 1; q < size; q++) off += a[p * size + q]! ** 2;
    }
    if (off <= 1e-22 * diagonal) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, size, p, q);
  }
  const order = Array.from({ length: size }, (_, index) => index).sort((x, y) => a[y * size + y]! - a[x * size + x]!);
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => {
    for (let row = 0; row < size; row++) vectors[row * size + to] = v[row * size + from]!;
  });
  return { values: order.map((index) => a[index * size + index]!), vectors };
}

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
  for (let k = 0; k < size; k++) {
    const apk = a[p * size + k]!;
    const aqk = a[q * size + k]!;
    a[p * size + k] = c * apk - s * aqk;
    a[q * size + k] = s * apk + c * aqk;
    const vkp = v[k * size + p]!;
    const vkq = v[k * size + q]!;
    v[k * size + p] = c * vkp - s * vkq;
    v[k * size + q] = s * vkp + c * vkq;
  }
}

function fixSigns(matrix: Float32Array, rows: number, columns: number): void {
  for (let column = 0; column < columns; column++) {
    let largest = 0;
    for (let row = 0; row < rows; row++) {
      const value = matrix[row * columns + column]!;
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    if (largest < 0) for (let row = 0; row < rows; row++) matrix[row * columns + column]! *= -1;
  }
}
