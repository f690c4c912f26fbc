import { KuraError } from "../errors.js";
import { Conversation } from "../rows/builtin.js";
import { stepFingerprint } from "./fingerprint.js";
import { rowHashOf, runStep, type StepOptions } from "./run-step.js";

/**
 * Keep the conversations that a run reads. When some are kept already and none of them is among these, it is another project's directory.
 *
 * @throws {KuraError} Then, unless told to replace.
 */
export async function saveConversations(
  conversations: readonly Conversation[],
  { replace = false, ...options }: StepOptions & { replace?: boolean | undefined },
): Promise<Conversation[]> {
  if (!replace && conversations.length > 0) await assertSameProject(conversations, options);
  const input = await rowHashOf(conversations, Conversation);
  return await runStep<Conversation>({
    ...options,
    step: "conversations",
    type: Conversation,
    total: conversations.length,
    fingerprint: stepFingerprint("conversations", { inputs: { input } }),
    belongs: async (rows) => (await rowHashOf(rows, Conversation)) === input,
    make: async () => [...conversations],
  });
}

async function assertSameProject(conversations: readonly Conversation[], { checkpointManager, signal }: StepOptions): Promise<void> {
  if (!checkpointManager || !(await checkpointManager.getCheckpointInfo("conversations"))) return;
  const ids = new Set(conversations.map(({ chat_id }) => chat_id));
  let stored = 0;
  for await (const { chat_id } of checkpointManager.streamCheckpoint("conversations", Conversation, { columns: ["chat_id"], ...(signal && { signal }) })) {
    if (ids.has(chat_id)) return;
    stored++;
  }
  if (stored === 0) return;
  throw new KuraError(
    `Cannot run on these ${conversations.length} conversations in "${checkpointManager.location}": it holds ${stored} others, and shares none with them; use another directory (--out), or replace them (--replace)`,
  );
}
