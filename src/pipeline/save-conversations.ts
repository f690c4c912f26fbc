import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { canonical } from "../checkpoints/fingerprint-changes.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import { KuraError } from "../errors.js";
import { Conversation } from "../rows/builtin.js";
import type { ConversationSource } from "./conversation-source.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowHashOf, rowsInCheckpoint } from "./row-source.js";
import { type MakeContext, type RunStepOptions, runStep } from "./run-step.js";
import { hashedStep, isDamage } from "./stored-step.js";
import { TextSet } from "./text-set.js";

/**
 * Keep the conversations that a run reads; not read at all where they are kept already. When those that are kept share none with them,
 * it is another project's directory.
 *
 * @throws {KuraError} Then, unless told to replace; if two conversations have one id; and if the input has changed while it was read.
 */
export async function saveConversations(
  conversations: ConversationSource,
  { replace = false, ...options }: RunStepOptions & { replace?: boolean | undefined },
): Promise<RowSource<Conversation>> {
  const { checkpointManager: manager, signal, isDryRun } = options;
  const found = manager && (await hashedStep(manager, "conversations", signal));
  const { fingerprintOf } = conversations;
  // Where nothing stands there is nothing to compare its name with before the save.
  const named = found || !fingerprintOf ? await conversations.fingerprint(signal) : undefined;
  const input = named ? sameAsStored(named, isDamage(found) ? undefined : found) : {};
  return await runStep<Conversation>({
    ...options,
    step: "conversations",
    type: Conversation,
    fingerprint: stepFingerprint("conversations", input),
    ...(!named && { fingerprintOf: (rowHash: string) => ({ inputs: fingerprintOf!(rowHash) }) }),
    belongs: async (rows) => {
      const read: Conversation[] = [];
      for await (const conversation of conversations.read()) read.push(conversation);
      const isSame = (await rows.rowHash()) === (await rowHashOf(read, Conversation));
      return { fit: isSame ? "all" : "some", inside: 0, missing: 0, outside: 0, changed: 0 };
    },
    async consider(decision, there) {
      if (decision.action !== "make" || !(there || isDryRun)) return decision;
      const read = await idsOf(conversations);
      const { all, gone } = there ? await storedAndGone(manager!, read, signal) : { all: 0, gone: 0 };
      if (gone === 0) return decision;
      if (gone === all && !replace) {
        const reason = `it holds ${all} conversations, and none of these ${read.size} conversations is among them; use another directory (--out), or replace them (--replace)`;
        return { ...decision, action: "refuse", reasons: [reason] };
      }
      const restore = there!.revision
        ? "kura restore conversations"
        : "kura restore conversations --revision, as kura info conversations lists it";
      const leaves = `${gone} of the ${all} conversations that are there are not in this input, and go (${restore})`;
      return { ...decision, reasons: [...decision.reasons, leaves] };
    },
    foresee: async function* () {
      for await (const conversation of conversations.read()) yield [conversation];
    },
    make: (context) => (named ? unchanged(conversations, named, context) : distinct(conversations, context)),
  });
}

/** What is saved says that it was made of the input that has this name: a file may be written to between hashing and reading it. */
async function* unchanged(
  conversations: ConversationSource,
  named: Readonly<Record<string, string>>,
  context: MakeContext,
): AsyncGenerator<Conversation> {
  yield* distinct(conversations, context);
  if (canonical(await conversations.fingerprint(context.signal)) !== canonical(named))
    throw new KuraError(
      "Cannot run on these conversations: the input has changed while it was read; nothing of it was saved: run again when nothing writes to it, or on a copy",
    );
}

async function* distinct(
  conversations: ConversationSource,
  { onProgress }: Partial<Pick<MakeContext, "onProgress">>,
  seen = new TextSet(),
): AsyncGenerator<Conversation> {
  for await (const conversation of conversations.read()) {
    const { chat_id } = conversation;
    if (!seen.add(chat_id)) {
      throw new KuraError(
        `Cannot run on these conversations: two have the chat_id "${chat_id}" (number ${seen.size + 1} and one before it)`,
      );
    }
    yield conversation;
    if (seen.size % 1000 === 0) onProgress?.(seen.size);
  }
}

/** All of the input is looked at: what cannot be read, or comes twice, is found here. */
async function idsOf(conversations: ConversationSource): Promise<TextSet> {
  const ids = new TextSet();
  for await (const _ of distinct(conversations, {}, ids));
  return ids;
}

/** How many conversations are stored, and how many of them are not in the input. */
async function storedAndGone(
  manager: BaseCheckpointManager,
  input: TextSet,
  signal: AbortSignal | undefined,
): Promise<{ all: number; gone: number }> {
  const rows = rowsInCheckpoint(manager, "conversations", Conversation, { rowHash: undefined, rows: undefined });
  let [all, gone] = [0, 0];
  for await (const batch of rows.batches({ columns: ["chat_id"], signal })) {
    all += batch.length;
    for (const { chat_id } of batch) if (!input.has(chat_id)) gone += 1;
  }
  return { all, gone };
}

/**
 * The input as the stored rows name it, where a limit tells the two apart and takes nothing away: neither that of the stored rows nor this
 * one was reached.
 */
function sameAsStored(
  input: Readonly<Record<string, string>>,
  stored: CheckpointInfo | undefined,
): Readonly<Record<string, string>> {
  const made = stored?.fingerprint?.["inputs"] as Readonly<Record<string, string>> | undefined;
  if (!made || stored?.rows === undefined) return input;
  const { limit, ...wanted } = input;
  const { limit: madeLimit, ...was } = made;
  const isWhole = madeLimit === undefined || stored.rows < Number(madeLimit);
  const takesAll = limit === undefined || stored.rows <= Number(limit);
  return canonical(was) === canonical(wanted) && isWhole && takesAll ? made : input;
}
