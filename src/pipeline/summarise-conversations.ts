import { assertKnownOptions } from "../checkpoints/options.js";
import { Conversation, ConversationSummary } from "../rows/builtin.js";
import { belongingOf, keysOf } from "./belonging.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { settingsOf } from "./settings.js";

/**
 * A summary of each conversation, in its order: what the user wanted, topic, languages, two scores. With a manager, rows that were made
 * from these very conversations are loaded instead of made.
 */
export async function summariseConversations(
  conversations: readonly Conversation[],
  options: StepOptions = {},
): Promise<ConversationSummary[]> {
  assertKnownOptions("summarise conversations", options, STEP_OPTIONS);
  const rows = await summariesOf(rowsInMemory(conversations, Conversation), options);
  return [...(await rows.load(options.signal))];
}

export async function summariesOf(
  conversations: RowSource<Conversation>,
  options: RunStepOptions,
): Promise<RowSource<ConversationSummary>> {
  return await runStep<ConversationSummary>({
    ...options,
    step: "summaries",
    type: ConversationSummary,
    total: conversations.count,
    fingerprint: stepFingerprint("summaries", { conversations: await conversations.rowHash() }, await settingsOf({})),
    belongs: async (rows) => belongingOf(await keysOf(rows, "chat_id"), await keysOf(conversations, "chat_id")),
    make: async ({ signal, onProgress }) => {
      const { summariseStep } = await import("../steps/summarise-step.js");
      return await summariseStep(await conversations.load(signal), { signal, onProgress });
    },
  });
}
