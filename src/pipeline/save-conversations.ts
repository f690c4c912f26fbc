import { KuraError } from "../errors.js";
import { Conversation } from "../rows/builtin.js";
import { keysOf } from "./belonging.js";
import type { ConversationSource } from "./conversation-source.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowHashOf, rowsInCheckpoint } from "./row-source.js";
import { type MakeContext, type RunStepOptions, runStep } from "./run-step.js";
import { settingsOf } from "./settings.js";
import { hashedStep, isDamage } from "./stored-step.js";

/**
 * Keep the conversations that a run reads; not read at all where they are kept already. When those that are kept share none with them,
 * it is another project's directory.
 *
 * @throws {KuraError} Then, unless told to replace; and if two conversations have one id.
 */
export async function saveConversations(
  conversations: ConversationSource,
  { replace = false, ...options }: RunStepOptions & { replace?: boolean | undefined },
): Promise<RowSource<Conversation>> {
  return await runStep<Conversation>({
    ...options,
    step: "conversations",
    type: Conversation,
    fingerprint: stepFingerprint(
      "conversations",
      await conversations.fingerprint(options.signal),
      await settingsOf({}),
    ),
    belongs: async (rows) => {
      const read: Conversation[] = [];
      for await (const conversation of conversations.read()) read.push(conversation);
      return (await rows.rowHash()) === (await rowHashOf(read, Conversation)) ? "all" : "some";
    },
    make: (context) => checked(conversations, context, replace ? new Set() : undefined, options),
  });
}

/** Streams, so that nothing is published when the last conversation turns out to be no better than the first. */
async function* checked(
  conversations: ConversationSource,
  { onProgress, signal }: MakeContext,
  known: ReadonlySet<string> | undefined,
  { checkpointManager: manager }: RunStepOptions,
): AsyncGenerator<Conversation> {
  const stored = known ?? (manager ? await storedIds(manager, signal) : new Set<string>());
  const seen = new Set<string>();
  let isShared = stored.size === 0;
  for await (const conversation of conversations.read()) {
    const { chat_id } = conversation;
    if (seen.has(chat_id)) {
      throw new KuraError(
        `Cannot run on these conversations: two have the chat_id "${chat_id}" (number ${seen.size + 1} and one before it)`,
      );
    }
    seen.add(chat_id);
    isShared ||= stored.has(chat_id);
    yield conversation;
    if (seen.size % 1000 === 0) onProgress(seen.size);
  }
  if (isShared) return;
  throw new KuraError(
    `Cannot run on these ${seen.size} conversations in "${manager?.location}": it holds ${stored.size} others, and shares none with them; use another directory (--out), or replace them (--replace)`,
  );
}

async function storedIds(
  manager: NonNullable<RunStepOptions["checkpointManager"]>,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const stored = await hashedStep(manager, "conversations", signal);
  // What is damaged cannot say whose it is; it is only replaced when that was asked for, and is kept.
  if (!stored || isDamage(stored)) return new Set();
  const rows = rowsInCheckpoint(manager, "conversations", Conversation, { rowHash: undefined, rows: undefined });
  return await keysOf(rows, "chat_id", signal);
}
