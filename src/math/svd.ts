import { breather } from "./breathe.js";
import type { Matrix } from "./matrix.js";
import { gaussian, seededRandom } from "./random.js";
import { symmetricEigen } from "./symmetric-eigen.js";

/** Compressed rows: the numbers of row `i` are `values[offsets[i]]` to `values[offsets[i + 1] - 1]`, in the columns `indices`. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

export interface TruncatedSvd {
  /** Descending; fewer than wanted where the matrix has fewer rows or columns; zeros beyond its rank. */
  readonly singularValues: Float32Array;
  /** columns x rank, the right singular vectors: multiply a row by it to project the row. Columns of zeros beyond the rank. */
  readonly projection: Matrix;
}

export interface SvdOptions {
  seed: number;
  /** Each sharpens what decays slowly. After four the values of pure noise are right to 2 %, those that stand out far better. */
  powerIterations?: number;
  /** Directions carried along beyond the wanted ones; 5 to 10 by Halko, Martinsson and Tropp. */
  oversampling?: number;
  signal?: AbortSignal | undefined;
}

type Breathe = () => Promise<void> | undefined;

/** A Gram matrix squares what it is made of: below this share of its largest eigenvalue is only rounding of float64. */
const VANISHED = 1e-14;

/**
 * The largest singular values and right vectors, by a randomized range finder with power iterations (Halko, Martinsson and Tropp 2011).
 * The sign of each vector is such that its largest component is positive. Costs powerIterations x rank x (2 x nonzeros +
 * (rows + columns) x rank).
 *
 * @throws {RangeError} If rank is no integer >= 0 or a value is not finite.
 */
export async function truncatedSvd(
  matrix: SparseMatrix,
  wantedRank: number,
  { seed, powerIterations = 4, oversampling = 10, signal }: SvdOptions,
): Promise<TruncatedSvd> {
  if (!Number.isInteger(wantedRank) || wantedRank < 0)
    throw new RangeError(`Cannot decompose a matrix: rank must be an integer >= 0, it is ${wantedRank}`);
  for (const value of matrix.values)
    if (!Number.isFinite(value))
      throw new RangeError("Cannot decompose a matrix: it holds a number that is not finite");
  const breathe = breather(signal);
  const { rows, columns } = matrix;
  const most = Math.min(rows, columns);
  const rank = Math.min(wantedRank, most);
  const width = Math.min(rank + oversampling, most);
  const normal = gaussian(seededRandom(seed));
  let basis = new Float64Array(columns * width);
  for (let at = 0; at < basis.length; at++) {
    basis[at] = normal();
    if (at % 1024 === 0) await breathe();
  }
  // Orthonormal after each half step: in A'A small directions would be squared away, and those below VANISHED never come back.
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    const left = await multiply(matrix, basis, width, breathe);
    await orthonormalize(left, rows, width, breathe);
    basis = await multiplyTransposed(matrix, left, width, breathe);
    await orthonormalize(basis, columns, width, breathe);
  }
  // Twice is enough (Parlett): the first time leaves small directions only nearly orthogonal.
  await orthonormalize(basis, columns, width, breathe);
  const left = await multiply(matrix, basis, width, breathe);
  const { values, vectors } = await symmetricEigen(await gram(left, rows, width, breathe), width, breathe);
  const turned = await multiplySmall(basis, columns, width, vectors, breathe);
  const projection = new Float32Array(columns * rank);
  const singularValues = new Float32Array(rank);
  for (let to = 0; to < rank; to++) {
    if (!(values[to]! > values[0]! * VANISHED)) break;
    singularValues[to] = Math.sqrt(values[to]!);
    for (let column = 0; column < columns; column++) projection[column * rank + to] = turned[column * width + to]!;
  }
  fixSigns(projection, columns, rank);
  return { singularValues, projection: { rows: columns, columns: rank, data: projection } };
}

