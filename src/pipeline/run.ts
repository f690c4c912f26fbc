import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { assertKnownOptions } from "../checkpoints/options.js";
import type { EmbeddingModel, TextModel } from "../models/model.js";
import type { Conversation, ConversationSummary, ProjectedCluster } from "../rows/builtin.js";
import { type ConversationSource, conversationsInMemory } from "./conversation-source.js";
import { sinceSaved } from "./earlier-conversations.js";
import { embeddingsOf } from "./embed-summaries.js";
import type { Estimate } from "./estimate.js";
import type { PipelineEvent } from "./event.js";
import { forecastBelow } from "./forecast.js";
import { baseClustersOf } from "./generate-base-clusters.js";
import { LazyAnswers } from "./lazy-answers.js";
import { type Decision, madeFrom, type PlanPolicy, planRun } from "./plan.js";
import { metaClustersOf } from "./reduce-clusters.js";
import { projectedClustersOf } from "./reduce-dimensionality.js";
import { PlanEnds, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { saveConversations } from "./save-conversations.js";
import { assertAskingSteps, type SettingOptions, type Settings, settingsOf } from "./settings.js";
import { assertReached, assertSteps, STEPS, type StepName, stepOf } from "./step.js";
import { hashedStep, type StoredStep, storedStep } from "./stored-step.js";
import { summariesOf } from "./summarise-conversations.js";

export interface RunOptions extends StepOptions, SettingOptions {
  conversations: Iterable<Conversation> | AsyncIterable<Conversation> | ConversationSource;
  /** Go on although the directory holds conversations of which none is among these. */
  replace?: boolean | undefined;
  /** Only these steps; those before them must have been made. */
  only?: PlanPolicy["only"];
  /** Make this step and all after it anew, fresh or not. */
  from?: PlanPolicy["from"];
  /** Go on from the earlier vectors and clusters, as far as they hold: the tree moves no more than it must. */
  continue?: boolean | undefined;
}

const RUN_OPTIONS = [
  "conversations",
  "model",
  "steps",
  "embeddingModel",
  "itemsPerCluster",
  "clustering",
  "maxClusters",
  "seed",
  "replace",
  "only",
  "from",
  "continue",
] as const;

/** Rows of each step, read from the checkpoints when asked for. */
export interface RunResult {
  conversations(): Promise<readonly Conversation[]>;
  summaries(): Promise<readonly ConversationSummary[]>;
  /** The hierarchy, depth first. */
  clusters(): Promise<readonly ProjectedCluster[]>;
}

/**
 * Conversations in, a named hierarchy out. With a manager, every step is kept and found again; see `Decision`. With models, answers that
 * were paid for once are not bought again.
 */
export async function runPipeline(options: RunOptions): Promise<RunResult> {
  assertKnownOptions("run the pipeline", options, [...STEP_OPTIONS, ...RUN_OPTIONS]);
  assertAskingSteps("run the pipeline", options.steps);
  assertSteps(options.only ?? []);
  assertSteps(options.from === undefined ? [] : [options.from]);
  const runAnswers = new LazyAnswers(options);
  try {
    return await run({ ...options, runAnswers });
  } finally {
    await runAnswers.close();
  }
}

async function run(
  options: RunOptions & { runAnswers: LazyAnswers; isDryRun?: boolean | undefined },
): Promise<RunResult> {
  assertReached(options);
  const { conversations: given, replace, confirm, ...rest } = options;
  const { model, steps, embeddingModel, itemsPerCluster, clustering, maxClusters, seed, ...policy } = rest;
  const settings = await settingsOf(rest, options.signal);
  const asked = askedModels(settings, policy);
  const models = asked.map(({ step, model }) => ({ step, model: model.id }));
  if (models.length > 0) policy.onEvent?.({ type: "models", models });
  const forInput = {
    ...policy,
    // Of the first step that is made: rather now than hours later, at the first call of a step below.
    beforeMaking: async (step: string) => {
      const at = STEPS.findIndex(({ name }) => name === step);
      for (const { model, ...of } of asked)
        if (STEPS.findIndex(({ name }) => name === of.step) >= at) await model.ready?.();
    },
    confirm:
      confirm &&
      (async ([own]: readonly Estimate[]) => confirm([own!, ...(await forecastBelow(own!, settings, policy))])),
  };
  const source = isSource(given) ? given : await conversationsInMemory(given);
  const conversations = await saveConversations(source, { ...forInput, replace });
  const shared = { ...forInput, since: (savedAt: Date | undefined) => sinceSaved(savedAt, conversations, policy) };
  // Rather now than when summaries and vectors are paid for.
  if (settings.clustering === "hdbscan") (await import("../math/hdbscan.js")).assertFewPoints(conversations.count ?? 0);
  const isAsked = (step: StepName) => shared.only?.includes(step) ?? true;
  // Steps that are not asked for are only looked at where one that is reads them.
  const needs = (step: StepName): boolean =>
    isAsked(step) || STEPS.some(({ name, inputs }) => (inputs as readonly string[]).includes(step) && isAsked(name));
  const summaries = needs("summaries") ? await summariesOf(conversations, settings, shared) : undefined;
  const embeddings = needs("embeddings")
    ? await embeddingsOf({ summaries: summaries!, conversations }, settings, shared)
    : undefined;
  const base = needs("clusters")
    ? await baseClustersOf({ summaries: summaries!, embeddings: embeddings! }, settings, shared)
    : undefined;
  const meta = needs("meta_clusters")
    ? await metaClustersOf({ clusters: base!, summaries, embeddings }, settings, shared)
    : undefined;
  const projected = isAsked("dimensionality")
    ? await projectedClustersOf({ clusters: meta!, embeddings }, settings, shared)
    : undefined;
  return {
    conversations: () => conversations.load(),
    summaries: async () => (await summaries?.load()) ?? [],
    clusters: async () => (await projected?.load()) ?? [],
  };
}

/** Who is asked, by the steps that are asked for. */
function askedModels(
  { steps, embeddingModel }: Settings,
  { only }: Pick<RunOptions, "only">,
): readonly { step: StepName; model: TextModel | EmbeddingModel }[] {
  const models: readonly [StepName, TextModel | EmbeddingModel | undefined][] = [
    ["summaries", steps.summaries.model],
    ["embeddings", embeddingModel.fit ? undefined : embeddingModel],
    ["clusters", steps.clusters.model],
    ["meta_clusters", steps.meta_clusters.model],
  ];
  return models.flatMap(([step, model]) => (model && (only?.includes(step) ?? true) ? [{ step, model }] : []));
}

function isSource(given: RunOptions["conversations"]): given is ConversationSource {
  return "read" in given && typeof given.read === "function";
}

/**
 * What a run would do: decided by the steps of a run themselves, which make nothing. A step below one that is to be made is decided as
 * `upstream`: should the rows above come out the same, a run will leave it fresh. The last decision may be a refusal: a run ends there.
 *
 * `onEvent` is told which models would be asked. Reads the input's bytes; its conversations only where they are to be kept anew, or rows that were made elsewhere are compared with them.
 *
 * @throws {InputError} If the input cannot be read, as a run does.
 */
export async function planPipeline(
  options: RunOptions & { checkpointManager: BaseCheckpointManager },
): Promise<Decision[]> {
  const decisions = new Map<string, Decision>();
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "decision") decisions.set(event.decision.step, event.decision);
    if (event.type === "models") options.onEvent?.(event);
  };
  const runAnswers = new LazyAnswers({});
  try {
    await run({ ...options, onEvent, runAnswers, isDryRun: true });
  } catch (error) {
    if (!(error instanceof PlanEnds)) throw error;
    return [...decisions.values()];
  }
  return STEPS.map(
    ({ name: step }) =>
      decisions.get(step) ?? { step, action: "skip", because: "asked", reasons: ["not asked for, and not looked at"] },
  );
}

/**
 * What a run with the stored options would do, from what is stored alone: each step against the rows above it and the code of today.
 *
 * @param check Hash every byte; without it length, time of change and inode are believed.
 */
export async function pipelineStatus(
  checkpointManager: BaseCheckpointManager,
  { check = false, signal }: { check?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Decision[]> {
  const stored = await storedSteps((name) =>
    check ? storedStep(checkpointManager, name, { check, signal }) : hashedStep(checkpointManager, name, signal),
  );
  return planRun(stored, (step, above) => {
    const { inputs = {}, models = {}, options = {} } = madeFrom(stored.get(step)) ?? {};
    const now = Object.entries(inputs).map(([name, before]) => [name, above[name] ?? before]);
    return { step, code: stepOf(step).code, inputs: Object.fromEntries(now), models, options };
  });
}

async function storedSteps(
  look: (name: StepName) => Promise<StoredStep | undefined>,
): Promise<Map<StepName, StoredStep>> {
  const stored = new Map<StepName, StoredStep>();
  for (const { name } of STEPS) {
    const found = await look(name);
    if (found) stored.set(name, found);
  }
  return stored;
}
