import { assertKnownOptions } from "../checkpoints/options.js";
import { NAMER_ID } from "../models/offline/names.js";
import { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { clusterStep } from "../steps/cluster-step.js";
import { embedSummaries } from "./embed-summaries.js";
import { stepFingerprint } from "./fingerprint.js";
import { assertPositiveInteger } from "./numbers.js";
import { hasSameKeys, rowHashOf, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";

export interface BaseClusterOptions extends StepOptions {
  /** A vector per summary; made offline where not given. */
  embeddings?: readonly Embedding[] | undefined;
  /** About how many conversations a cluster should have. */
  itemsPerCluster?: number | undefined;
  seed?: number | undefined;
}

/** Named clusters of like summaries; every summary is in exactly one. The same summaries, options and seed give the same clusters. */
export async function generateBaseClustersFromConversationSummaries(
  summaries: readonly ConversationSummary[],
  options: BaseClusterOptions = {},
): Promise<Cluster[]> {
  assertKnownOptions("cluster summaries", options, [...STEP_OPTIONS, "embeddings", "itemsPerCluster", "seed"]);
  const { itemsPerCluster = 10, seed = 42, embeddings: given, ...rest } = options;
  assertPositiveInteger("itemsPerCluster", itemsPerCluster);
  const embeddings = given ?? (await embedSummaries(summaries, rest));
  return await runStep<Cluster>({
    ...rest,
    step: "clusters",
    type: Cluster,
    fingerprint: stepFingerprint("clusters", {
      inputs: { summaries: await rowHashOf(summaries, ConversationSummary), embeddings: await rowHashOf(embeddings, Embedding) },
      models: { names: NAMER_ID },
      options: { itemsPerCluster, seed },
    }),
    belongs: (rows) => hasSameKeys(rows.flatMap(({ chat_ids }) => chat_ids), summaries.map(({ chat_id }) => chat_id)),
    make: ({ signal, onProgress }) => clusterStep(summaries, embeddings, { itemsPerCluster, seed, signal, onProgress }),
  });
}
