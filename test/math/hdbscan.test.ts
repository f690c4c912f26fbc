import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type HdbscanResult, hdbscan } from "../../src/math/hdbscan.js";
import { type Matrix, rowsOf } from "../../src/math/matrix.js";
import { seededRandom } from "../../src/math/random.js";
import { breatheAlways, matrixOf } from "./samples.js";

interface Expected {
  readonly seed: number;
  readonly options: { min_cluster_size?: number; min_samples?: number; cluster_selection_method?: "leaf" };
  readonly "last point": readonly number[];
  /** -1 is noise. */
  readonly labels: readonly number[];
  /** Points whose cluster changes there with the order of points. */
  readonly undecided: readonly number[];
}

/** What Python's hdbscan found: fixtures/make-hdbscan.py says how. */
const PYTHON = JSON.parse(readFileSync(new URL("fixtures/hdbscan.json", import.meta.url), "utf8")) as Record<
  string,
  Expected
>;

type Draw = () => number;
type Points = number[][];
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const bell = (d: Draw) => d() + d() + d() + d() - 2;

function blobs(
  d: Draw,
  sizes: number[],
  columns: number,
  { apart, spreads }: { apart: number; spreads?: number[] },
): Points {
  return sizes.flatMap((size, index) => {
    const center = times(columns, () => d() * apart);
    return times(size, () => center.map((at) => at + bell(d) * (spreads?.[index] ?? 1)));
  });
}

const scattered = (d: Draw, count: number, columns: number, width: number): Points =>
  times(count, () => times(columns, () => d() * width));

function ring(d: Draw, count: number, inner: number, outer: number): Points {
  const points: Points = [];
  while (points.length < count) {
    const [x, y] = [(d() * 2 - 1) * outer, (d() * 2 - 1) * outer];
    const square = x * x + y * y;
    if (inner * inner <= square && square <= outer * outer) points.push([x, y]);
  }
  return points;
}

const bow = (d: Draw, count: number, sign: number, shift: number): Points =>
  times(count, () => {
    const x = d() * 2 - 1;
    return [x + shift, sign * (x * x - 0.5) + bell(d) * 0.04];
  });

const lattice = (d: Draw, count: number, width: number): Points =>
  times(count, () => [Math.floor(d() * width), Math.floor(d() * width)]);

const repeated = (d: Draw, places: number, count: number, apart: number): Points =>
  times(places, () => [d() * apart, d() * apart]).flatMap((place) => times(count, () => place));

const nested = (d: Draw): Points =>
  times(6, (index) => [Math.floor(index / 3), index % 3] as const).flatMap(([group, part]) =>
    times(40, () => [group * 60 + part * 7 + bell(d), group * 60 + (part % 2) * 7 + bell(d)]),
  );

/** The same points as in make-hdbscan.py. */
const SETS: Record<string, (d: Draw) => Points> = {
  "three blobs": (d) => blobs(d, [100, 100, 100], 2, { apart: 30 }),
  "blobs of uneven size and density": (d) => blobs(d, [200, 60, 20], 2, { apart: 40, spreads: [1, 2, 4] }),
  "blobs in noise": (d) => [...blobs(d, [80, 80, 80], 2, { apart: 40 }), ...scattered(d, 160, 2, 40)],
  "noise alone": (d) => scattered(d, 300, 2, 10),
  "two rings": (d) => [...ring(d, 200, 2.7, 3), ...ring(d, 100, 0, 1)],
  "two bows": (d) => [...bow(d, 150, 1, 0), ...bow(d, 150, -1, 1)],
  "blobs in 50 dimensions": (d) => blobs(d, [60, 60, 60, 60, 60], 50, { apart: 3 }),
  "blobs in 50 dimensions that touch": (d) => blobs(d, [80, 80, 80], 50, { apart: 1.2 }),
  "repeated points": (d) => [...repeated(d, 12, 25, 100), ...scattered(d, 60, 2, 100)],
  "groups of groups": nested,
  "groups of groups, the leaves": nested,
  "many small blobs": (d) =>
    blobs(
      d,
      times(40, () => 15),
      3,
      { apart: 60 },
    ),
  "one neighbour": (d) => [...blobs(d, [60, 60], 2, { apart: 20 }), ...scattered(d, 40, 2, 20)],
  "a thousand in 8 dimensions": (d) => [...blobs(d, [300, 300, 200, 100], 8, { apart: 6 }), ...scattered(d, 100, 8, 6)],
  "one blob": (d) => blobs(d, [200], 2, { apart: 1 }),
  "a lattice, whose distances are nearly all equal": (d) => lattice(d, 200, 30),
};

function pointsOf(name: string): Matrix {
  return matrixOf(SETS[name]!(seededRandom(PYTHON[name]!.seed)));
}

function optionsOf(name: string) {
  const { min_cluster_size = 10, min_samples, cluster_selection_method } = PYTHON[name]!.options;
  return { minClusterSize: min_cluster_size, minSamples: min_samples, select: cluster_selection_method };
}

