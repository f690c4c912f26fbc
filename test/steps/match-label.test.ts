import { describe, expect, it } from "vitest";
import { matchLabel, similarityOf } from "../../src/steps/match-label.js";

describe("the label that an answer means", () => {
  const labels = ["Code Assistance (Python & Rust)", "Write code", "Write codes"];

  it("is the same one", () => {
    expect(matchLabel("Write codes", labels)).toBe("Write codes");
  });

  it("is a similar one, as in Kura's test: a bracket is missing", () => {
    expect(matchLabel("Code Assistance (Python & Rust", labels)).toBe("Code Assistance (Python & Rust)");
  });

  it("is the most similar one of several, and of equals the first", () => {
    expect(matchLabel("Write codess", labels)).toBe("Write codes");
    expect(matchLabel("abcdefghijX", ["abcdefghij1", "abcdefghij2"])).toBe("abcdefghij1");
  });

  it("is none where none is similar, as in Kura's test: half of one", () => {
    expect(matchLabel("Code Assistance", labels)).toBeUndefined();
    expect(matchLabel("", labels)).toBeUndefined();
  });
});

// What thefuzz.fuzz.ratio returns (over rapidfuzz 3.14).
it.each([
  ["Code Assistance (Python & Rust", "Code Assistance (Python & Rust)", 98],
  ["kitten sitting in the garden", "sitting kitten in the garden", 82],
  ["same", "same", 100],
  ["Debug Python scripts", "Debug python scripts", 95],
  ["Plan meals", "Plan a meal", 86],
  ["aaaaaaaaab", "aaaaaaaaac", 90],
  ["abcdefghi", "abcdefghijk", 90],
  ["naïve 😀 approach", "naive 😀 approach", 94],
  ["", "", 100],
] as const)("similarity of %j and %j is %i", (a, b, similarity) => {
  expect(similarityOf(a, b)).toBe(similarity);
  expect(similarityOf(b, a)).toBe(similarity);
});
