import { KuraError } from "../errors.js";
import { breather } from "./breathe.js";
import { assertFinite, type Matrix } from "./matrix.js";

export interface HdbscanOptions {
  /** Fewer points than this are no cluster. */
  minClusterSize: number;
  /** How many neighbours a point needs nearby to lie in a dense place; default: `minClusterSize`. More of them make more noise. */
  minSamples?: number | undefined;
  /** Which of the clusters in clusters: "eom" those that stay together longest (default), "leaf" the smallest. */
  select?: "eom" | "leaf" | undefined;
  signal?: AbortSignal | undefined;
  /** Of `total` points so many have been compared with all others, twice. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface HdbscanResult {
  /** Dense, numbered in the order of each cluster's first point; noise is last. */
  readonly labels: Int32Array;
  /** The label of what belongs to no cluster; undefined if all do. */
  readonly noise: number | undefined;
}

/** Twice as many take four times as long: these, of 96 numbers each, a quarter of a minute of one core. */
const MOST_POINTS = 10_000;

/**
 * Clusters of any shape, as many as there are: places where points lie close, by Euclidean distance, and what lies between is noise
 * (Campello, Moulavi and Sander 2013; McInnes and Healy 2017). Exact: costs the square of the points x columns; memory grows with the
 * points. Where several merges happen at the very same distance, they are one merge of many, so that the result does not depend on the
 * order of points. Python's `hdbscan` takes them one by one: there a point as far from two clusters is in either, here in none.
 *
 * @throws {KuraError} If there are more than 10,000 points (use `kMeans`).
 * @throws {RangeError} If a point holds what is no finite number, or an option is out of its range.
 */
export async function hdbscan(
  points: Matrix,
  { minClusterSize, minSamples = minClusterSize, select = "eom", signal, onProgress }: HdbscanOptions,
): Promise<HdbscanResult> {
  const { rows: n } = points;
  assertFewPoints(n);
  if (!Number.isInteger(minClusterSize) || minClusterSize < 2)
    throw new RangeError(
      `Cannot find clusters by density: minClusterSize is an integer >= 2, ${minClusterSize} is given`,
    );
  if (!Number.isInteger(minSamples) || minSamples < 1)
    throw new RangeError(`Cannot find clusters by density: minSamples is an integer >= 1, ${minSamples} is given`);
  assertFinite(points, "find clusters by density");
  if (n === 0) return { labels: new Int32Array(0), noise: undefined };
  const breathe = breather(signal);
  const cores = await coreDistances(points, minSamples, async (row) => {
    onProgress?.(row / 2, n);
    await breathe();
  });
  const edges = await spanningTree(points, cores, async (row) => {
    onProgress?.((n + row) / 2, n);
    await breathe();
  });
  const clusters = condense(mergesOf(edges, n), n, minClusterSize);
  return labelsOf(select === "leaf" ? leavesOf(clusters) : mostStable(clusters), n);
}

/** @throws {KuraError} If there are more points than `hdbscan` compares. */
export function assertFewPoints(n: number): void {
  if (n > MOST_POINTS)
    throw new KuraError(
      `Cannot find clusters by density (hdbscan) in ${n} points: at most ${MOST_POINTS} are compared with each other; use k-means`,
    );
}

