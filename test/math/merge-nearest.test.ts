import { describe, expect, it } from "vitest";
import { type Matrix, normalize, rowOf } from "../../src/math/matrix.js";
import { mergeNearest } from "../../src/math/merge-nearest.js";
import { blobs, matrixOf, noise } from "./samples.js";

/** All pairs anew before every merge. */
function naive(points: Matrix, weights: readonly number[], groups: number): number[] {
  let all = Array.from({ length: points.rows }, (_, row) => {
    const direction = rowOf(points, row).slice();
    normalize(direction);
    return { members: [row], direction: Array.from(direction), weight: weights[row]! };
  });
  while (all.length > groups) {
    let best = { a: 0, b: 1, cost: Number.POSITIVE_INFINITY };
    all.forEach((one, a) => {
      all.slice(0, a).forEach((other, b) => {
        const distance = one.direction.reduce((sum, value, at) => sum + (value - other.direction[at]!) ** 2, 0);
        const cost = (distance * one.weight * other.weight) / (one.weight + other.weight);
        if (cost < best.cost) best = { a, b, cost };
      });
    });
    const [one, other] = [all[best.a]!, all[best.b]!];
    const sum = one.direction.map((value, at) => value * one.weight + other.direction[at]! * other.weight);
    const length = Math.hypot(...sum);
    all = [
      ...all.filter((group) => group !== one && group !== other),
      {
        members: [...one.members, ...other.members],
        direction: sum.map((value) => value / length),
        weight: one.weight + other.weight,
      },
    ];
  }
  const labels = new Array<number>(points.rows);
  all
    .sort((a, b) => Math.min(...a.members) - Math.min(...b.members))
    .forEach((group, label) => {
      for (const member of group.members) labels[member] = label;
    });
  return labels;
}

describe("mergeNearest", () => {
  it("merges what a search of all pairs before every merge merges", () => {
    for (const seed of [1, 2, 3]) {
      const points = noise(60, 5, seed);
      const weights = Array.from({ length: 60 }, (_, row) => 1 + ((row * 7 + seed) % 13));
      for (const groups of [30, 8, 2])
        expect([...mergeNearest(points, weights, groups)]).toEqual(naive(points, weights, groups));
    }
  });

  it("finds the groups that are there", () => {
    const labels = mergeNearest(blobs(60, 8, { centers: 4, apart: 20, seed: 4 }), Array(60).fill(1), 4);
    expect([...labels]).toEqual(Array.from({ length: 60 }, (_, row) => row % 4));
  });

  it("gives exactly the wanted number of groups, numbered from 0 in the order of their first points, whatever the points are", () => {
    const samples = {
      equal: matrixOf(Array(20).fill([1, 2])),
      zero: matrixOf(Array(20).fill([0, 0])),
      opposed: matrixOf(Array.from({ length: 20 }, (_, row) => [row % 2 ? 1 : -1, 0])),
    };
    for (const points of Object.values(samples)) {
      for (const weight of [1, 0]) {
        for (const groups of [1, 2, 7, 19, 20]) {
          const labels = [...mergeNearest(points, Array(20).fill(weight), groups)];
          expect([...new Set(labels)]).toEqual(Array.from({ length: groups }, (_, label) => label));
        }
      }
    }
  });

  it("leaves points alone that are as few as the groups wanted, or fewer", () => {
    expect([...mergeNearest(noise(3, 2, 1), [1, 1, 1], 5)]).toEqual([0, 1, 2]);
    expect([...mergeNearest(noise(1, 2, 1), [1], 1)]).toEqual([0]);
    expect([...mergeNearest(matrixOf([]), [], 1)]).toEqual([]);
  });

  it("merges small groups before large ones that are as near", () => {
    const quarter = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ];
    expect([...mergeNearest(matrixOf(quarter), [50, 50, 1, 1], 3)]).toEqual([0, 1, 2, 2]);
  });

  it("refuses weights that do not belong to the points", () => {
    expect(() => mergeNearest(noise(3, 2, 1), [1, 1], 2)).toThrow(
      "Cannot merge 3 points: a weight >= 0 is needed for each, 2 are given",
    );
    expect(() => mergeNearest(noise(2, 2, 1), [1, Number.NaN], 1)).toThrow(RangeError);
  });
});
