import { assertKnownOptions } from "../checkpoints/options.js";
import { Cluster, Embedding, ProjectedCluster } from "../rows/builtin.js";
import { belongingOfClusters } from "./belonging.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type Settings, settingsOf } from "./settings.js";

export interface ProjectOptions extends StepOptions {
  /** Vectors of the conversations; without them clusters are placed by their names and descriptions. */
  embeddings?: readonly Embedding[] | undefined;
  seed?: number | undefined;
}

/** The clusters with a place on a map each, depth first, `level` from 0 at the roots. */
export async function reduceDimensionalityFromClusters(
  clusters: readonly Cluster[],
  options: ProjectOptions = {},
): Promise<ProjectedCluster[]> {
  assertKnownOptions("project clusters", options, [...STEP_OPTIONS, "embeddings", "seed"]);
  const { embeddings, seed, ...rest } = options;
  const inputs = {
    clusters: rowsInMemory(clusters, Cluster),
    embeddings: embeddings && rowsInMemory(embeddings, Embedding),
  };
  return [...(await (await projectedClustersOf(inputs, await settingsOf({ seed }), rest)).load(options.signal))];
}

export async function projectedClustersOf(
  { clusters, embeddings }: { clusters: RowSource<Cluster>; embeddings?: RowSource<Embedding> | undefined },
  { seed }: Pick<Settings, "seed">,
  options: RunStepOptions,
): Promise<RowSource<ProjectedCluster>> {
  return await runStep<ProjectedCluster>({
    ...options,
    step: "dimensionality",
    type: ProjectedCluster,
    fingerprint: stepFingerprint(
      "dimensionality",
      { meta_clusters: await clusters.rowHash(), ...(embeddings && { embeddings: await embeddings.rowHash() }) },
      { options: { seed } },
    ),
    belongs: (rows, changed) =>
      belongingOfClusters(rows, clusters, changed, async (stored) => {
        const all = await clusters.load();
        return all.length === stored.size && all.every(({ id }) => stored.has(id));
      }),
    make: async ({ signal }) => {
      const { projectStep } = await import("../steps/project-step.js");
      const { clusterContents } = await import("./cluster-contents.js");
      const all = await clusters.load(signal);
      const contents = await clusterContents(all, { embeddings: await embeddings?.load(signal) });
      const vectors = new Map([...contents].map(([id, { vector }]) => [id, vector]));
      return await projectStep(all, vectors, { seed, signal });
    },
  });
}