function distance({ data, columns }: Matrix, a: number, b: number): number {
  let sum = 0;
  for (let at = a * columns, other = b * columns, end = at + columns; at < end; at++, other++) {
    const difference = data[at]! - data[other]!;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** How far the `minSamples`-th neighbour of each point is. */
async function coreDistances(
  points: Matrix,
  minSamples: number,
  onRow: (row: number) => Promise<void>,
): Promise<Float64Array> {
  const { rows: n } = points;
  const nearest = Array.from({ length: n }, () => new Smallest(Math.min(minSamples, n - 1)));
  for (let row = 0; row < n; row++) {
    for (let other = 0; other < row; other++) {
      const between = distance(points, row, other);
      nearest[row]!.offer(between);
      nearest[other]!.offer(between);
    }
    await onRow(row);
  }
  return Float64Array.from(nearest, ({ largest }) => largest);
}

/** Keeps the `count` smallest numbers it is offered, in a heap. */
class Smallest {
  /** The largest first. */
  readonly #heap: Float64Array;

  constructor(count: number) {
    this.#heap = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  }

  /** 0 if it keeps none. */
  get largest(): number {
    return this.#heap[0] ?? 0;
  }

  offer(value: number): void {
    const heap = this.#heap;
    if (!(value < heap[0]!)) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++;
      if (heap[child]! <= value) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = value;
  }
}

interface Edge {
  readonly a: number;
  readonly b: number;
  /** The distance, or the core distance of either end where that is larger: where points lie thin all are far from each other. */
  readonly reach: number;
}

/** A minimum spanning tree (Prim 1957), its shortest edges first. */
async function spanningTree(
  points: Matrix,
  cores: Float64Array,
  onRow: (row: number) => Promise<void>,
): Promise<Edge[]> {
  const { rows: n } = points;
  const reach = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(n);
  const outside = Int32Array.from({ length: n }, (_, row) => row);
  const edges: Edge[] = [];
  let last = 0;
  // The first is in it; each time the nearest to what is in it comes in, and the last of `outside` takes its place there.
  outside[0] = n - 1;
  for (let left = n - 1; left > 0; left--) {
    let nearest = 0;
    for (let at = 0; at < left; at++) {
      const row = outside[at]!;
      const through = Math.max(distance(points, last, row), cores[last]!, cores[row]!);
      if (through < reach[row]!) {
        reach[row] = through;
        from[row] = last;
      }
      if (reach[row]! < reach[outside[nearest]!]!) nearest = at;
    }
    last = outside[nearest]!;
    edges.push({ a: from[last]!, b: last, reach: reach[last]! });
    outside[nearest] = outside[left - 1]!;
    await onRow(n - left);
  }
  return edges.sort((one, other) => one.reach - other.reach);
}

/** Points or earlier merges that come together at one distance. Points are 0 to n - 1, the merge at `index` is n + index. */
interface Merge {
  readonly parts: number[];
  readonly reach: number;
  readonly size: number;
}

/** From the closest to the farthest: the last one holds all points. What meets at the very same distance is one merge. */
function mergesOf(edges: readonly Edge[], n: number): Merge[] {
  const merges: Merge[] = [];
  const sets = new Sets(n);
  /** The node that each set is, by the set's root. */
  const nodes = Int32Array.from({ length: n }, (_, row) => row);
  for (let start = 0, end = 0; start < edges.length; start = end) {
    const { reach } = edges[start]!;
    while (end < edges.length && edges[end]!.reach === reach) end++;
    const met = edges.slice(start, end);
    /** A point of each node that meets another. */
    const pointIn = new Map(met.flatMap(({ a, b }) => [a, b].map((row) => [nodes[sets.find(row)]!, row] as const)));
    for (const { a, b } of met) sets.join(a, b);
    const groups = new Map<number, number[]>();
    for (const [node, row] of pointIn) {
      const root = sets.find(row);
      const group = groups.get(root);
      if (group) group.push(node);
      else groups.set(root, [node]);
    }
    for (const [root, parts] of groups) {
      const size = parts.reduce((sum, node) => sum + sizeOf(node, merges, n), 0);
      nodes[root] = n + merges.push({ parts, reach, size }) - 1;
    }
  }
  return merges;
}

function sizeOf(node: number, merges: readonly Merge[], n: number): number {
  return node < n ? 1 : merges[node - n]!.size;
}

/** Union and find. */
class Sets {
  readonly #parents: Int32Array;

  constructor(n: number) {
    this.#parents = Int32Array.from({ length: n }, (_, row) => row);
  }

  find(row: number): number {
    const parents = this.#parents;
    let at = row;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  join(a: number, b: number): void {
    this.#parents[this.find(a)] = this.find(b);
  }
}

/** A set of points that stays together from one density to another. */
interface DenseCluster {
  /** Undefined for what holds all points. */
  readonly parent: number | undefined;
  readonly children: number[];
  /** Points that are in none of the children. */
  readonly points: number[];
  /** How long its points stay in it, by density, summed. */
  stability: number;
}

/** The clusters in clusters, parents first: where several parts meet that are large enough, each is one. */
function condense(merges: readonly Merge[], n: number, minClusterSize: number): DenseCluster[] {
  const clusters: DenseCluster[] = [];
  const add = (parent: number | undefined) => clusters.push({ parent, children: [], points: [], stability: 0 }) - 1;
  const open = [{ node: n + merges.length - 1, cluster: add(undefined), birth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, cluster, birth } = next;
    const own = clusters[cluster]!;
    if (node < n) {
      own.points.push(node);
      continue;
    }
    const { parts, reach } = merges[node - n]!;
    const density = 1 / reach;
    const large = parts.filter((part) => sizeOf(part, merges, n) >= minClusterSize);
    for (const part of parts) {
      if (large.length === 1 && part === large[0]) {
        open.push({ node: part, cluster, birth });
        continue;
      }
      // Of points at one place, both may be infinite.
      if (density > birth) own.stability += (density - birth) * sizeOf(part, merges, n);
      if (large.includes(part)) {
        const child = add(cluster);
        own.children.push(child);
        open.push({ node: part, cluster: child, birth: density });
      } else own.points.push(...pointsOf(part, merges, n));
    }
  }
  return clusters;
}

function pointsOf(node: number, merges: readonly Merge[], n: number): number[] {
  const points: number[] = [];
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next < n) points.push(next);
    else open.push(...merges[next - n]!.parts);
  }
  return points;
}

/** The clusters that last longer than those in them do together. What holds all points is none. */
function mostStable(clusters: readonly DenseCluster[]): DenseCluster[][] {
  const best = clusters.map(({ stability }) => stability);
  const isChosen = clusters.map(() => false);
  for (let cluster = clusters.length - 1; cluster > 0; cluster--) {
    const { children, stability } = clusters[cluster]!;
    const inner = children.reduce((sum, child) => sum + best[child]!, 0);
    isChosen[cluster] = !(inner > stability);
    best[cluster] = Math.max(inner, stability);
  }
  return outermost(clusters, (cluster) => isChosen[cluster]!);
}

function leavesOf(clusters: readonly DenseCluster[]): DenseCluster[][] {
  return outermost(clusters, (cluster) => cluster > 0 && clusters[cluster]!.children.length === 0);
}

/** The chosen clusters that are in no other chosen one, each with all that is in it. */
function outermost(clusters: readonly DenseCluster[], isChosen: (cluster: number) => boolean): DenseCluster[][] {
  /** Which chosen cluster each is in. */
  const within: (DenseCluster[] | undefined)[] = [];
  const chosen: DenseCluster[][] = [];
  clusters.forEach((cluster, index) => {
    let whole = cluster.parent === undefined ? undefined : within[cluster.parent];
    if (!whole && isChosen(index)) {
      whole = [];
      chosen.push(whole);
    }
    whole?.push(cluster);
    within.push(whole);
  });
  return chosen;
}

function labelsOf(chosen: readonly DenseCluster[][], n: number): HdbscanResult {
  const found = new Int32Array(n).fill(-1);
  chosen.forEach((parts, label) => {
    for (const { points } of parts) for (const row of points) found[row] = label;
  });
  const order = new Map<number, number>();
  for (const label of found) if (label >= 0 && !order.has(label)) order.set(label, order.size);
  const noise = found.includes(-1) ? order.size : undefined;
  return { labels: found.map((label) => order.get(label) ?? order.size), noise };
}
