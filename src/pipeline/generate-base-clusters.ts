import { assertKnownOptions } from "../checkpoints/options.js";
import { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { belongingOf, keysOf } from "./belonging.js";
import { embeddingsOf } from "./embed-summaries.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type SettingOptions, settingsOf } from "./settings.js";

type ClusteringOptions = Pick<SettingOptions, "itemsPerCluster" | "seed">;

export interface BaseClusterOptions extends StepOptions, ClusteringOptions {
  /** A vector per summary; made offline where not given. */
  embeddings?: readonly Embedding[] | undefined;
}

/** Named clusters of like summaries; every summary is in exactly one. The same summaries, options and seed give the same clusters. */
export async function generateBaseClustersFromConversationSummaries(
  summaries: readonly ConversationSummary[],
  options: BaseClusterOptions = {},
): Promise<Cluster[]> {
  assertKnownOptions("cluster summaries", options, [...STEP_OPTIONS, "embeddings", "itemsPerCluster", "seed"]);
  const { embeddings: given, ...rest } = options;
  const { itemsPerCluster, seed, ...shared } = rest;
  const source = rowsInMemory(summaries, ConversationSummary);
  const embeddings = given ? rowsInMemory(given, Embedding) : await embeddingsOf(source, shared);
  return [...(await (await baseClustersOf({ summaries: source, embeddings }, rest)).load(options.signal))];
}

export async function baseClustersOf(
  { summaries, embeddings }: { summaries: RowSource<ConversationSummary>; embeddings: RowSource<Embedding> },
  { itemsPerCluster: items, seed: number, ...options }: RunStepOptions & ClusteringOptions,
): Promise<RowSource<Cluster>> {
  const settings = await settingsOf({ itemsPerCluster: items, seed: number });
  const { itemsPerCluster, seed } = settings;
  return await runStep<Cluster>({
    ...options,
    step: "clusters",
    type: Cluster,
    fingerprint: stepFingerprint(
      "clusters",
      { summaries: await summaries.rowHash(), embeddings: await embeddings.rowHash() },
      settings,
    ),
    belongs: async (rows) => {
      const ids = (await rows.load()).flatMap(({ chat_ids }) => chat_ids);
      return belongingOf(ids, await keysOf(summaries, "chat_id"));
    },
    make: async ({ signal, onProgress }) => {
      const { clusterStep } = await import("../steps/cluster-step.js");
      const [rows, vectors] = [await summaries.load(signal), await embeddings.load(signal)];
      return await clusterStep(rows, vectors, { itemsPerCluster, seed, signal, onProgress });
    },
  });
}
