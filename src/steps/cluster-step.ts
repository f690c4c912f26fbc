import { kMeans } from "../math/k-means.js";
import { type Matrix, matrixFromRows, normalizeRows, rowOf } from "../math/matrix.js";
import { miniBatchKMeans } from "../math/mini-batch-k-means.js";
import { nameGroups } from "../models/offline/names.js";
import type { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { clusterId } from "./cluster-id.js";
import { renderForNaming } from "./rendering.js";

export interface ClusterStepOptions {
  itemsPerCluster?: number;
  seed: number;
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

/**
 * Base clusters: every summary in exactly one, none empty, named, in the order of their first summary. Summaries and embeddings belong
 * together by chat_id. Ids depend on members and seed alone, and which summaries are put together not on their order.
 *
 * @throws {RangeError} If a summary has no embedding.
 */
export async function clusterStep(
  summaries: readonly ConversationSummary[],
  embeddings: readonly Embedding[],
  { itemsPerCluster = 10, seed, signal, onProgress }: ClusterStepOptions,
): Promise<Cluster[]> {
  if (summaries.length === 0) return [];
  const sorted = [...summaries].sort((a, b) => (a.chat_id < b.chat_id ? -1 : 1));
  const labels = await labelsOf(pointsOf(sorted, embeddings), { itemsPerCluster, seed, signal, onProgress });
  const groups = new Map<number, ConversationSummary[]>();
  sorted.forEach((summary, row) => {
    const group = groups.get(labels[row]!);
    if (group) group.push(summary);
    else groups.set(labels[row]!, [summary]);
  });
  const members = [...groups.values()];
  const names = await nameGroups(
    members.map((group) => ({ members: group.map(renderForNaming) })),
    { signal },
  );
  const place = new Map(summaries.map(({ chat_id }, at) => [chat_id, at]));
  return members
    .map((group, index) => {
      const ids = group.map(({ chat_id }) => chat_id).sort((a, b) => place.get(a)! - place.get(b)!);
      return { id: clusterId("base", ids, seed), ...names[index]!, chat_ids: ids, parent_id: null, count: ids.length };
    })
    .sort((a, b) => place.get(a.chat_ids[0]!)! - place.get(b.chat_ids[0]!)!);
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

async function labelsOf(
  points: Matrix,
  options: Required<Pick<ClusterStepOptions, "itemsPerCluster">> & ClusterStepOptions,
): Promise<number[]> {
  const k = clusterCount(points.rows, options.itemsPerCluster);
  const labels = [...(await divide(points, k, options))];
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
