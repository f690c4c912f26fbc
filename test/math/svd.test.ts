import { afterEach, describe, expect, it, vi } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { type SparseMatrix, truncatedSvd } from "../../src/math/svd.js";
import { symmetricEigen } from "../../src/math/symmetric-eigen.js";
import { abortedSoon, breatheAlways, noise } from "./samples.js";
import { SCIKIT_LEARN } from "./scikit-learn.js";

afterEach(() => {
  vi.restoreAllMocks();
});

function sparse(dense: readonly (readonly number[])[], columns = dense[0]?.length ?? 0): SparseMatrix {
  const offsets = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const row of dense) {
    row.forEach((value, column) => {
      if (value === 0) return;
      indices.push(column);
      values.push(value);
    });
    offsets.push(indices.length);
  }
  return {
    rows: dense.length,
    columns,
    offsets: Int32Array.from(offsets),
    indices: Int32Array.from(indices),
    values: Float32Array.from(values),
  };
}

function random(rows: number, columns: number, seed: number, share = 0.3): number[][] {
  const next = seededRandom(seed);
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => (next() < share ? Math.fround(next() * 4 - 1) : 0)),
  );
}

/** One-sided Jacobi on the dense matrix: singular values, descending. Shares nothing with what is tested. */
function denseSingularValues(dense: readonly (readonly number[])[]): number[] {
  const columns = (dense[0] ?? []).map((_, column) => dense.map((row) => row[column]!));
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  for (let turned = true, sweep = 0; turned && sweep < 100; sweep++) {
    turned = false;
    for (let p = 0; p < columns.length; p++) {
      for (let q = p + 1; q < columns.length; q++) {
        const [a, b] = [columns[p]!, columns[q]!];
        const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
        if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb)) continue;
        turned = true;
        const zeta = (bb - aa) / (2 * ab);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        columns[p] = a.map((value, at) => c * value - c * t * b[at]!);
        columns[q] = a.map((value, at) => c * t * value + c * b[at]!);
      }
    }
  }
  return columns.map((column) => Math.sqrt(dot(column, column))).sort((a, b) => b - a);
}

function expectOrthonormal(
  { rows, columns, data }: { rows: number; columns: number; data: Float32Array },
  rank = columns,
): void {
  for (let a = 0; a < rank; a++) {
    for (let b = a; b < rank; b++) {
      let product = 0;
      for (let row = 0; row < rows; row++) product += data[row * columns + a]! * data[row * columns + b]!;
      expect(product).toBeCloseTo(a === b ? 1 : 0, 5);
    }
  }
}

const column = (matrix: { rows: number; columns: number; data: Float32Array }, at: number) =>
  Array.from({ length: matrix.rows }, (_, row) => matrix.data[row * matrix.columns + at]!);

