/** Row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** @throws {RangeError} If vectors differ in length or hold what is no finite number. */
export function matrixFromRows(vectors: readonly Float32Array[]): Matrix {
  const columns = vectors[0]?.length ?? 0;
  const data = new Float32Array(vectors.length * columns);
  vectors.forEach((vector, row) => {
    if (vector.length !== columns)
      throw new RangeError(`Cannot make a matrix: row ${row} has ${vector.length} numbers, row 0 has ${columns}`);
    if (!vector.every(Number.isFinite))
      throw new RangeError(`Cannot make a matrix: row ${row} holds a number that is not finite`);
    data.set(vector, row * columns);
  });
  return { rows: vectors.length, columns, data };
}

/** A view, not a copy. */
export function rowOf({ columns, data }: Matrix, row: number): Float32Array {
  return data.subarray(row * columns, (row + 1) * columns);
}

/** Each row divided by its length; rows of zeros stay. */
export function normalizeRows(matrix: Matrix): Matrix {
  const data = matrix.data.slice();
  for (let row = 0; row < matrix.rows; row++)
    normalize(data.subarray(row * matrix.columns, (row + 1) * matrix.columns));
  return { ...matrix, data };
}

/** In place. */
export function normalize(vector: Float32Array): void {
  const length = Math.sqrt(dot(vector, vector));
  if (length === 0) return;
  for (let index = 0; index < vector.length; index++) vector[index]! /= length;
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