/** The same clusters under the reference's numbers: each under that with which it shares most points; -1 is noise. */
function matched({ labels, noise }: HdbscanResult, reference: readonly number[]): number[] {
  const shared = new Map<number, Map<number, number>>();
  labels.forEach((label, row) => {
    const counts = shared.get(label) ?? new Map<number, number>();
    shared.set(label, counts);
    if (reference[row]! >= 0) counts.set(reference[row]!, (counts.get(reference[row]!) ?? 0) + 1);
  });
  const names = new Map(
    [...shared].map(([label, counts]) => [label, [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? -2]),
  );
  return Array.from(labels, (label) => (label === noise ? -1 : names.get(label)!));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("hdbscan", () => {
  it("is compared with Python's in all of its sets, on the same points", () => {
    expect(Object.keys(SETS)).toEqual(Object.keys(PYTHON));
    for (const name of Object.keys(SETS)) {
      const { rows, columns, data } = pointsOf(name);
      expect(rows).toBe(PYTHON[name]!.labels.length);
      expect([...data.slice(-columns)]).toEqual(PYTHON[name]!["last point"]);
    }
  });

  // Where a point is as far from two clusters, Python's puts it into the one that its tree reached first; here it is in none.
  it.each(Object.keys(SETS))("finds what Python's finds, but for a point in 250 on an edge: %s", async (name) => {
    const { labels, undecided } = PYTHON[name]!;
    const found = matched(await hdbscan(pointsOf(name), optionsOf(name)), labels);
    const differing = found.flatMap((label, row) => (label === labels[row] || undecided.includes(row) ? [] : [row]));
    expect(differing.length).toBeLessThanOrEqual(labels.length / 250);
    for (const row of differing) expect(found[row]).toBe(-1);
  });

  it("has few points to compare that are undecided", () => {
    for (const { labels, undecided } of Object.values(PYTHON)) expect(undecided.length).toBeLessThan(labels.length / 3);
    expect(Object.values(PYTHON).filter(({ undecided }) => undecided.length === 0).length).toBeGreaterThanOrEqual(8);
  });

  it.each(Object.keys(SETS))("finds the same in whatever order the points come: %s", async (name) => {
    const points = pointsOf(name);
    const { labels } = await hdbscan(points, optionsOf(name));
    const order = shuffled(points.rows);
    const again = await hdbscan(rowsOf(points, order), optionsOf(name));
    const back = Array.from({ length: points.rows }, () => -1);
    order.forEach((row, at) => {
      back[row] = again.labels[at]!;
    });
    expect(partitionOf(back)).toEqual(partitionOf([...labels]));
  });

  it("gives noise a label of its own, the last, and none where there is none", async () => {
    const noisy = await hdbscan(pointsOf("blobs in noise"), { minClusterSize: 10 });
    expect(noisy.noise).toBe(Math.max(...noisy.labels));
    expect(new Set(noisy.labels).size).toBe(noisy.noise! + 1);
    const calm = await hdbscan(pointsOf("three blobs"), { minClusterSize: 10 });
    expect(calm).toMatchObject({ noise: undefined });
    expect(new Set(calm.labels)).toEqual(new Set([0, 1, 2]));
  });

  it.each([
    ["no points", [], []],
    ["one point", [[1, 2]], [0]],
    ["fewer than a cluster has", [[1], [2], [3]], [0, 0, 0]],
    ["all the same", Array(30).fill([1, 1]), Array(30).fill(0)],
  ])("takes %s for noise", async (_, points: number[][], labels: number[]) => {
    const result = await hdbscan(matrixOf(points), { minClusterSize: 5 });
    expect([...result.labels]).toEqual(labels);
    expect(result.noise).toBe(labels.length > 0 ? 0 : undefined);
  });

  it("finds two places where many points are the same", async () => {
    const points = [...Array(20).fill([0, 0]), ...Array(20).fill([5, 5])];
    const { labels, noise } = await hdbscan(matrixOf(points), { minClusterSize: 5 });
    expect([...labels]).toEqual([...Array(20).fill(0), ...Array(20).fill(1)]);
    expect(noise).toBeUndefined();
  });

  it("refuses more points than it can compare, and says what to use", async () => {
    const points = { rows: 10_001, columns: 1, data: new Float32Array(10_001) };
    await expect(hdbscan(points, { minClusterSize: 5 })).rejects.toThrow(/at most 10000 .* use k-means/);
  });

  it.each([{ minClusterSize: 1 }, { minClusterSize: 2.5 }, { minClusterSize: 5, minSamples: 0 }])(
    "refuses %j",
    async (options) => {
      await expect(hdbscan(matrixOf([[1]]), options)).rejects.toThrow(RangeError);
    },
  );

  it("refuses what is no number", async () => {
    await expect(hdbscan(matrixOf([[1], [Number.NaN]]), { minClusterSize: 2 })).rejects.toThrow(/row 1/);
  });

  it("reports how far it is, and stops when told", async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => {
      expect(total).toBe(300);
      seen.push(done);
      if (done > 200) stop.abort(new Error("enough"));
    };
    breatheAlways();
    await expect(
      hdbscan(pointsOf("three blobs"), { minClusterSize: 10, signal: stop.signal, onProgress }),
    ).rejects.toThrow("enough");
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBeLessThan(202);
  });
});

function shuffled(count: number): Int32Array {
  const next = seededRandom(99);
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

/** Numbered in the order of first points, noise or not. */
function partitionOf(labels: readonly number[]): number[] {
  const order = new Map<number, number>();
  for (const label of labels) if (!order.has(label)) order.set(label, order.size);
  return labels.map((label) => order.get(label)!);
}
