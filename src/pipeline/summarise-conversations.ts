import { assertKnownOptions } from "../checkpoints/options.js";
import { SUMMARISER_ID } from "../models/offline/summarise.js";
import { Conversation, ConversationSummary } from "../rows/builtin.js";
import { summariseStep } from "../steps/summarise-step.js";
import { stepFingerprint } from "./fingerprint.js";
import { hasSameKeys, rowHashOf, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";

/**
 * A summary of each conversation, in its order: what the user wanted, topic, languages, two scores. With a manager, rows that were made
 * from these very conversations are loaded instead of made.
 */
export async function summariseConversations(conversations: readonly Conversation[], options: StepOptions = {}): Promise<ConversationSummary[]> {
  assertKnownOptions("summarise conversations", options, STEP_OPTIONS);
  return await runStep<ConversationSummary>({
    ...options,
    step: "summaries",
    type: ConversationSummary,
    total: conversations.length,
    fingerprint: stepFingerprint("summaries", {
      inputs: { conversations: await rowHashOf(conversations, Conversation) },
      models: { summary: SUMMARISER_ID },
    }),
    belongs: (rows) => hasSameKeys(chatIds(rows), chatIds(conversations)),
    make: ({ signal, onProgress }) => summariseStep(conversations, { signal, onProgress }),
  });
}

const chatIds = (rows: readonly { chat_id: string }[]) => rows.map(({ chat_id }) => chat_id);
