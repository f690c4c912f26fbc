import type { CheckpointInfo } from "../checkpoints/info.js";
import type { CheckpointManager } from "../checkpoints/checkpoint-manager.js";
import { assertKnownOptions } from "../checkpoints/options.js";
import type { Conversation, ConversationSummary, ProjectedCluster } from "../rows/builtin.js";
import { embedSummaries } from "./embed-summaries.js";
import { type StepFingerprint, stepFingerprint } from "./fingerprint.js";
import { generateBaseClustersFromConversationSummaries } from "./generate-base-clusters.js";
import { type Decision, planRun } from "./plan.js";
import { reduceClustersFromBaseClusters } from "./reduce-clusters.js";
import { reduceDimensionalityFromClusters } from "./reduce-dimensionality.js";
import { STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { saveConversations } from "./save-conversations.js";
import { STEPS, type StepName, stepOf } from "./step.js";
import { summariseConversations } from "./summarise-conversations.js";

export interface RunOptions extends StepOptions {
  conversations: Iterable<Conversation> | AsyncIterable<Conversation>;
  /** About how many conversations a base cluster should have. */
  itemsPerCluster?: number | undefined;
  /** At most this many roots. */
  maxClusters?: number | undefined;
  seed?: number | undefined;
  /** Go on although the directory holds conversations of which none is among these. */
  replace?: boolean | undefined;
}

export interface RunResult {
  readonly conversations: readonly Conversation[];
  readonly summaries: readonly ConversationSummary[];
  /** The hierarchy, depth first. */
  readonly clusters: readonly ProjectedCluster[];
}

/** Conversations in, a named hierarchy out. With a manager, every step is kept and found again; see `Decision`. */
export async function runPipeline(options: RunOptions): Promise<RunResult> {
  assertKnownOptions("run the pipeline", options, [...STEP_OPTIONS, "conversations", "itemsPerCluster", "maxClusters", "seed", "replace"]);
  const { conversations: given, itemsPerCluster, maxClusters, seed, replace, ...shared } = options;
  const read: Conversation[] = [];
  for await (const conversation of given) read.push(conversation);
  const conversations = await saveConversations(read, { ...shared, replace });
  const summaries = await summariseConversations(conversations, shared);
  const embeddings = await embedSummaries(summaries, shared);
  const base = await generateBaseClustersFromConversationSummaries(summaries, { ...shared, embeddings, itemsPerCluster, seed });
  const meta = await reduceClustersFromBaseClusters(base, { ...shared, summaries, embeddings, maxClusters, seed });
  const clusters = await reduceDimensionalityFromClusters(meta, { ...shared, embeddings, seed });
  return { conversations, summaries, clusters };
}

/**
 * What a run with the stored options would do, from what is stored alone: each step against the rows above it and the code of today.
 */
export async function pipelineStatus(checkpointManager: CheckpointManager): Promise<Decision[]> {
  const stored = new Map<StepName, CheckpointInfo>();
  for (const { name } of STEPS) {
    const info = await checkpointManager.getCheckpointInfo(name);
    if (info) stored.set(name, info);
  }
  return planRun(stored, (step) => {
    const made = stored.get(step)?.fingerprint as StepFingerprint | undefined;
    const inputs = Object.fromEntries(
      Object.entries(made?.inputs ?? {}).map(([input, hash]) => [input, stored.get(input as StepName)?.revision?.rowHash ?? (input in BY_NAME ? "" : hash)]),
    );
    return { ...stepFingerprint(step, { inputs, models: made?.models ?? {}, options: made?.options ?? {} }), code: stepOf(step).code };
  });
}

const BY_NAME: Readonly<Record<string, true>> = Object.fromEntries(STEPS.map(({ name }) => [name, true]));
