import { afterEach, describe, expect, it, vi } from "vitest";
import { layout2d } from "../../src/math/layout.js";
import { abortedSoon, blobs, breatheAlways, matrixOf, naiveDistance, noise } from "./samples.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const spots = (places: Float32Array) => ({ rows: places.length / 2, columns: 2, data: places });

describe("layout2d", () => {
  it("has a finite place for each of any number of points, random, equal, zero or opposed", async () => {
    const kinds = {
      random: (row: number) => [Math.sin(row * 7), Math.cos(row * 5), Math.sin(row * 3 + 1)],
      equal: () => [1, 2, 3],
      zero: () => [0, 0, 0],
      opposed: (row: number) => [row % 2 ? 1 : -1, 0, 0],
      "equal but one": (row: number) => (row === 0 ? [0, 0, 1] : [1, 0, 0]),
    };
    for (const [name, kind] of Object.entries(kinds)) {
      for (const n of [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 40]) {
        const points = matrixOf(Array.from({ length: n }, (_, row) => kind(row)));
        const places = await layout2d(points, { seed: 1, epochs: 20 });
        expect(places, `${n} ${name}`).toHaveLength(n * 2);
        expect(places.every(Number.isFinite), `${n} ${name}`).toBe(true);
      }
    }
  });

  it("puts few points where their directions put them", async () => {
    expect([...(await layout2d(matrixOf([[5, 5]]), { seed: 1 }))]).toEqual([0, 0]);
    const two = spots(
      await layout2d(
        matrixOf([
          [3, 0],
          [0, 5],
        ]),
        { seed: 1 },
      ),
    );
    expect(naiveDistance(two, 0, two, 1)).toBeCloseTo(2, 5);
    const corners = matrixOf([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 9],
    ]);
    const places = spots(await layout2d(corners, { seed: 1 }));
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      expect(naiveDistance(places, a, places, b)).toBeCloseTo(2, 1);
    expect(naiveDistance(places, 2, places, 3)).toBeCloseTo(0, 5);
  });

  it("does not mirror few points by chance: the farthest along each axis is on its positive side", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { data } = spots(await layout2d(noise(6, 4, seed), { seed: 1 }));
      for (const axis of [0, 1]) {
        const along = [...data].filter((_, at) => at % 2 === axis);
        expect(Math.max(...along)).toBe(Math.max(...along.map(Math.abs)));
      }
    }
  });

  it("lays three groups apart: the nearest other place is of the same group, and groups are far beyond their size", async () => {
    for (const seed of [1, 2, 3]) {
      const points = blobs(90, 24, { centers: 3, apart: 6, seed });
      const places = spots(await layout2d(points, { seed }));
      let within = 0;
      let between = Number.POSITIVE_INFINITY;
      const middles = [0, 1, 2].map((group) => {
        const members = Array.from({ length: 30 }, (_, index) => group + index * 3);
        return [0, 1].map((axis) => members.reduce((sum, row) => sum + places.data[row * 2 + axis]!, 0) / 30);
      });
      const centers = matrixOf(middles);
      for (let row = 0; row < 90; row++) within = Math.max(within, naiveDistance(places, row, centers, row % 3));
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const)
        between = Math.min(between, naiveDistance(centers, a, centers, b));
      expect(between).toBeGreaterThan(within);
      for (let row = 0; row < 90; row++) {
        const others = Array.from({ length: 90 }, (_, other) =>
          other === row ? Number.POSITIVE_INFINITY : naiveDistance(places, row, places, other),
        );
        expect(others.indexOf(Math.min(...others)) % 3).toBe(row % 3);
      }
    }
  });

  it("is the same to the bit for the same seed, another for another, and leaves the points as they are", async () => {
    const points = noise(30, 5, 1);
    const before = points.data.slice();
    const first = await layout2d(points, { seed: 1, epochs: 50 });
    expect(await layout2d(points, { seed: 1, epochs: 50 })).toEqual(first);
    expect(await layout2d(points, { seed: 2, epochs: 50 })).not.toEqual(first);
    expect(points.data).toEqual(before);
  });

  it("refuses what is no number and options out of range, and stops when aborted", async () => {
    await expect(layout2d(matrixOf([[Number.NaN, 1]]), { seed: 1 })).rejects.toThrow(
      "row 0 holds a number that is not finite",
    );
    await expect(layout2d(noise(9, 2, 1), { seed: 1, neighbors: 0 })).rejects.toThrow(
      "neighbors must be an integer >= 1, it is 0",
    );
    await expect(layout2d(noise(9, 2, 1), { seed: 1, epochs: 1.5 })).rejects.toThrow("epochs");
    breatheAlways();
    const running = layout2d(noise(600, 8, 1), { seed: 1, signal: abortedSoon("enough") });
    await expect(running).rejects.toThrow("enough");
  });
});
