import { flattened } from "../checkpoints/row-access.js";
import { Conversation, type ConversationSummary } from "../rows/builtin.js";
import { canonicalJson } from "../rows/canonical-json.js";
import type { RowSource } from "./row-source.js";
import type { RunStepOptions } from "./step-work.js";
import { TextSet } from "./text-set.js";

/* Summaries that were made elsewhere cannot be made again: they stay, and the others are made. */

/** Ids of the conversations that are as they were in an earlier revision, if that is kept. */
export async function unchangedSince(
  rowHash: string,
  conversations: RowSource<Conversation>,
  { checkpointManager: manager, signal }: RunStepOptions,
): Promise<Set<string> | undefined> {
  const name = "conversations";
  const earlier = (await manager?.listRevisions(name))?.find((revision) => revision.rowHash === rowHash);
  if (!earlier) return undefined;
  const opened = earlier.current
    ? await manager!.openCheckpoint(name, Conversation, { signal })
    : await manager!.openRevision(name, earlier.id, Conversation, { signal });
  if (!opened) return undefined;
  const before = new TextSet();
  try {
    for await (const row of opened.rows({ signal })) before.add(canonicalJson(row));
  } finally {
    await opened.close();
  }
  const unchanged = new Set<string>();
  for await (const row of flattened(conversations.batches({ signal })))
    if (before.has(canonicalJson(row))) unchanged.add(row.chat_id);
  return unchanged;
}

/** The conversations that have no row yet. */
export function without(
  conversations: RowSource<Conversation>,
  adopted: ReadonlyMap<string, unknown>,
): RowSource<Conversation> {
  const source: RowSource<Conversation> = {
    ...conversations,
    count: undefined,
    async *batches(options) {
      for await (const batch of conversations.batches(options))
        yield batch.filter(({ chat_id }) => !adopted.has(chat_id));
    },
    load: async (signal) => {
      const rows: Conversation[] = [];
      for await (const row of flattened(source.batches({ signal }))) rows.push(row);
      return rows;
    },
  };
  return source;
}

/** Rows that were there and rows that were made, in the order of their conversations. */
export async function* completed(
  conversations: RowSource<Conversation>,
  adopted: ReadonlyMap<string, ConversationSummary>,
  made: () => Promise<ConversationSummary[]> | AsyncGenerator<ConversationSummary>,
): AsyncGenerator<ConversationSummary> {
  const rest = (async function* () {
    yield* await made();
  })();
  try {
    let next = await rest.next();
    for await (const { chat_id } of flattened(conversations.batches({ columns: ["chat_id"] }))) {
      const row = adopted.get(chat_id);
      if (row) yield row;
      else if (!next.done && next.value.chat_id === chat_id) {
        yield next.value;
        next = await rest.next();
      }
    }
    // What counts the failures comes after the last row.
    while (!next.done) next = await rest.next();
  } finally {
    await rest.return(undefined);
  }
}
