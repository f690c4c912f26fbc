import { describe, expect, it } from "vitest";
import { gaussian, hashSeed, sampleIndices, seededRandom } from "../../src/math/random.js";
import { SCIKIT_LEARN } from "./scikit-learn.js";

const draws = (next: () => number, count: number) => Array.from({ length: count }, next);

describe("seededRandom", () => {
  it("gives the numbers that an independent mulberry32 gives", () => {
    expect(draws(seededRandom(1), 3)).toEqual(SCIKIT_LEARN.random.first);
  });

  it("is uniform: each of 16 equal intervals gets its share of 160,000 draws within 4 sigma", () => {
    const counts = new Array<number>(16).fill(0);
    for (const value of draws(seededRandom(42), 160_000)) counts[Math.floor(value * 16)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt(10_000));
  });

  it("gives unlike numbers for neighbouring seeds", () => {
    const firsts = Array.from({ length: 2000 }, (_, seed) => seededRandom(seed)());
    expect(new Set(firsts).size).toBe(2000);
    const mean = firsts.reduce((sum, value) => sum + value, 0) / 2000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
  });
});

describe("gaussian", () => {
  it("has mean 0, variance 1 and fourth moment 3", () => {
    const values = draws(gaussian(seededRandom(5)), 100_000);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
  });
});

describe("hashSeed", () => {
  it("gives 32-bit integers, no two equal among 10,000 similar texts", () => {
    const seeds = Array.from({ length: 10_000 }, (_, index) => hashSeed(`cluster ${index}`));
    expect(new Set(seeds).size).toBe(10_000);
    for (const seed of seeds) expect(seed >>> 0).toBe(seed);
  });

  it("stays what it was: stored results depend on it", () => {
    expect([hashSeed(""), hashSeed("kura"), hashSeed("蔵")]).toMatchInlineSnapshot(`
      [
        2872998923,
        1510861183,
        211353563,
      ]
    `);
  });
});

describe("sampleIndices", () => {
  it("gives different numbers below count, each as often as the others", () => {
    const next = seededRandom(9);
    const counts = new Array<number>(10).fill(0);
    for (let trial = 0; trial < 5000; trial++) {
      const sample = sampleIndices(10, 4, next);
      expect(new Set(sample).size).toBe(4);
      for (const index of sample) counts[index]!++;
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it("gives all of them where as many or more are wanted", () => {
    expect([...sampleIndices(3, 7, seededRandom(1))]).toEqual([0, 1, 2]);
    expect([...sampleIndices(0, 7, seededRandom(1))]).toEqual([]);
  });
});
