import { KuraError } from "../errors.js";
import type { Cluster } from "../rows/builtin.js";

export interface TreeNode<C extends Cluster = Cluster> {
  readonly cluster: C;
  /** Roots are 0. */
  readonly level: number;
  /** Distinct conversations in it. */
  readonly count: number;
  readonly children: readonly TreeNode<C>[];
}

/**
 * Clusters as trees, whatever order, counts and levels they came with: largest first, then by name. A cluster whose parent is not there
 * is a root.
 *
 * @throws {KuraError} If parents go in a circle.
 */
export function treeOf<C extends Cluster>(clusters: readonly C[]): TreeNode<C>[] {
  const ids = new Set(clusters.map(({ id }) => id));
  const childrenOf = new Map<string | null, C[]>();
  for (const cluster of clusters) {
    const parent = cluster.parent_id !== null && ids.has(cluster.parent_id) ? cluster.parent_id : null;
    const siblings = childrenOf.get(parent) ?? [];
    childrenOf.set(parent, siblings);
    siblings.push(cluster);
  }
  let placed = 0;
  const nodesUnder = (parent: string | null, level: number): TreeNode<C>[] =>
    (childrenOf.get(parent) ?? [])
      .map((cluster) => {
        placed++;
        const children = nodesUnder(cluster.id, level + 1);
        return { cluster, level, count: new Set(cluster.chat_ids).size, children };
      })
      .sort(
        (a, b) => b.count - a.count || (a.cluster.name < b.cluster.name ? -1 : a.cluster.name > b.cluster.name ? 1 : 0),
      );
  const roots = nodesUnder(null, 0);
  if (placed < clusters.length)
    throw new KuraError(
      `Cannot make a tree of ${clusters.length} clusters: ${clusters.length - placed} are their own ancestors`,
    );
  return roots;
}

/** Depth first, parents before children. */
export function* walk<C extends Cluster>(nodes: readonly TreeNode<C>[]): Generator<TreeNode<C>> {
  for (const node of nodes) {
    yield node;
    yield* walk(node.children);
  }
}
