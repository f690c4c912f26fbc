import { hdbscan } from "../math/hdbscan.js";
import { kMeans } from "../math/k-means.js";
import { type Matrix, matrixFromRows, normalizeRows, rowOf } from "../math/matrix.js";
import { miniBatchKMeans } from "../math/mini-batch-k-means.js";
import { type GroupName, nameGroups } from "../models/offline/names.js";
import type { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { clusterId } from "./cluster-id.js";
import type { Clustering } from "./clusterings.js";
import { startsFrom } from "./continue-clusters.js";
import { renderForNaming } from "./rendering.js";

export interface ClusterStepOptions {
  /** With "hdbscan" fewer than this are no cluster. */
  itemsPerCluster?: number;
  /** Default: "k-means". */
  clustering?: Clustering;
  seed: number;
  /** Clusters of an earlier run, to be found again as far as they hold. */
  earlier?: readonly Cluster[] | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total?: number) => void) | undefined;
}

/** Up to this many clusters all have about `itemsPerCluster` items; beyond it they grow as the square root. */
const MOST_EQUAL_CLUSTERS = 2_000;
/** Distances beyond this many per iteration (points x clusters) are left to mini-batches. */
const MOST_DISTANCES = 60_000_000;
/** The best of several starts costs little where one is quick. */
const RESTARTS_UP_TO_POINTS = 5_000;
const RESTARTS = 5;
/** A cluster of more than this many times the usual size is what was left over, and is divided once more. */
const LARGEST = 3;

/** Summaries that belong together, in the order of the summaries. */
export interface SummaryGroup {
  /** Of the cluster that they are: depends on members and seed alone. */
  readonly id: string;
  readonly members: readonly ConversationSummary[];
}

/**
 * Groups of summaries: every summary in exactly one, none empty, in the order of their first summary. Summaries and embeddings belong
 * together by chat_id. Which summaries are put together does not depend on their order.
 *
 * @throws {RangeError} If a summary has no embedding.
 * @throws {KuraError} If there are more than "hdbscan" compares.
 */
export async function groupStep(
  summaries: readonly ConversationSummary[],
  embeddings: readonly Embedding[],
  { itemsPerCluster = 10, ...options }: ClusterStepOptions,
): Promise<SummaryGroup[]> {
  if (summaries.length === 0) return [];
  const sorted = [...summaries].sort((a, b) => (a.chat_id < b.chat_id ? -1 : 1));
  const points = pointsOf(sorted, embeddings);
  const labels =
    options.clustering === "hdbscan"
      ? await densePlaces(points, { ...options, itemsPerCluster })
      : await labelsOf(sorted, points, { ...options, itemsPerCluster });
  const labelOf = new Map(sorted.map(({ chat_id }, row) => [chat_id, labels[row]!]));
  const groups = new Map<number, ConversationSummary[]>();
  for (const summary of summaries) {
    const label = labelOf.get(summary.chat_id)!;
    const group = groups.get(label);
    if (group) group.push(summary);
    else groups.set(label, [summary]);
  }
  return [...groups.values()].map((members) => ({ id: clusterId("base", chatIds(members), options.seed), members }));
}

/** Names of what the groups say, against each other, without a model. */
export async function nameOffline(
  groups: readonly SummaryGroup[],
  signal?: AbortSignal | undefined,
): Promise<GroupName[]> {
  // Names come out the same in whatever order the conversations are given.
  const members = groups.map(({ members }) => [...members].sort((a, b) => (a.chat_id < b.chat_id ? -1 : 1)));
  const order = members.map((_, at) => at).sort((a, b) => (members[a]![0]!.chat_id < members[b]![0]!.chat_id ? -1 : 1));
  const sorted = await nameGroups(
    order.map((at) => ({ members: members[at]!.map(renderForNaming) })),
    { signal },
  );
  const names: GroupName[] = [];
  for (const [place, at] of order.entries()) names[at] = sorted[place]!;
  return names;
}

