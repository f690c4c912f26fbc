import { assertKnownOptions } from "../checkpoints/options.js";
import { Cluster, Embedding, ProjectedCluster } from "../rows/builtin.js";
import { projectStep } from "../steps/project-step.js";
import { clusterContents } from "./cluster-contents.js";
import { stepFingerprint } from "./fingerprint.js";
import { hasSameKeys, rowHashOf, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";

export interface ProjectOptions extends StepOptions {
  /** Vectors of the conversations; without them clusters are placed by their names and descriptions. */
  embeddings?: readonly Embedding[] | undefined;
  seed?: number | undefined;
}

/** The clusters with a place on a map each, depth first, `level` from 0 at the roots. */
export async function reduceDimensionalityFromClusters(clusters: readonly Cluster[], options: ProjectOptions = {}): Promise<ProjectedCluster[]> {
  assertKnownOptions("project clusters", options, [...STEP_OPTIONS, "embeddings", "seed"]);
  const { seed = 42, embeddings, ...rest } = options;
  return await runStep<ProjectedCluster>({
    ...rest,
    step: "dimensionality",
    type: ProjectedCluster,
    fingerprint: stepFingerprint("dimensionality", {
      inputs: { meta_clusters: await rowHashOf(clusters, Cluster), ...(embeddings && { embeddings: await rowHashOf(embeddings, Embedding) }) },
      options: { seed },
    }),
    belongs: (rows) => hasSameKeys(rows.map(({ id }) => id), clusters.map(({ id }) => id)),
    make: async ({ signal }) => {
      const contents = await clusterContents(clusters, { embeddings });
      return projectStep(clusters, new Map([...contents].map(([id, { vector }]) => [id, vector])), { seed, signal });
    },
  });
}
