import { assertKnownOptions } from "../checkpoints/options.js";
import { NAMER_ID } from "../models/offline/names.js";
import { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { reduceStep } from "../steps/reduce-step.js";
import { clusterContents, type ContentSources } from "./cluster-contents.js";
import { stepFingerprint } from "./fingerprint.js";
import { assertPositiveInteger } from "./numbers.js";
import { rowHashOf, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";

export interface ReduceOptions extends StepOptions, ContentSources {
  /** At most this many roots; always reached. */
  maxClusters?: number | undefined;
  seed?: number | undefined;
}

/**
 * The hierarchy: the given base clusters with their parents filled in, and the parents. With `summaries` and `embeddings` clusters are
 * compared and named by what their conversations say, else by their own names and descriptions.
 */
export async function reduceClustersFromBaseClusters(clusters: readonly Cluster[], options: ReduceOptions = {}): Promise<Cluster[]> {
  assertKnownOptions("reduce clusters", options, [...STEP_OPTIONS, "summaries", "embeddings", "maxClusters", "seed"]);
  const { maxClusters = 10, seed = 42, summaries, embeddings, ...rest } = options;
  assertPositiveInteger("maxClusters", maxClusters);
  return await runStep<Cluster>({
    ...rest,
    step: "meta_clusters",
    type: Cluster,
    fingerprint: stepFingerprint("meta_clusters", {
      inputs: {
        clusters: await rowHashOf(clusters, Cluster),
        ...(summaries && { summaries: await rowHashOf(summaries, ConversationSummary) }),
        ...(embeddings && { embeddings: await rowHashOf(embeddings, Embedding) }),
      },
      models: { names: NAMER_ID },
      options: { maxClusters, seed },
    }),
    belongs: (rows) => {
      const ids = new Set(rows.map(({ id }) => id));
      return clusters.every(({ id }) => ids.has(id));
    },
    make: async ({ signal, onProgress }) =>
      reduceStep(clusters, await clusterContents(clusters, { summaries, embeddings }), { maxClusters, seed, signal, onProgress }),
  });
}
