import type { OpenCheckpoint } from "../checkpoints/open-checkpoint.js";
import { flattened } from "../checkpoints/row-access.js";
import { CorruptCheckpointError, MissingCheckpointError, RowTypeMismatchError } from "../errors.js";
import { Conversation } from "../rows/builtin.js";
import { canonicalJson } from "../rows/canonical-json.js";
import type { RowSource } from "./row-source.js";
import type { RunStepOptions } from "./step-work.js";
import { soundStep } from "./stored-step.js";
import { TextSet } from "./text-set.js";

/*
 * Of rows that were made elsewhere, by their ids alone, it cannot be told whether they are of what conversations say now. The conversations
 * that stood beside them tell, where they are still there.
 */

/** Which of the conversations there were too, and are as they were. */
export interface Since {
  readonly unchanged: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
}

/** Since the revision that is called `rowHash`, if it is kept. */
export async function sinceRows(
  rowHash: string,
  conversations: RowSource<Conversation>,
  options: RunStepOptions,
): Promise<Since | undefined> {
  const { checkpointManager: manager, signal } = options;
  const earlier = (await manager?.listRevisions(NAME, { signal }))?.find((revision) => revision.rowHash === rowHash);
  if (!earlier) return undefined;
  return await compared(
    conversations,
    earlier.current ? await current(options) : await kept(earlier.id, options),
    signal,
  );
}

/**
 * Since rows were saved of which nothing says what made them: the conversations that are there, if they are others; else those before them,
 * unless the rows came later than the conversations.
 */
export async function sinceSaved(
  savedAt: Date | undefined,
  conversations: RowSource<Conversation>,
  options: RunStepOptions,
): Promise<Since | undefined> {
  const { checkpointManager: manager, signal } = options;
  const there = await soundStep(manager, NAME, signal);
  if (!there) return undefined;
  if (there.revision?.rowHash !== (await conversations.rowHash()))
    return await compared(conversations, await current(options), signal);
  if (savedAt && there.savedAt && there.savedAt < savedAt) return undefined;
  const earlier = (await manager!.listRevisions(NAME, { signal })).find((revision) => !revision.current);
  return earlier && (await compared(conversations, await kept(earlier.id, options), signal));
}

const NAME = "conversations";

type Opened = OpenCheckpoint<Conversation> | undefined;

function current({ checkpointManager: manager, signal }: RunStepOptions): Promise<Opened> {
  return manager!.openCheckpoint(NAME, Conversation, { signal });
}

async function kept(id: string, { checkpointManager: manager, signal }: RunStepOptions): Promise<Opened> {
  try {
    return await manager!.openRevision(NAME, id, Conversation, { signal });
  } catch (error) {
    // Swept, or no conversations.
    if (error instanceof MissingCheckpointError || isUnreadable(error)) return undefined;
    throw error;
  }
}

async function compared(
  conversations: RowSource<Conversation>,
  opened: Opened,
  signal: AbortSignal | undefined,
): Promise<Since | undefined> {
  if (!opened) return undefined;
  const [ids, said] = [new TextSet(), new TextSet()];
  try {
    for await (const row of opened.rows({ signal })) {
      ids.add(row.chat_id);
      said.add(whatIsSaid(row));
    }
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  } finally {
    await opened.close();
  }
  const [unchanged, changed] = [new Set<string>(), new Set<string>()];
  for await (const row of flattened(conversations.batches({ signal })))
    if (ids.has(row.chat_id)) (said.has(whatIsSaid(row)) ? unchanged : changed).add(row.chat_id);
  return { unchanged, changed };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof CorruptCheckpointError || error instanceof RowTypeMismatchError;
}

/** All that a summary holds something of; times are spelled otherwise by every program. */
function whatIsSaid({ chat_id, messages, metadata }: Conversation): string {
  return canonicalJson([chat_id, messages.map(({ role, content }) => [role, content]), metadata]);
}
