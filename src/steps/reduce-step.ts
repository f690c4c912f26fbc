import { type Matrix, matrixFromRows, normalize } from "../math/matrix.js";
import { mergeNearest } from "../math/merge-nearest.js";
import { nameGroups } from "../models/offline/names.js";
import type { Cluster } from "../rows/builtin.js";
import { clusterId } from "./cluster-id.js";

export interface ReduceStepOptions {
  maxClusters: number;
  seed: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total?: number) => void) | undefined;
}

/** What is known of a base cluster besides its row. */
export interface ClusterContent {
  /** Where it lies. */
  readonly vector: Float32Array;
  /** What its members are about, for naming what it becomes part of. */
  readonly members: readonly string[];
}

/** A parent of more children than this is hard to read. */
const FAN_OUT = 8;

/**
 * The whole tree: the base clusters with their parents filled in, and the parents, level by level, until at most `maxClusters` roots are
 * left. Always ends, loses no base cluster, makes no parent of a single child. At most `maxClusters` base clusters stay roots.
 */
export async function reduceStep(
  clusters: readonly Cluster[],
  contents: ReadonlyMap<string, ClusterContent>,
  { maxClusters, seed, signal, onProgress }: ReduceStepOptions,
): Promise<Cluster[]> {
  const done: Cluster[] = [];
  let roots = clusters.map((cluster) => ({ cluster: { ...cluster, parent_id: null as string | null }, content: contents.get(cluster.id)! }));
  for (const target of levelSizes(roots.length, maxClusters)) {
    signal?.throwIfAborted();
    const weights = roots.map(({ cluster }) => cluster.chat_ids.length);
    const labels = mergeNearest(matrixOf(roots), weights, target);
    const groups: (typeof roots)[] = [];
    roots.forEach((root, row) => {
      const label = labels[row]!;
      groups[label] ??= [];
      groups[label].push(root);
    });
    const contentsOfGroups = groups.map((children) => ({ vector: meanOf(children), members: children.flatMap(({ content }) => content.members) }));
    const names = nameGroups(contentsOfGroups);
    roots = groups.map((children, index) => {
      if (children.length === 1) return children[0]!;
      const chatIds = [...new Set(children.flatMap(({ cluster }) => cluster.chat_ids))];
      const id = clusterId("meta", children.map(({ cluster }) => cluster.id), seed);
      for (const child of children) done.push({ ...child.cluster, parent_id: id });
      return { cluster: { id, ...names[index]!, chat_ids: chatIds, parent_id: null, count: chatIds.length }, content: contentsOfGroups[index]! };
    });
    onProgress?.(clusters.length - roots.length, clusters.length - Math.min(maxClusters, clusters.length));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return [...done, ...roots.map(({ cluster }) => cluster)];
}

/** How many roots each level leaves: evenly, with parents of about `FAN_OUT` children at most. */
export function levelSizes(count: number, maxClusters: number): number[] {
  if (count <= maxClusters) return [];
  const levels = Math.max(1, Math.ceil(Math.log(count / maxClusters) / Math.log(FAN_OUT)));
  const ratio = (count / maxClusters) ** (1 / levels);
  return Array.from({ length: levels }, (_, level) => (level === levels - 1 ? maxClusters : Math.max(maxClusters, Math.round(count / ratio ** (level + 1)))));
}

function matrixOf(roots: readonly { content: ClusterContent }[]): Matrix {
  return matrixFromRows(roots.map(({ content }) => content.vector));
}

/** Weighted by conversations. */
function meanOf(children: readonly { cluster: Cluster; content: ClusterContent }[]): Float32Array {
  const mean = new Float32Array(children[0]!.content.vector.length);
  for (const { cluster, content } of children) {
    content.vector.forEach((value, index) => {
      mean[index]! += value * cluster.chat_ids.length;
    });
  }
  normalize(mean);
  return mean;
}
