import { type KMeansResult, kMeans } from "../math/k-means.js";
import { matrixFromRows, normalizeRows } from "../math/matrix.js";
import { miniBatchKMeans } from "../math/mini-batch-k-means.js";
import { nameGroups } from "../models/offline/names.js";
import type { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { clusterId } from "./cluster-id.js";
import { renderSummary } from "./rendering.js";

export interface ClusterStepOptions {
  itemsPerCluster: number;
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

/**
 * Base clusters: every summary in exactly one, none empty, named. Summaries and embeddings belong together by chat_id.
 *
 * @throws {RangeError} If a summary has no embedding.
 */
export async function clusterStep(
  summaries: readonly ConversationSummary[],
  embeddings: readonly Embedding[],
  { itemsPerCluster, seed, signal, onProgress }: ClusterStepOptions,
): Promise<Cluster[]> {
  if (summaries.length === 0) return [];
  const vectors = new Map(embeddings.map(({ chat_id, embedding }) => [chat_id, embedding]));
  const points = normalizeRows(
    matrixFromRows(
      summaries.map(({ chat_id }) => {
        const vector = vectors.get(chat_id);
        if (!vector) throw new RangeError(`Cannot cluster summary "${chat_id}": it has no embedding`);
        return vector;
      }),
    ),
  );
  const k = clusterCount(summaries.length, itemsPerCluster);
  const onIteration = (iteration: number) => onProgress?.(iteration);
  const result: KMeansResult =
    points.rows * k > MOST_DISTANCES
      ? await miniBatchKMeans(points, k, { seed, signal, onIteration })
      : await kMeans(points, k, { seed, signal, onIteration, restarts: points.rows <= RESTARTS_UP_TO_POINTS ? 5 : 1 });
  const members: ConversationSummary[][] = [];
  summaries.forEach((summary, row) => {
    const label = result.labels[row]!;
    members[label] ??= [];
    members[label].push(summary);
  });
  const names = nameGroups(members.map((group) => ({ members: group.map(renderSummary) })));
  return members.map((group, index) => {
    const ids = group.map(({ chat_id }) => chat_id);
    return { id: clusterId("base", ids, seed), ...names[index]!, chat_ids: ids, parent_id: null, count: ids.length };
  });
}

export function clusterCount(items: number, itemsPerCluster: number): number {
  const equal = items / itemsPerCluster;
  return Math.ceil(equal <= MOST_EQUAL_CLUSTERS ? equal : MOST_EQUAL_CLUSTERS * Math.sqrt(equal / MOST_EQUAL_CLUSTERS));
}
