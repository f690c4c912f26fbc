import { type Matrix, matrixFromRows, normalize } from "../math/matrix.js";
import { mergeNearest } from "../math/merge-nearest.js";
import { fieldOf } from "../models/offline/field.js";
import { type Group, type GroupName, nameGroups, type Part } from "../models/offline/names.js";
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
 * The whole tree: the base clusters in their order with their parents filled in, then the parents, level by level, until at most `maxClusters` roots are
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
  const sorted = [...clusters].sort((a, b) => (a.id < b.id ? -1 : 1));
  let roots = sorted.map((cluster): Root => {
    const content = contents.get(cluster.id);
    if (!content) throw new RangeError(`Cannot reduce cluster "${cluster.id}": nothing is known of its contents`);
    return { cluster: { ...cluster, parent_id: null }, content, bases: 1 };
  });
  // All levels say the same: it is read once.
  const texts = roots.flatMap(({ content }) => content.members);
  const levels = levelSizes(roots.length, maxClusters);
  const field = levels.length > 0 ? await fieldOf(texts, signal) : undefined;
  for (const target of levels) {
    const groups = groupsOf(roots, target);
    const taken = [...done, ...roots.map(({ cluster }) => cluster)].map(({ name }) => name);
    const merged = groups.filter((group) => group.length > 1);
    const names = await nameGroups(merged.map(asGroup), { field, taken, signal });
    const parents = new Map(merged.map((group, index) => [group, parentOf(group, names[index]!, seed)]));
    for (const [group, { cluster }] of parents)
      for (const child of group) done.push({ ...child.cluster, parent_id: cluster.id });
    roots = groups.map((group) => parents.get(group) ?? group[0]!);
    onProgress?.(clusters.length - roots.length, clusters.length - Math.min(maxClusters, clusters.length));
  }
  const all = [...done, ...roots.map(({ cluster }) => cluster)];
  const base = new Map(clusters.map(({ id }, at) => [id, at]));
  return all.sort((a, b) => (base.get(a.id) ?? clusters.length) - (base.get(b.id) ?? clusters.length));
}

/** At most `target` groups of roots that lie together, in the order of their first. */
function groupsOf(roots: readonly Root[], target: number): Root[][] {
  // Each base cluster counts as one: by conversations, small clusters would be merged with anything, as that costs least.
  const weights = roots.map(({ bases }) => bases);
  const labels = mergeNearest(matrixOf(roots), weights, target);
  const groups: Root[][] = [];
  roots.forEach((root, row) => {
    const label = labels[row]!;
    groups[label] ??= [];
    groups[label].push(root);
  });
  return groups;
}

function parentOf(children: readonly Root[], name: GroupName, seed: number): Root {
  const ids = children.map(({ cluster }) => cluster.id);
  const chatIds = [...new Set(children.flatMap(({ cluster }) => cluster.chat_ids))];
  return {
    cluster: { id: clusterId("meta", ids, seed), ...name, chat_ids: chatIds, parent_id: null, count: chatIds.length },
    content: { vector: meanOf(children), members: children.flatMap(({ content }) => content.members) },
    bases: children.reduce((sum, { bases }) => sum + bases, 0),
  };
}

function asGroup(children: readonly Root[]): Group {
  return { members: children.flatMap(({ content }) => content.members), parts: partsOf(children) };
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
