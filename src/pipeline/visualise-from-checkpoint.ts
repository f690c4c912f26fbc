import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { MissingCheckpointError } from "../errors.js";
import type { Cluster } from "../rows/builtin.js";
import { type VisualiseOptions, visualisePipelineResults } from "./visualise.js";

/**
 * `visualisePipelineResults` of a stored hierarchy.
 *
 * @param options.checkpoint "meta_clusters" by default, which holds the whole hierarchy; "dimensionality" and "clusters" can be drawn too.
 * @throws {MissingCheckpointError} Where there is none of that name.
 */
export async function visualiseFromCheckpoint(
  manager: Pick<BaseCheckpointManager, "loadCheckpoint" | "location">,
  options: VisualiseOptions & { checkpoint?: string; signal?: AbortSignal } = {},
): Promise<string> {
  const { checkpoint = "meta_clusters", signal, ...visualiseOptions } = options;
  const clusters = await manager.loadCheckpoint(checkpoint, undefined, { ...(signal && { signal }) });
  if (!clusters) throw new MissingCheckpointError(checkpoint, `"${manager.location}"`);
  return visualisePipelineResults(clusters as readonly object[] as readonly Cluster[], visualiseOptions);
}