/** A row per group, in their order. */
export function clusterRows(groups: readonly SummaryGroup[], names: readonly GroupName[]): Cluster[] {
  return groups.map(({ id, members }, index) => {
    const { name, description, slug } = names[index]!;
    return { id, name, description, slug, chat_ids: chatIds(members), parent_id: null, count: members.length };
  });
}

/** Base clusters of summaries, named without a model. */
export async function clusterStep(
  summaries: readonly ConversationSummary[],
  embeddings: readonly Embedding[],
  options: ClusterStepOptions,
): Promise<Cluster[]> {
  const groups = await groupStep(summaries, embeddings, options);
  return clusterRows(groups, await nameOffline(groups, options.signal));
}

function chatIds(members: readonly ConversationSummary[]): string[] {
  return members.map(({ chat_id }) => chat_id);
}

export function clusterCount(items: number, itemsPerCluster: number): number {
  const equal = items / itemsPerCluster;
  return Math.ceil(equal <= MOST_EQUAL_CLUSTERS ? equal : MOST_EQUAL_CLUSTERS * Math.sqrt(equal / MOST_EQUAL_CLUSTERS));
}

function pointsOf(summaries: readonly ConversationSummary[], embeddings: readonly Embedding[]): Matrix {
  const vectors = new Map(embeddings.map(({ chat_id, embedding }) => [chat_id, embedding]));
  const rows = summaries.map(({ chat_id }) => {
    const vector = vectors.get(chat_id);
    if (!vector) throw new RangeError(`Cannot cluster summary "${chat_id}": it has no embedding`);
    return vector;
  });
  return normalizeRows(matrixFromRows(rows));
}

/** What lies close to nothing has a label of its own. */
async function densePlaces(
  points: Matrix,
  { itemsPerCluster, signal, onProgress }: { itemsPerCluster: number } & ClusterStepOptions,
): Promise<Int32Array> {
  return (await hdbscan(points, { minClusterSize: Math.max(2, itemsPerCluster), signal, onProgress })).labels;
}

async function labelsOf(
  summaries: readonly ConversationSummary[],
  points: Matrix,
  { earlier, ...options }: Required<Pick<ClusterStepOptions, "itemsPerCluster">> & ClusterStepOptions,
): Promise<number[]> {
  const k = clusterCount(points.rows, options.itemsPerCluster);
  const starts = earlier && startsFrom(points, chatIds(summaries), earlier, k);
  const labels = [...(await (starts ? divideFrom(points, starts, options) : divide(points, k, options)))];
  const members = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const rows = members.get(label);
    if (rows) rows.push(row);
    else members.set(label, [row]);
  });
  const usual = points.rows / k;
  let next = members.size;
  for (const rows of members.values()) {
    if (rows.length <= LARGEST * usual) continue;
    const part = await divide(
      matrixFromRows(rows.map((row) => rowOf(points, row))),
      Math.ceil(rows.length / usual),
      options,
    );
    part.forEach((label, at) => {
      if (label > 0) labels[rows[at]!] = next + label - 1;
    });
    next += Math.max(...part);
  }
  return labels;
}

async function divideFrom(
  points: Matrix,
  initialCentroids: Matrix,
  { seed, signal, onProgress }: ClusterStepOptions,
): Promise<Int32Array> {
  const onIteration = (iteration: number) => onProgress?.(iteration);
  // Near the end already: of many points a few iterations do.
  const isLarge = points.rows * initialCentroids.rows > MOST_DISTANCES;
  const options = { seed, initialCentroids, signal, onIteration, ...(isLarge && { maxIterations: 3 }) };
  return (await kMeans(points, initialCentroids.rows, options)).labels;
}

async function divide(
  points: Matrix,
  k: number,
  { seed, signal, onProgress }: ClusterStepOptions,
): Promise<Int32Array> {
  const onIteration = (iteration: number) => onProgress?.(iteration);
  if (points.rows * k > MOST_DISTANCES) return (await miniBatchKMeans(points, k, { seed, signal, onIteration })).labels;
  const restarts = points.rows <= RESTARTS_UP_TO_POINTS ? RESTARTS : 1;
  return (await kMeans(points, k, { seed, signal, onIteration, restarts })).labels;
}
