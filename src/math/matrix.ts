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
    data.set(vector, row * columns);
  });
  const matrix = { rows: vectors.length, columns, data };
  assertFinite(matrix, "make a matrix");
  return matrix;
}

/** @throws {RangeError} If a row holds what is no finite number, or the data are not rows x columns. */
export function assertFinite({ rows, columns, data }: Matrix, act: string): void {
  if (data.length !== rows * columns)
    throw new RangeError(`Cannot ${act}: ${rows} x ${columns} numbers are announced, ${data.length} are there`);
  for (let at = 0; at < data.length; at++) {
    if (!Number.isFinite(data[at]!))
      throw new RangeError(`Cannot ${act}: row ${Math.floor(at / columns)} holds a number that is not finite`);
  }
}

/** A view, not a copy. */
export function rowOf({ columns, data }: Matrix, row: number): Float32Array {
  return data.subarray(row * columns, (row + 1) * columns);
}

/** A copy of these rows, in this order. */
export function rowsOf(matrix: Matrix, rows: ArrayLike<number>): Matrix {
  const data = new Float32Array(rows.length * matrix.columns);
  for (let to = 0; to < rows.length; to++) data.set(rowOf(matrix, rows[to]!), to * matrix.columns);
  return { rows: rows.length, columns: matrix.columns, data };
}

/** Each row divided by its length; rows of zeros stay. */
export function normalizeRows(matrix: Matrix): Matrix {
  const data = matrix.data.slice();
  for (let row = 0; row < matrix.rows; row++) normalize(rowOf({ ...matrix, data }, row));
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
