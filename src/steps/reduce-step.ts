import { type Matrix, matrixFromRows, normalize } from "../math/matrix.js";
import { mergeNearest } from "../math/merge-nearest.js";
import { nameGroups, type Part } from "../models/offline/names.js";
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

interface Root {
  readonly cluster: Cluster;
  readonly content: ClusterContent;
  /** Base clusters in it. */
  readonly bases: number;
}

/** A parent of more children than this is hard to read. */
const FAN_OUT = 8;

/**
 * The whole tree: the base clusters with their parents filled in, and the parents, level by level, until at most `maxClusters` roots are
 * left. Always ends, loses no base cluster, makes no parent of a single child. At most `maxClusters` base clusters stay roots.
 *
 * @throws {RangeError} If nothing is known of a cluster.
 */
export async function reduceStep(
  clusters: readonly Cluster[],
  contents: ReadonlyMap<string, ClusterContent>,
  { maxClusters, seed, signal, onProgress }: ReduceStepOptions,
): Promise<Cluster[]> {
  const done: Cluster[] = [];
  let roots = clusters.map((cluster): Root => {
    const content = contents.get(cluster.id);
    if (!content) throw new RangeError(`Cannot reduce cluster "${cluster.id}": nothing is known of its contents`);
    return { cluster: { ...cluster, parent_id: null }, content, bases: 1 };
  });
  for (const target of levelSizes(roots.length, maxClusters)) {
    signal?.throwIfAborted();
    const { level, children } = mergeRoots(roots, target, seed);
    done.push(...children);
    roots = level;
    onProgress?.(clusters.length - roots.length, clusters.length - Math.min(maxClusters, clusters.length));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return [...done, ...roots.map(({ cluster }) => cluster)];
}

/** One level: the roots that are left, and the clusters that are their children now. */
function mergeRoots(roots: readonly Root[], target: number, seed: number): { level: Root[]; children: Cluster[] } {
  // Each base cluster counts as one: by conversations, small clusters would be merged with anything, as that costs least.
  const labels = mergeNearest(
    matrixOf(roots),
    roots.map(({ bases }) => bases),
    target,
  );
  const groups: Root[][] = [];
  roots.forEach((root, row) => {
    const label = labels[row]!;
    groups[label] ??= [];
    groups[label].push(root);
  });
  const names = nameGroups(
    groups.map((group) => ({ members: group.flatMap(({ content }) => content.members), parts: partsOf(group) })),
  );
  const children: Cluster[] = [];
  const level = groups.map((group, index): Root => {
    if (group.length === 1) return group[0]!;
    const id = clusterId(
      "meta",
      group.map(({ cluster }) => cluster.id),
      seed,
    );
    const chatIds = [...new Set(group.flatMap(({ cluster }) => cluster.chat_ids))];
    for (const { cluster } of group) children.push({ ...cluster, parent_id: id });
    return {
      cluster: { id, ...names[index]!, chat_ids: chatIds, parent_id: null, count: chatIds.length },
      content: { vector: meanOf(group), members: group.flatMap(({ content }) => content.members) },
      bases: group.reduce((sum, { bases }) => sum + bases, 0),
    };
  });
  return { level, children };
}

/** Positions of each child's members among those of all. */
function partsOf(children: readonly Root[]): Part[] {
  let next = 0;
  return children.map(({ cluster, content }) => ({ name: cluster.name, members: content.members.map(() => next++) }));
}

/** How many roots each level leaves: evenly, with parents of about `FAN_OUT` children at most. */
export function levelSizes(count: number, maxClusters: number): number[] {
  if (count <= maxClusters) return [];
  const levels = Math.max(1, Math.ceil(Math.log(count / maxClusters) / Math.log(FAN_OUT)));
  const ratio = (count / maxClusters) ** (1 / levels);
  return Array.from({ length: levels }, (_, level) =>
    level === levels - 1 ? maxClusters : Math.max(maxClusters, Math.round(count / ratio ** (level + 1))),
  );
}

function matrixOf(roots: readonly Root[]): Matrix {
  return matrixFromRows(roots.map(({ content }) => content.vector));
}

/** Weighted by conversations, of length 1. */
function meanOf(children: readonly Root[]): Float32Array {
  const mean = new Float32Array(children[0]!.content.vector.length);
  for (const { cluster, content } of children) {
    content.vector.forEach((value, index) => {
      mean[index]! += value * cluster.chat_ids.length;
    });
  }
  normalize(mean);
  return mean;
}
