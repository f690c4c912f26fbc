import type { Conversation } from "../rows/builtin.js";
import type { ChatIds } from "./chat-ids.js";
import type { Draft, Note } from "./loader.js";
import type { Place } from "./place.js";

/** The time of a conversation whose file says none. Fixed: a clock would make other rows of the same file each time. */
const NO_TIME = "1970-01-01T00:00:00";

/** Fill in what a file does not say, in Kura's key order. */
export function conversationFrom(
  draft: Draft,
  { ids, place, note }: { ids: ChatIds; place: Place; note: Note },
): Conversation {
  const time = draft.createdAt ?? draft.messages.find(({ createdAt }) => createdAt !== undefined)?.createdAt;
  const created_at = time ?? NO_TIME;
  const messages = draft.messages.map(({ createdAt, role, content }) => ({
    created_at: createdAt ?? created_at,
    role,
    content,
  }));
  if (messages.length === 0) note("no messages; kept as it is");
  if (time === undefined) note(`no time; ${NO_TIME} stands for it`);
  if (draft.id === undefined) note("no id; one is made from the content");
  const chat_id = draft.id === undefined ? ids.make(created_at, messages, place) : ids.take(draft.id, place);
  return { chat_id, created_at, messages, metadata: draft.metadata };
}
