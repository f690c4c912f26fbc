import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointManagerOptions } from "../checkpoints/checkpoint-manager.js";
import type { MultiCheckpointManagerOptions } from "../checkpoints/multi/multi-checkpoint-manager.js";
import type { EmbeddingModelOptions, TextModelOptions } from "../models/ai-sdk.js";
import type { Limits } from "../models/limits.js";
import type { EmbeddingModel, TextModel } from "../models/model.js";
import type { Price } from "../models/prices.js";
import type { Clustering } from "../steps/clusterings.js";
import type { NameQuestionOptions } from "../steps/name-clusters-with-model.js";
import type { ReduceQuestionOptions } from "../steps/reduce-questions.js";
import type { SummaryQuestionOptions } from "../steps/summary-question.js";

/** "openai/gpt-4o-mini", with what it is told and how often it may be called, or one that is made already. */
export type TextModelSetting = string | (TextModelOptions & Named) | TextModel;
export type EmbeddingModelSetting = string | (EmbeddingModelOptions & Named) | EmbeddingModel;

interface Named {
  name: string;
  /** Shared by all models of the same address. */
  limits?: Limits | undefined;
}

/** A Jinja template, or the file it is in, from the directory of the config file. */
export type PromptSetting = string | { file: string };

interface StepSetting {
  /** Default: the model of all steps. */
  model?: TextModelSetting | undefined;
  /** In the place of the model's own; `null` sends none. */
  temperature?: number | null | undefined;
}

/** A directory, or `format:dir`; one with options; or a manager that is made already, also of your own. */
export type PlaceSetting = string | PlaceOptions | BaseCheckpointManager;

interface PlaceOptions extends Omit<CheckpointManagerOptions, "onEvent" | "onPhase"> {
  dir: string;
  /** "jsonl", "parquet" and so on; default that of the directory. */
  format?: string | undefined;
  /** One of the format's. */
  compression?: string | undefined;
}

/** One place, or several, which are copies of each other. */
export type CheckpointsSetting =
  | PlaceSetting
  | readonly PlaceSetting[]
  | (Omit<MultiCheckpointManagerOptions, "onEvent" | "asksAll"> & { copies: readonly PlaceSetting[] });

/**
 * What `kura.config.mjs` exports, or `kura.config.json` holds, for the command line. Options on the command line go before it. What is not here
 * has the default of the option in code with the same name.
 */
export interface KuraConfig {
  /** Where checkpoints are kept; default the directory "checkpoints". `--out` and the variable KURA_CHECKPOINT_DIR go before it. */
  checkpoints?: CheckpointsSetting | undefined;
  /** Writes summaries, names and categories. Without one, no model is asked, whatever keys lie in the environment. */
  model?: TextModelSetting | undefined;
  /** Makes vectors. */
  embeddingModel?: EmbeddingModelSetting | undefined;
  /** What each step that asks a model asks. */
  steps?:
    | {
        summaries?:
          | (StepSetting & Omit<SummaryQuestionOptions, "prompt"> & { prompt?: PromptSetting | undefined })
          | undefined;
        clusters?:
          | (StepSetting & Omit<NameQuestionOptions, "prompt"> & { prompt?: PromptSetting | undefined })
          | undefined;
        meta_clusters?:
          | (StepSetting & {
              prompts?: { [K in keyof NonNullable<ReduceQuestionOptions["prompts"]>]?: PromptSetting | undefined };
            })
          | undefined;
      }
    | undefined;
  /** Calls in flight at most, in each step. */
  concurrency?: number | undefined;
  /** Calls for one answer at most. */
  attempts?: number | undefined;
  /** Ask at the terminal before an estimate above this is paid; US dollars. */
  askAbove?: number | undefined;
  /** Stop before more than this is spent; US dollars. */
  maxCost?: number | undefined;
  /** How many rows of a step may fail: a part of all below 1, else a number. */
  maxFailed?: number | undefined;
  /** By the name of a model: what goes before the list prices. */
  prices?: Readonly<Record<string, Price>> | undefined;
  itemsPerCluster?: number | undefined;
  clustering?: Clustering | undefined;
  maxClusters?: number | undefined;
  seed?: number | undefined;
}

/** Says of an object that it is a config, so that editors know its fields. */
export function defineConfig(config: KuraConfig): KuraConfig {
  return config;
}
