import { assertKnownOptions } from "../checkpoints/options.js";
import { CorruptCheckpointError } from "../errors.js";
import { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import { movementOf } from "../steps/continue-clusters.js";
import type { NameQuestionOptions } from "../steps/name-clusters-with-model.js";
import { textAsker } from "./asker.js";
import { askerOptions } from "./asking-options.js";
import { beforePaying } from "./before-paying.js";
import { belongingOf, chatIdsOf, keysOf } from "./belonging.js";
import { embeddingsOf } from "./embed-summaries.js";
import { priced, usualNames } from "./estimate.js";
import { reportFallbacks } from "./fallbacks.js";
import { continuing, stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type MakeContext, type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type Asked, type SettingOptions, type Settings, settingsOf } from "./settings.js";
import { soundStep } from "./stored-step.js";

type ClusteringSettings = Pick<SettingOptions, "itemsPerCluster" | "clustering" | "seed"> & Asked<NameQuestionOptions>;

export interface BaseClusterOptions extends StepOptions, ClusteringSettings {
  /** A vector per summary; made offline where not given. */
  embeddings?: readonly Embedding[] | undefined;
}

/** Named clusters of like summaries; every summary is in exactly one. The same summaries, options and seed give the same clusters. */
export async function generateBaseClustersFromConversationSummaries(
  summaries: readonly ConversationSummary[],
  options: BaseClusterOptions = {},
): Promise<Cluster[]> {
  const own = [
    "embeddings",
    "model",
    "prompt",
    "maxExamples",
    "maxContrastiveExamples",
    "itemsPerCluster",
    "clustering",
    "seed",
  ];
  assertKnownOptions("cluster summaries", options, [...STEP_OPTIONS, ...own]);
  const { embeddings: given, model, prompt, maxExamples, maxContrastiveExamples, ...most } = options;
  const { itemsPerCluster, clustering, seed, ...rest } = most;
  const clusters = { model, prompt, maxExamples, maxContrastiveExamples };
  const settings = await settingsOf({ steps: { clusters }, itemsPerCluster, clustering, seed }, options.signal);
  const source = rowsInMemory(summaries, ConversationSummary);
  const embeddings = given ? rowsInMemory(given, Embedding) : await embeddingsOf({ summaries: source }, settings, rest);
  return [...(await (await baseClustersOf({ summaries: source, embeddings }, settings, rest)).load(options.signal))];
}

interface Inputs {
  readonly summaries: RowSource<ConversationSummary>;
  readonly embeddings: RowSource<Embedding>;
}

export async function baseClustersOf(
  inputs: Inputs,
  settings: Settings,
  options: RunStepOptions,
): Promise<RowSource<Cluster>> {
  const { summaries, embeddings } = inputs;
  const { models, questions, itemsPerCluster, clustering, seed } = settings;
  const fingerprint = stepFingerprint(
    "clusters",
    { summaries: await summaries.rowHash(), embeddings: await embeddings.rowHash() },
    { models: { names: models.clusters }, options: { itemsPerCluster, clustering, seed, ...questions.clusters } },
  );
  // Density knows no places to start from: the same summaries give the same clusters, whatever there was before.
  const continues = options.continue && clustering === "k-means";
  const earlier = continues ? await soundStep(options.checkpointManager, "clusters", options.signal) : undefined;
  return await runStep<Cluster>({
    ...options,
    step: "clusters",
    type: Cluster,
    fingerprint: earlier ? continuing(fingerprint, earlier.fingerprint) : fingerprint,
    belongs: async (rows, changed) => belongingOf(await chatIdsOf(rows), await keysOf(summaries, "chat_id"), changed),
    async *foresee() {
      yield [{ chat_ids: [...(await keysOf(summaries, "chat_id"))] } as unknown as Cluster];
    },
    make: async (context) => {
      const before = earlier && (await readable(options));
      if (!before) return await clustersOf(inputs, settings, options, context);
      const rows = await clustersOf(inputs, { ...settings, earlier: before }, options, context);
      // Rows now also depend on what there was before: a run that does not continue makes them anew.
      context.note({ options: { ...fingerprint.options, continued: earlier.revision?.id ?? "rows of others" } });
      options.onEvent?.({ type: "moved", step: "clusters", ...movementOf(before, rows) });
      return rows;
    },
  });
}

/** The clusters to go on from; from rows of others that are no clusters there is no going on. */
async function readable({ checkpointManager, signal }: RunStepOptions): Promise<readonly Cluster[] | undefined> {
  try {
    return await checkpointManager?.loadCheckpoint("clusters", Cluster, { signal });
  } catch (error) {
    if (error instanceof CorruptCheckpointError) return undefined;
    throw error;
  }
}

async function clustersOf(
  inputs: Inputs,
  { steps, itemsPerCluster, clustering, seed, earlier }: Settings & { earlier?: readonly Cluster[] | undefined },
  options: RunStepOptions,
  context: MakeContext,
): Promise<Cluster[]> {
  const { signal, onProgress } = context;
  const { groupStep, nameOffline, clusterRows } = await import("../steps/cluster-step.js");
  const embeddings = await inputs.embeddings.load(signal);
  const known = new Set(embeddings.map(({ chat_id }) => chat_id));
  // A summary whose vector could not be made is in no cluster; the embeddings say that they are not complete.
  const summaries = (await inputs.summaries.load(signal)).filter(({ chat_id }) => known.has(chat_id));
  const groups = await groupStep(summaries, embeddings, {
    itemsPerCluster,
    clustering,
    seed,
    earlier,
    signal,
    onProgress,
  });
  const { model, ...questions } = steps.clusters;
  if (!model) return clusterRows(groups, await nameOffline(groups, signal));
  const { nameClustersWithModel } = await import("../steps/name-clusters-with-model.js");
  await model.ready?.();
  const before = beforePaying(
    () =>
      priced(
        "clusters",
        model.id,
        usualNames(groups.length, summaries.length / groups.length, questions),
        options.budget,
      ),
    options,
  );
  const ask = textAsker(model, askerOptions("clusters", options, { answers: await context.answers(), before }));
  const { names, fallbacks } = await nameClustersWithModel(groups, ask, { seed, signal, ...questions });
  reportFallbacks("clusters", fallbacks, groups.length, { ...options, context });
  return clusterRows(groups, names);
}
