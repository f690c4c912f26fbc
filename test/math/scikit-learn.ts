import { readFileSync } from "node:fs";

interface Numbers {
  readonly random: { readonly first: readonly number[] };
  readonly ami: Readonly<Record<string, number>>;
  readonly kMeans: {
    readonly "first point": readonly number[];
    readonly "least inertia of 600 starts": Readonly<Record<string, number>>;
    readonly "from the first five points": { readonly inertia: number; readonly labels: readonly number[] };
  };
  readonly svd: { readonly values: readonly number[]; readonly vectors: readonly (readonly number[])[] };
}

/** The second opinion: fixtures/make.py says what was computed, with which versions. */
export const SCIKIT_LEARN = JSON.parse(
  readFileSync(new URL("fixtures/scikit-learn.json", import.meta.url), "utf8"),
) as Numbers;
