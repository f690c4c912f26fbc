import { describe, expect, it } from "vitest";
import { jsKernel } from "../../src/math/js-kernel.js";
import { seededRandom } from "../../src/math/random.js";
import { chooseStarts } from "../../src/math/starts.js";
import { wasmKernel } from "../../src/math/wasm-kernel.js";
import { blobs, matrixOf } from "./samples.js";

for (const kernel of [wasmKernel(), jsKernel()]) {
  const options = { kernel, signal: undefined };

  describe(`chooseStarts on ${kernel.name}`, () => {
    it("gives fewer starts where points are equal, each of them once", async () => {
      const points = matrixOf(Array.from({ length: 30 }, (_, row) => [row % 3, 0.1, 7]));
      const starts = await chooseStarts(points, 9, seededRandom(1), options);
      expect([...starts.data].filter((_, at) => at % 3 === 0).sort()).toEqual([0, 1, 2]);
    });

    it("tells points apart that are closer than float32 products can tell", async () => {
      const points = matrixOf([
        [100, 0],
        [100.00001, 0],
        [-100, 0],
        [-100, 0.00002],
      ]);
      for (let seed = 0; seed < 20; seed++) {
        const starts = await chooseStarts(points, 4, seededRandom(seed), options);
        expect(starts.rows).toBe(4);
      }
    });

    it("puts a start into more than 47 of 50 groups on average; drawing without candidates does not", async () => {
      const points = blobs(500, 8, { centers: 50, apart: 8, seed: 1 });
      const rows = new Map(
        Array.from({ length: 500 }, (_, row) => [points.data.slice(row * 8, row * 8 + 8).join(), row]),
      );
      let found = 0;
      for (let seed = 0; seed < 20; seed++) {
        const starts = await chooseStarts(points, 50, seededRandom(seed), options);
        const groups = Array.from(
          { length: 50 },
          (_, at) => rows.get(starts.data.slice(at * 8, at * 8 + 8).join())! % 50,
        );
        found += new Set(groups).size / 20;
      }
      expect(found).toBeGreaterThan(47);
    });
  });
}