async function multiply(
  { rows, offsets, indices, values }: SparseMatrix,
  right: Float64Array,
  width: number,
  breathe: Breathe,
): Promise<Float64Array<ArrayBuffer>> {
  const out = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const to = row * width;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const value = values[at]!;
      const from = indices[at]! * width;
      for (let column = 0; column < width; column++) out[to + column]! += value * right[from + column]!;
    }
    const pause = breathe();
    if (pause) await pause;
  }
  return out;
}

async function multiplyTransposed(
  { rows, columns, offsets, indices, values }: SparseMatrix,
  right: Float64Array,
  width: number,
  breathe: Breathe,
): Promise<Float64Array<ArrayBuffer>> {
  const out = new Float64Array(columns * width);
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const value = values[at]!;
      const to = indices[at]! * width;
      for (let column = 0; column < width; column++) out[to + column]! += value * right[from + column]!;
    }
    const pause = breathe();
    if (pause) await pause;
  }
  return out;
}

/**
 * In place. Columns made orthonormal through the eigenvectors of their Gram matrix: it reads rows in order, which Gram-Schmidt does not.
 * Directions that vanish become zero.
 */
async function orthonormalize(matrix: Float64Array, rows: number, columns: number, breathe: Breathe): Promise<void> {
  const { values, vectors } = await symmetricEigen(await gram(matrix, rows, columns, breathe), columns, breathe);
  for (let to = 0; to < columns; to++) {
    const scale = values[to]! > values[0]! * VANISHED ? 1 / Math.sqrt(values[to]!) : 0;
    for (let from = 0; from < columns; from++) vectors[from * columns + to]! *= scale;
  }
  matrix.set(await multiplySmall(matrix, rows, columns, vectors, breathe));
}

/** matrix (rows x size) times small (size x size). Four rows of `small` share each load of the sum. */
async function multiplySmall(
  matrix: Float64Array,
  rows: number,
  size: number,
  small: Float64Array,
  breathe: Breathe,
): Promise<Float64Array> {
  const out = new Float64Array(rows * size);
  const fours = size - (size % 4);
  for (let at = 0; at < rows * size; at += size) {
    for (let from = 0; from < fours; from += 4) {
      const a = matrix[at + from]!;
      const b = matrix[at + from + 1]!;
      const c = matrix[at + from + 2]!;
      const d = matrix[at + from + 3]!;
      const row = from * size;
      for (let to = 0; to < size; to++) {
        const high = a * small[row + to]! + b * small[row + size + to]!;
        out[at + to]! += high + c * small[row + 2 * size + to]! + d * small[row + 3 * size + to]!;
      }
    }
    for (let from = fours; from < size; from++) {
      const value = matrix[at + from]!;
      for (let to = 0; to < size; to++) out[at + to]! += value * small[from * size + to]!;
    }
    const pause = breathe();
    if (pause) await pause;
  }
  return out;
}

/** The products of all columns with each other. Four rows share each load of the sum. */
async function gram(matrix: Float64Array, rows: number, columns: number, breathe: Breathe): Promise<Float64Array> {
  const out = new Float64Array(columns * columns);
  const none = new Float64Array(columns);
  for (let row = 0; row < rows; row += 4) {
    const [first, second, third, fourth] = [0, 1, 2, 3].map((next) =>
      row + next < rows ? matrix.subarray((row + next) * columns, (row + next + 1) * columns) : none,
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let a = 0; a < columns; a++) {
      const to = a * columns;
      const one = first[a]!;
      const two = second[a]!;
      const three = third[a]!;
      const four = fourth[a]!;
      for (let b = a; b < columns; b++)
        out[to + b]! += one * first[b]! + two * second[b]! + three * third[b]! + four * fourth[b]!;
    }
    const pause = breathe();
    if (pause) await pause;
  }
  for (let a = 0; a < columns; a++) for (let b = 0; b < a; b++) out[a * columns + b] = out[b * columns + a]!;
  return out;
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