describe("truncatedSvd", () => {
  it("agrees with numpy in values and vectors, signs included", async () => {
    const next = seededRandom(21);
    const dense = Array.from({ length: 40 }, () =>
      Array.from({ length: 30 }, () => (next() < 0.3 ? Math.fround(next() * 4 - 1) : 0)),
    );
    const { singularValues, projection } = await truncatedSvd(sparse(dense), 8, { seed: 1, oversampling: 22 });
    SCIKIT_LEARN.svd.values.forEach((value, at) => {
      expect(singularValues[at]).toBeCloseTo(value, 4);
    });
    SCIKIT_LEARN.svd.vectors.forEach((vector, at) => {
      column(projection, at).forEach((value, row) => {
        expect(value).toBeCloseTo(vector[row]!, 5);
      });
    });
  });

  it("agrees with a dense decomposition for tall, wide and square matrices", async () => {
    for (const [rows, columns] of [
      [60, 12],
      [12, 60],
      [25, 25],
      [1, 7],
      [7, 1],
    ] as const) {
      const dense = random(rows, columns, rows + columns, 0.6);
      const rank = Math.min(rows, columns);
      const { singularValues, projection } = await truncatedSvd(sparse(dense), rank, { seed: 2 });
      denseSingularValues(rows < columns ? dense[0]!.map((_, at) => dense.map((row) => row[at]!)) : dense)
        .slice(0, rank)
        .forEach((value, at) => {
          expect(singularValues[at]).toBeCloseTo(value, 4);
        });
      expectOrthonormal(projection);
    }
  });

  it("comes within 2 % where values hardly decay, the hardest case", async () => {
    const dense = random(150, 120, 5, 0.1);
    const { singularValues } = await truncatedSvd(sparse(dense), 10, { seed: 1 });
    denseSingularValues(dense)
      .slice(0, 10)
      .forEach((value, at) => {
        expect(Math.abs(singularValues[at]! - value)).toBeLessThan(0.02 * value);
      });
  });

  it("keeps directions that are 100,000 times smaller than the largest", async () => {
    const values = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5];
    const angle = 0.7;
    // Each value in a turned plane of its own, so that nothing lies along an axis.
    const dense = values.flatMap((value, at) =>
      [Math.cos(angle), Math.sin(angle)].map((part) => {
        const row = new Array<number>(12).fill(0);
        row[2 * at] = value * part * 0.6;
        row[2 * at + 1] = value * part * 0.8;
        return row;
      }),
    );
    const { singularValues, projection } = await truncatedSvd(sparse(dense), 6, { seed: 3 });
    values.forEach((value, at) => {
      expect(Math.abs(singularValues[at]! / value - 1)).toBeLessThan(1e-3);
    });
    expectOrthonormal(projection);
  });

  it("gives as many values as the matrix has rows or columns where more are wanted", async () => {
    const { singularValues, projection } = await truncatedSvd(sparse(random(5, 9, 1, 0.9)), 64, { seed: 1 });
    expect(singularValues).toHaveLength(5);
    expect([projection.rows, projection.columns]).toEqual([9, 5]);
  });

  it("gives zeros beyond the rank, and for nothing", async () => {
    const [a, b] = [
      [1, 2, 0, 1, 3],
      [0, 1, 1, 0, -1],
    ];
    const dense = Array.from({ length: 8 }, (_, row) => (row % 2 ? a! : b!).map((value) => value * (row + 1)));
    const { singularValues, projection } = await truncatedSvd(sparse(dense), 4, { seed: 1 });
    expect(singularValues[1]).toBeGreaterThan(1);
    expect([...singularValues.slice(2)]).toEqual([0, 0]);
    expectOrthonormal(projection, 2);
    expect([
      ...(await truncatedSvd(sparse(dense), 4, { seed: 1, powerIterations: 0 })).singularValues.slice(2),
    ]).toEqual([0, 0]);
    expect([...column(projection, 2), ...column(projection, 3)].every((value) => value === 0)).toBe(true);

    expect([
      ...(
        await truncatedSvd(
          sparse([
            [0, 0],
            [0, 0],
          ]),
          2,
          { seed: 1 },
        )
      ).singularValues,
    ]).toEqual([0, 0]);
    expect((await truncatedSvd(sparse([], 6), 3, { seed: 1 })).projection).toMatchObject({ rows: 6, columns: 0 });
    expect((await truncatedSvd(sparse([[]]), 3, { seed: 1 })).singularValues).toHaveLength(0);
    expect((await truncatedSvd(sparse([[1, 2]]), 0, { seed: 1 })).singularValues).toHaveLength(0);
  });

  it("is the same to the bit for the same seed, whenever the event loop gets a turn, and nearly so for another seed", async () => {
    const matrix = sparse(random(20, 15, 9));
    const first = await truncatedSvd(matrix, 6, { seed: 1 });
    breatheAlways();
    expect(await truncatedSvd(matrix, 6, { seed: 1 })).toEqual(first);
    vi.restoreAllMocks();
    const other = await truncatedSvd(matrix, 6, { seed: 2, powerIterations: 30 });
    const exact = await truncatedSvd(matrix, 6, { seed: 1, powerIterations: 30 });
    exact.projection.data.forEach((value, at) => {
      expect(other.projection.data[at]).toBeCloseTo(value, 3);
    });
  });

  it("makes the largest component of each vector positive", async () => {
    const { projection } = await truncatedSvd(sparse(random(50, 40, 4)), 10, { seed: 1 });
    for (let at = 0; at < 10; at++) {
      const vector = column(projection, at);
      expect(Math.max(...vector)).toBe(Math.max(...vector.map(Math.abs)));
    }
  });

  it("refuses what is no number, and stops when aborted", async () => {
    await expect(truncatedSvd(sparse([[1, Number.NaN]]), 1, { seed: 1 })).rejects.toThrow("not finite");
    await expect(truncatedSvd(sparse([[1, 2]]), 1.5, { seed: 1 })).rejects.toThrow(
      "rank must be an integer >= 0, it is 1.5",
    );
    breatheAlways();
    const running = truncatedSvd(sparse(random(500, 400, 1)), 100, { seed: 1, signal: abortedSoon("enough") });
    await expect(running).rejects.toThrow("enough");
  });
});

describe("symmetricEigen", () => {
  it("gives values and vectors with A v = value v, descending and orthonormal", async () => {
    const size = 24;
    const { data } = noise(size, size, 6);
    const a = Float64Array.from(data, (_, at) => data[at]! + data[(at % size) * size + Math.floor(at / size)]!);
    const { values, vectors } = await symmetricEigen(a, size, () => undefined);
    for (let j = 0; j < size; j++) {
      if (j > 0) expect(values[j]).toBeLessThanOrEqual(values[j - 1]!);
      for (let i = 0; i < size; i++) {
        let product = 0;
        let together = 0;
        for (let k = 0; k < size; k++) {
          product += a[i * size + k]! * vectors[k * size + j]!;
          together += vectors[k * size + i]! * vectors[k * size + j]!;
        }
        expect(product).toBeCloseTo(values[j]! * vectors[i * size + j]!, 10);
        expect(together).toBeCloseTo(i === j ? 1 : 0, 10);
      }
    }
  });
});
