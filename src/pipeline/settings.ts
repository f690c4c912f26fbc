import { assertKnownOptions } from "../checkpoints/options.js";
import type { EmbeddingModel, TextModel } from "../models/model.js";
import { CLUSTERINGS, type Clustering } from "../steps/clusterings.js";
import type { NameQuestionOptions } from "../steps/name-clusters-with-model.js";
import type { ReduceQuestionOptions } from "../steps/reduce-questions.js";
import type { SummaryQuestionOptions } from "../steps/summary-question.js";
import { assertPositiveInteger } from "./numbers.js";

/** What decides the rows of a run, besides its input: checked, with all defaults filled in. */
export interface Settings {
  /** What each step asks, and of whom; of nobody where there is no model. */
  readonly steps: { readonly [S in AskingStep]: NonNullable<AskingSteps[S]> };
  readonly embeddingModel: EmbeddingModel;
  /** What of it is in fingerprints: who makes the rows, and what decides the questions where a model is asked; JSON. */
  readonly models: { readonly [S in AskingStep]: string };
  readonly questions: { readonly [S in AskingStep]?: Readonly<Record<string, unknown>> };
  readonly itemsPerCluster: number;
  readonly clustering: Clustering;
  readonly maxClusters: number;
  readonly seed: number;
}

/** What a step is to ask, and of whom. */
export type Asked<Questions> = Questions & {
  /** Default: the model of all steps, or none. */
  model?: TextModel | undefined;
};

/** The steps that ask a text model, if there is one. */
export interface AskingSteps {
  summaries?: Asked<SummaryQuestionOptions> | undefined;
  clusters?: Asked<NameQuestionOptions> | undefined;
  meta_clusters?: Asked<ReduceQuestionOptions> | undefined;
}

export type AskingStep = keyof AskingSteps;

export interface SettingOptions {
  /** Writes summaries, names and categories. Default: none; they are made of the conversations' own words, without network or key. */
  model?: TextModel | undefined;
  /** What each step asks, where it is not what it asks usually. */
  steps?: AskingSteps | undefined;
  /** Makes vectors. Default: LSA, fitted to the corpus; no network. */
  embeddingModel?: EmbeddingModel | undefined;
  /** About how many conversations a base cluster should have; 10. */
  itemsPerCluster?: number | undefined;
  /** How they are found: "k-means" (default), or "hdbscan", with which fewer than `itemsPerCluster` are no cluster. */
  clustering?: Clustering | undefined;
  /** At most this many roots; always reached; 10. */
  maxClusters?: number | undefined;
  /** 42. The same seed and input give the same clusters. */
  seed?: number | undefined;
}

const STEP_FIELDS = {
  summaries: ["model", "prompt", "extraFields", "maxConversationChars"],
  clusters: ["model", "prompt", "maxExamples", "maxContrastiveExamples"],
  meta_clusters: ["model", "prompts"],
} as const satisfies { [S in AskingStep]: readonly (keyof NonNullable<AskingSteps[S]>)[] };

/** @throws {TypeError} For a step that asks nothing, and for what it does not take. */
export function assertAskingSteps(act: string, steps: AskingSteps | undefined): void {
  assertKnownOptions(`${act}: steps`, steps ?? {}, Object.keys(STEP_FIELDS));
  for (const [step, asked] of Object.entries(steps ?? {}))
    assertKnownOptions(`${act}: steps.${step}`, asked ?? {}, STEP_FIELDS[step as AskingStep]);
}

/**
 * Before anything is made: a prompt of the last step that cannot be used should not be found when the first one is paid for.
 *
 * @throws {RangeError} For a number that is none.
 * @throws {TypeError} For a prompt that cannot be used.
 */
export async function settingsOf(
  {
    model,
    steps: own,
    embeddingModel,
    itemsPerCluster = 10,
    clustering = "k-means",
    maxClusters = 10,
    seed = 42,
  }: SettingOptions,
  signal?: AbortSignal | undefined,
): Promise<Settings> {
  assertPositiveInteger("itemsPerCluster", itemsPerCluster);
  assertPositiveInteger("maxClusters", maxClusters);
  if (!Number.isInteger(seed)) throw new RangeError(`Cannot use ${seed} as seed: an integer is needed`);
  if (!CLUSTERINGS.includes(clustering))
    throw new TypeError(`Cannot cluster by "${clustering}": there are ${CLUSTERINGS.join(" and ")}`);
  const steps = {
    summaries: { ...own?.summaries, model: own?.summaries?.model ?? model },
    clusters: { ...own?.clusters, model: own?.clusters?.model ?? model },
    meta_clusters: { ...own?.meta_clusters, model: own?.meta_clusters?.model ?? model },
  };
  const [{ SUMMARISER_ID }, { NAMER_ID }] = await Promise.all([
    import("../models/offline/summarise.js"),
    import("../models/offline/names.js"),
  ]);
  return {
    steps,
    embeddingModel: embeddingModel ?? (await import("../models/offline/lsa.js")).lsaModel({ signal }),
    models: {
      summaries: steps.summaries.model?.id ?? SUMMARISER_ID,
      clusters: steps.clusters.model?.id ?? NAMER_ID,
      meta_clusters: steps.meta_clusters.model?.id ?? NAMER_ID,
    },
    questions: await questionsOf(steps),
    itemsPerCluster,
    clustering,
    maxClusters,
    seed,
  };
}

async function questionsOf({ summaries, clusters, meta_clusters }: Settings["steps"]): Promise<Settings["questions"]> {
  return {
    ...(summaries.model && {
      summaries: (await (await import("../steps/summary-question.js")).summaryQuestions(summaries)).madeFrom,
    }),
    ...(clusters.model && {
      clusters: (await (await import("../steps/name-clusters-with-model.js")).nameQuestions(clusters)).madeFrom,
    }),
    ...(meta_clusters.model && {
      meta_clusters: (await (await import("../steps/reduce-questions.js")).reduceQuestions(meta_clusters)).madeFrom,
    }),
  };
}
