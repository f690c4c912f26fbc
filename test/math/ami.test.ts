import { describe, expect, it } from "vitest";
import { adjustedMutualInformation } from "../../src/math/ami.js";
import { seededRandom } from "../../src/math/random.js";
import { SCIKIT_LEARN } from "./scikit-learn.js";

function labels(seed: number, n: number, k: number): number[] {
  const next = seededRandom(seed);
  return Array.from({ length: n }, () => Math.floor(next() * k));
}

function disturbed(given: readonly number[], seed: number, share: number, k: number): number[] {
  const next = seededRandom(seed);
  return given.map((label) => (next() >= share ? label : Math.floor(next() * k)));
}

const range = (n: number) => Array.from({ length: n }, (_, index) => index);

const GIVEN: Record<string, [number[], number[]]> = {
  "two random ones of 500": [labels(2, 500, 8), labels(3, 500, 12)],
  "one with 30 % disturbed": [labels(4, 300, 6), disturbed(labels(4, 300, 6), 5, 0.3, 6)],
  "many clusters, half disturbed": [labels(7, 5000, 400), disturbed(labels(7, 5000, 400), 8, 0.5, 500)],
  "each alone and five": [range(100), labels(6, 100, 5)],
  "all together and five": [Array(100).fill(0), labels(6, 100, 5)],
  "thirds and halves": [
    [0, 0, 0, 1, 1, 1],
    [0, 0, 1, 1, 2, 2],
  ],
  opposed: [
    [0, 0, 1, 1],
    [0, 1, 0, 1],
  ],
  "equal but for names": [
    [0, 0, 1, 1, 2],
    [5, 5, 3, 3, 9],
  ],
  "each alone twice": [range(6), range(6)],
  "all together twice": [Array(5).fill(0), Array(5).fill(1)],
  nothing: [[], []],
};

describe("adjustedMutualInformation", () => {
  it("is compared with scikit-learn in every case that was computed there", () => {
    expect(Object.keys(GIVEN)).toEqual(Object.keys(SCIKIT_LEARN.ami));
  });

  for (const [name, [a, b]] of Object.entries(GIVEN)) {
    it(`agrees with scikit-learn: ${name}`, () => {
      expect(adjustedMutualInformation(a, b)).toBeCloseTo(SCIKIT_LEARN.ami[name]!, 10);
      expect(adjustedMutualInformation(b, a)).toBeCloseTo(SCIKIT_LEARN.ami[name]!, 10);
    });
  }

  it("does not depend on what labels are called", () => {
    const [a, b] = GIVEN["one with 30 % disturbed"]!;
    const renamed = a.map((label) => `cluster ${(label + 3) % 6}`);
    expect(adjustedMutualInformation(renamed, b)).toBeCloseTo(adjustedMutualInformation(a, b), 12);
  });

  it("refuses partitions of different numbers of things", () => {
    expect(() => adjustedMutualInformation([1, 2], [1])).toThrow("Cannot compare partitions of 2 and 1 things");
  });
});
