import { assertKnownOptions } from "../checkpoints/options.js";
import { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type SettingOptions, settingsOf } from "./settings.js";

type ReducingOptions = Pick<SettingOptions, "maxClusters" | "seed">;

export interface ReduceOptions extends StepOptions, ReducingOptions {
  summaries?: readonly ConversationSummary[] | undefined;
  embeddings?: readonly Embedding[] | undefined;
}

/**
 * The hierarchy: the given base clusters with their parents filled in, and the parents. With `summaries` and `embeddings` clusters are
 * compared and named by what their conversations say, else by their own names and descriptions.
 */
export async function reduceClustersFromBaseClusters(
  clusters: readonly Cluster[],
  options: ReduceOptions = {},
): Promise<Cluster[]> {
  assertKnownOptions("reduce clusters", options, [...STEP_OPTIONS, "summaries", "embeddings", "maxClusters", "seed"]);
  const { summaries, embeddings, ...rest } = options;
  const inputs = {
    clusters: rowsInMemory(clusters, Cluster),
    summaries: summaries && rowsInMemory(summaries, ConversationSummary),
    embeddings: embeddings && rowsInMemory(embeddings, Embedding),
  };
  return [...(await (await metaClustersOf(inputs, rest)).load(options.signal))];
}

export interface ReduceInputs {
  clusters: RowSource<Cluster>;
  summaries?: RowSource<ConversationSummary> | undefined;
  embeddings?: RowSource<Embedding> | undefined;
}

export async function metaClustersOf(
  { clusters, summaries, embeddings }: ReduceInputs,
  { maxClusters: roots, seed: number, ...options }: RunStepOptions & ReducingOptions,
): Promise<RowSource<Cluster>> {
  const settings = await settingsOf({ maxClusters: roots, seed: number });
  const { maxClusters, seed } = settings;
  return await runStep<Cluster>({
    ...options,
    step: "meta_clusters",
    type: Cluster,
    fingerprint: stepFingerprint(
      "meta_clusters",
      {
        clusters: await clusters.rowHash(),
        ...(summaries && { summaries: await summaries.rowHash() }),
        ...(embeddings && { embeddings: await embeddings.rowHash() }),
      },
      settings,
    ),
    belongs: async (rows) => {
      const ids = new Set((await rows.load()).map(({ id }) => id));
      const found = (await clusters.load()).filter(({ id }) => ids.has(id)).length;
      return found === 0 ? "none" : found === (await clusters.load()).length ? "all" : "some";
    },
    make: async ({ signal, onProgress }) => {
      const { reduceStep } = await import("../steps/reduce-step.js");
      const { clusterContents } = await import("./cluster-contents.js");
      const base = await clusters.load(signal);
      const contents = await clusterContents(base, {
        summaries: await summaries?.load(signal),
        embeddings: await embeddings?.load(signal),
      });
      return await reduceStep(base, contents, { maxClusters, seed, signal, onProgress });
    },
  });
}
