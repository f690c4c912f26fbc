import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { jsKernel } from "../../src/math/js-kernel.js";
import type { Kernel } from "../../src/math/kernel.js";
import { nearest } from "../../src/math/nearest.js";
import { nearestNeighbors } from "../../src/math/neighbors.js";
import { newKernel } from "../../src/math/new-kernel.js";
import { wasmKernel } from "../../src/math/wasm-kernel.js";
import { abortedSoon, breatheAlways, matrixOf, naiveNearest, noise } from "./samples.js";

const KERNELS: Record<string, () => Kernel> = { wasm: wasmKernel, js: jsKernel };

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("the compiled kernel", () => {
  it("is what the .wat compiles to, byte for byte, as every other is", async () => {
    const script = new URL("../../scripts/build-wasm.mjs", import.meta.url).href;
    const { compileKernels } = (await import(script)) as { compileKernels(): Promise<Map<string, string>> };
    const compiled = await compileKernels();
    expect(compiled.size).toBeGreaterThan(1);
    for (const [path, source] of compiled) expect(readFileSync(path, "utf8"), path).toBe(source);
  });

  it("is used where WebAssembly can be, JavaScript elsewhere", () => {
    expect(newKernel().name).toBe("wasm");
    vi.stubGlobal("WebAssembly", undefined);
    expect(newKernel().name).toBe("js");
  });
});

for (const [name, kernel] of Object.entries(KERNELS)) {
  describe(`nearest on ${name}`, () => {
    it("finds what a plain search in float64 finds, for every width and count around the blocks of four", async () => {
      for (const columns of [1, 3, 4, 5, 17]) {
        for (const k of [1, 2, 4, 5, 9]) {
          for (const n of [1, 2, 255, 257]) {
            const points = noise(n, columns, n + columns);
            const centroids = noise(k, columns, 7 * k);
            const found = await nearest(points, centroids, { kernel: kernel() });
            const wanted = naiveNearest(points, centroids);
            expect([...found.labels]).toEqual(wanted.labels);
            wanted.distances.forEach((distance, row) => {
              expect(found.distances[row]).toBe(Math.fround(distance));
            });
          }
        }
      }
    });

    it("is right far from the origin, where products of float32 are too coarse to tell neighbours apart", async () => {
      const shift = (matrix: ReturnType<typeof noise>) => ({
        ...matrix,
        data: matrix.data.map((value) => value + 5000),
      });
      const points = shift(noise(300, 16, 1));
      const centroids = shift(noise(20, 16, 2));
      expect([...(await nearest(points, centroids, { kernel: kernel() })).labels]).toEqual(
        naiveNearest(points, centroids).labels,
      );
    });

    it("is not misled by what an earlier, larger run left in the memory", async () => {
      const used = kernel();
      await nearest(noise(300, 40, 1), noise(50, 40, 2), { kernel: used });
      const [points, centroids] = [noise(30, 5, 3), noise(6, 5, 4)];
      expect([...(await nearest(points, centroids, { kernel: used })).labels]).toEqual(
        naiveNearest(points, centroids).labels,
      );
    });

    it("takes the first of equal centroids, and nothing for no points", async () => {
      const equal = matrixOf([
        [3, 3],
        [1, 1],
        [1, 1],
      ]);
      expect([
        ...(
          await nearest(
            matrixOf([
              [1, 1],
              [2.5, 2.5],
            ]),
            equal,
            { kernel: kernel() },
          )
        ).labels,
      ]).toEqual([1, 0]);
      expect(
        (await nearest({ rows: 0, columns: 2, data: new Float32Array(0) }, equal, { kernel: kernel() })).labels,
      ).toHaveLength(0);
    });

    it("stops when aborted", async () => {
      breatheAlways();
      const running = nearest(noise(20_000, 64, 1), noise(400, 64, 2), {
        kernel: kernel(),
        signal: abortedSoon("enough"),
      });
      await expect(running).rejects.toThrow("enough");
    });
  });

  describe(`nearestNeighbors on ${name}`, () => {
    it("finds the nearest directions, the point itself first", async () => {
      const points = noise(41, 6, 3);
      const { indices, distances } = await nearestNeighbors(points, 7, { kernel: kernel() });
      for (let row = 0; row < points.rows; row++) {
        const cosines = Array.from({ length: points.rows }, (_, other) => cosineDistance(points, row, other));
        const wanted = cosines
          .map((_, other) => other)
          .sort((a, b) => cosines[a]! - cosines[b]!)
          .slice(0, 7);
        expect(indices[row]).toEqual(wanted);
        expect(distances[row]![0]).toBe(0);
        distances[row]!.slice(1).forEach((distance, at) => {
          expect(distance).toBeCloseTo(cosines[wanted[at + 1]!]!, 5);
        });
      }
    });
  });
}

function cosineDistance({ columns, data }: ReturnType<typeof noise>, a: number, b: number): number {
  let [product, left, right] = [0, 0, 0];
  for (let column = 0; column < columns; column++) {
    const [x, y] = [data[a * columns + column]!, data[b * columns + column]!];
    product += x * y;
    left += x * x;
    right += y * y;
  }
  return a === b ? -1 : 1 - product / Math.sqrt(left * right);
}
