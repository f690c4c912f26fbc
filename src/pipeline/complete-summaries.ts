import { flattened } from "../checkpoints/row-access.js";
import type { Conversation, ConversationSummary } from "../rows/builtin.js";
import type { RowSource } from "./row-source.js";

/* Summaries that were made elsewhere cannot be made again: they stay, and the others are made. */

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
