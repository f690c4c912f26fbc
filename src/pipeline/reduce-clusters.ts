import { assertKnownOptions } from "../checkpoints/options.js";
import type { TextModel } from "../models/model.js";
import { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import type { ReduceQuestionOptions } from "../steps/reduce-questions.js";
import { textAsker } from "./asker.js";
import { askerOptions } from "./asking-options.js";
import { beforePaying } from "./before-paying.js";
import { belongingOfClusters } from "./belonging.js";
import { clusterVectors } from "./cluster-vectors.js";
import { priced, usualReducing } from "./estimate.js";
import { reportFallbacks } from "./fallbacks.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type MakeContext, type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type Asked, type SettingOptions, type Settings, settingsOf } from "./settings.js";

type ReducingSettings = Pick<SettingOptions, "embeddingModel" | "maxClusters" | "seed"> & Asked<ReduceQuestionOptions>;

export interface ReduceOptions extends StepOptions, ReducingSettings {
  summaries?: readonly ConversationSummary[] | undefined;
  embeddings?: readonly Embedding[] | undefined;
}

/**
 * The hierarchy: the given base clusters with their parents filled in, and the parents. Offline, with `summaries` and `embeddings`, clusters
 * are compared and named by what their conversations say, else by their own names and descriptions, as a model does.
 */
export async function reduceClustersFromBaseClusters(
  clusters: readonly Cluster[],
  options: ReduceOptions = {},
): Promise<Cluster[]> {
  const own = ["summaries", "embeddings", "model", "prompts", "embeddingModel", "maxClusters", "seed"];
  assertKnownOptions("reduce clusters", options, [...STEP_OPTIONS, ...own]);
  const { summaries, embeddings, model, prompts, embeddingModel, maxClusters, seed, ...rest } = options;
  const settings = await settingsOf(
    { steps: { meta_clusters: { model, prompts } }, embeddingModel, maxClusters, seed },
    options.signal,
  );
  const inputs = {
    clusters: rowsInMemory(clusters, Cluster),
    summaries: summaries && rowsInMemory(summaries, ConversationSummary),
    embeddings: embeddings && rowsInMemory(embeddings, Embedding),
  };
  return [...(await (await metaClustersOf(inputs, settings, rest)).load(options.signal))];
}

export interface ReduceInputs {
  clusters: RowSource<Cluster>;
  summaries?: RowSource<ConversationSummary> | undefined;
  embeddings?: RowSource<Embedding> | undefined;
}

export async function metaClustersOf(
  inputs: ReduceInputs,
  settings: Settings,
  options: RunStepOptions,
): Promise<RowSource<Cluster>> {
  const { steps, models, questions, embeddingModel, maxClusters, seed } = settings;
  const { model } = steps.meta_clusters;
  const { clusters } = inputs;
  // A model sees names and descriptions; what the conversations say does not reach it.
  const { summaries, embeddings } = model ? {} : (inputs as Partial<ReduceInputs>);
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
      {
        models: { names: models.meta_clusters, ...(model && { embedding: embeddingModel.id }) },
        options: { maxClusters, seed, ...questions.meta_clusters },
      },
    ),
    belongs: (rows, changed) =>
      belongingOfClusters(rows, clusters, changed, async (stored) =>
        (await clusters.load()).every(({ id }) => stored.has(id)),
      ),
    foresee: () => clusters.batches({ columns: ["chat_ids"] }),
    make: async (context) =>
      model
        ? await asked(clusters, model, settings, options, context)
        : await offline({ clusters, summaries, embeddings }, settings, context),
  });
}

async function offline(
  { clusters, summaries, embeddings }: ReduceInputs,
  { maxClusters, seed }: Settings,
  { signal, onProgress }: MakeContext,
): Promise<Cluster[]> {
  const { reduceStep } = await import("../steps/reduce-step.js");
  const { clusterContents } = await import("./cluster-contents.js");
  const base = await clusters.load(signal);
  const contents = await clusterContents(base, {
    summaries: await summaries?.load(signal),
    embeddings: await embeddings?.load(signal),
  });
  return await reduceStep(base, contents, { maxClusters, seed, signal, onProgress });
}

async function asked(
  clusters: RowSource<Cluster>,
  model: TextModel,
  { steps, embeddingModel, maxClusters, seed }: Settings,
  options: RunStepOptions,
  context: MakeContext,
): Promise<Cluster[]> {
  const { signal, onProgress } = context;
  const { reduceWithModel } = await import("../steps/reduce-with-model.js");
  await model.ready?.();
  const answers = await context.answers();
  const step = "meta_clusters";
  const base = await clusters.load(signal);
  const before = beforePaying(
    () => priced(step, model.id, usualReducing(base.length, maxClusters), options.budget),
    options,
  );
  const asker = askerOptions(step, options, { answers, before });
  const asking = {
    askText: textAsker(model, asker),
    askVectors: await clusterVectors(embeddingModel, options, asker),
  };
  const made = await reduceWithModel(base, asking, {
    maxClusters,
    seed,
    prompts: steps.meta_clusters.prompts,
    signal,
    onProgress,
  });
  reportFallbacks(step, made.fallbacks, base.length, { ...options, context });
  return made.clusters;
}
