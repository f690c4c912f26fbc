import { layout2d } from "../math/layout.js";
import { matrixFromRows } from "../math/matrix.js";
import type { Cluster, ProjectedCluster } from "../rows/builtin.js";
import { treeOf, walk } from "./tree.js";

/** Clusters with a place on a map each, depth first, `level` from 0 at the roots. */
export async function projectStep(
  clusters: readonly Cluster[],
  vectors: ReadonlyMap<string, Float32Array>,
  { seed, signal }: { seed: number; signal?: AbortSignal | undefined },
): Promise<ProjectedCluster[]> {
  const nodes = [...walk(treeOf(clusters))];
  const places = await layout2d(matrixFromRows(nodes.map(({ cluster }) => vectors.get(cluster.id)!)), { seed, signal });
  return nodes.map(({ cluster, level }, index) => ({
    ...cluster,
    x_coord: places[index * 2]!,
    y_coord: places[index * 2 + 1]!,
    level,
    count: cluster.chat_ids.length,
  }));
}
