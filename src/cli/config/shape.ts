import type { BaseCheckpointManager } from "../../checkpoints/base-checkpoint-manager.js";
import type { Limits } from "../../models/limits.js";
import type { CheckpointsSetting, KuraConfig } from "../../pipeline/config.js";
import { isPlainObject } from "../../rows/column-rules.js";
import { CLUSTERINGS } from "../../steps/clusterings.js";
import { FORMAT_NAMES } from "../formats.js";
import {
  anyObject,
  type Check,
  either,
  type Fields,
  fields,
  integer,
  isText,
  listOf,
  number,
  oneOf,
  orNull,
  recordOf,
  text,
} from "./check.js";

/*
 * What a config may hold. Types see to it that each field of `KuraConfig` has its check here.
 */

type Steps = NonNullable<KuraConfig["steps"]>;
type Options<Setting> = Extract<Setting, { name: string }>;

const LIMITS: Fields<Limits> = { concurrency: number(1), requestsPerMinute: number(1), tokensPerMinute: number(1) };

const SHARED = {
  name: text,
  baseUrl: text,
  apiKey: text,
  timeoutMs: integer(1),
  providerOptions: recordOf(anyObject),
  limits: fields(LIMITS),
};

const TEXT_MODEL: Fields<Options<KuraConfig["model"]>> = {
  ...SHARED,
  temperature: orNull(number(0)),
  maxOutputTokens: integer(1),
  schemaIn: oneOf("request", "prompt"),
};

const EMBEDDING_MODEL: Fields<Options<KuraConfig["embeddingModel"]>> = { ...SHARED, textsPerCall: integer(1) };

/** A name, a name with options, or a model that is made already: it has the function that asks it. */
const modelSetting = (ask: "generate" | "embed", options: Readonly<Record<string, Check>>): Check =>
  either(
    "a name such as openai/gpt-4o-mini, an object with one, or a model",
    [isText, text],
    [(value) => isPlainObject(value) && typeof value[ask] === "function", () => undefined],
    [isPlainObject, fields(options, ["name"])],
  );

const model = modelSetting("generate", TEXT_MODEL);
const step = { model, temperature: orNull(number(0)) };
const prompt = either("a text, or { file }", [isText, text], [isPlainObject, fields({ file: text }, ["file"])]);

const SUMMARIES: Fields<NonNullable<Steps["summaries"]>> = {
  ...step,
  prompt,
  extraFields: recordOf(anyObject),
  maxConversationChars: integer(100),
};
const CLUSTERS: Fields<NonNullable<Steps["clusters"]>> = {
  ...step,
  prompt,
  maxExamples: integer(1),
  maxContrastiveExamples: integer(0),
};
const META_CLUSTERS: Fields<NonNullable<Steps["meta_clusters"]>> = {
  ...step,
  prompts: fields({ categories: prompt, choice: prompt, name: prompt }),
};
const STEPS: Fields<Steps> = {
  summaries: fields(SUMMARIES),
  clusters: fields(CLUSTERS),
  meta_clusters: fields(META_CLUSTERS),
};

type Copies = Extract<CheckpointsSetting, { copies: unknown }>;
type Place = Exclude<Extract<CheckpointsSetting, { dir: string }>, BaseCheckpointManager>;

const PLACE: Fields<Place> = {
  dir: text,
  format: oneOf(...FORMAT_NAMES),
  compression: text,
  enabled: oneOf(true, false),
  keepRevisions: integer(0),
  lockWaitMs: number(0),
};

const isManager = (value: unknown): boolean =>
  typeof (value as { saveCheckpoint?: unknown })?.saveCheckpoint === "function";

const place = either(
  "a directory, format:dir, an object with dir, or a checkpoint manager",
  [isText, text],
  [isManager, () => undefined],
  [isPlainObject, fields(PLACE, ["dir"])],
);

const COPIES: Fields<Copies> = {
  copies: listOf(place),
  saveStrategy: oneOf("all_enabled", "primary_only"),
  loadStrategy: oneOf("first_found", "priority", "newest", "fastest"),
  minimumCopies: integer(1),
  copyTimeoutMs: number(1),
  repairOnLoad: oneOf(true, false),
};

const checkpoints = either(
  "a directory, format:dir, an object with dir or copies, a checkpoint manager, or a list of these",
  [isText, text],
  [isManager, () => undefined],
  [Array.isArray, listOf(place)],
  [(value) => isPlainObject(value) && "copies" in value, fields(COPIES, ["copies"])],
  [isPlainObject, place],
);

const CONFIG: Fields<KuraConfig> = {
  checkpoints,
  model,
  embeddingModel: modelSetting("embed", EMBEDDING_MODEL),
  steps: fields(STEPS),
  concurrency: integer(1),
  attempts: integer(1),
  askAbove: number(0),
  maxCost: number(0),
  maxFailed: number(0),
  prices: recordOf(fields({ input: number(0), output: number(0) }, ["input", "output"])),
  itemsPerCluster: integer(1),
  clustering: oneOf(...CLUSTERINGS),
  maxClusters: integer(1),
  seed: integer(0),
};

/** What is wrong with it, naming the field; undefined if it is a config. */
export function problemOf(value: unknown): string | undefined {
  return fields(CONFIG)(value, "");
}
