import type { EmbeddingModel, TextModel } from "../models/model.js";
import type { SummaryQuestionOptions } from "../steps/summary-question.js";
import { assertPositiveInteger } from "./numbers.js";

/** What decides the rows of a run, besides its input. */
export interface Settings {
  /** Identities of the models that are asked. */
  readonly models: { readonly summary: string; readonly embedding: string; readonly names: string };
  /** What decides the questions, where a model is asked; JSON. */
  readonly questions: {
    readonly summary?: Readonly<Record<string, unknown>>;
    readonly clusters?: string;
    readonly meta_clusters?: string;
  };
  /** Whether vectors are of a model that is made from the conversations. */
  readonly fitsCorpus: boolean;
  readonly itemsPerCluster: number;
  readonly maxClusters: number;
  readonly seed: number;
}

export interface SettingOptions extends SummaryQuestionOptions {
  /** Writes summaries, names and categories. Default: none; they are made of the conversations' own words, without network or key. */
  model?: TextModel | undefined;
  /** Makes vectors. Default: LSA, fitted to the corpus; no network. */
  embeddingModel?: EmbeddingModel | undefined;
  /** About how many conversations a base cluster should have; 10. */
  itemsPerCluster?: number | undefined;
  /** At most this many roots; always reached; 10. */
  maxClusters?: number | undefined;
  /** 42. The same seed and input give the same clusters. */
  seed?: number | undefined;
}

/**
 * With all defaults filled in.
 *
 * @throws {RangeError} For a number that is none.
 */
export async function settingsOf({
  model,
  prompt,
  extraFields,
  maxConversationChars,
  embeddingModel,
  itemsPerCluster = 10,
  maxClusters = 10,
  seed = 42,
}: SettingOptions): Promise<Settings> {
  assertPositiveInteger("itemsPerCluster", itemsPerCluster);
  assertPositiveInteger("maxClusters", maxClusters);
  const [{ SUMMARISER_ID }, { NAMER_ID }] = await Promise.all([
    import("../models/offline/summarise.js"),
    import("../models/offline/names.js"),
  ]);
  const { id: embedding, fit } = embeddingModel ?? (await defaultEmbeddingModel());
  const names = model?.id ?? NAMER_ID;
  return {
    models: { summary: model?.id ?? SUMMARISER_ID, embedding, names },
    questions: model ? await questionsOf({ prompt, extraFields, maxConversationChars }) : {},
    fitsCorpus: fit !== undefined,
    itemsPerCluster,
    maxClusters,
    seed,
  };
}

async function questionsOf(options: SummaryQuestionOptions): Promise<Settings["questions"]> {
  const [{ summaryQuestions }, { CLUSTER_NAME_PROMPT }, { GROUP_NAME_PROMPT }, categories, choice] = await Promise.all([
    import("../steps/summary-question.js"),
    import("../models/prompts/cluster-name.js"),
    import("../models/prompts/group-name.js"),
    import("../models/prompts/categories.js"),
    import("../models/prompts/category-choice.js"),
  ]);
  return {
    summary: (await summaryQuestions(options)).madeFrom,
    clusters: CLUSTER_NAME_PROMPT.id,
    meta_clusters: [categories.CATEGORIES_PROMPT.id, choice.CATEGORY_CHOICE_PROMPT.id, GROUP_NAME_PROMPT.id].join(" "),
  };
}

export async function defaultEmbeddingModel(signal?: AbortSignal): Promise<EmbeddingModel> {
  const { lsaModel } = await import("../models/offline/lsa.js");
  return lsaModel({ signal });
}
