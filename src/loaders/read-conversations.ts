import type { Conversation } from "../rows/builtin.js";
import { ChatIds } from "./chat-ids.js";
import { conversationFrom } from "./conversation-from.js";
import { formatOf } from "./detect-format.js";
import type { InputElement } from "./input-elements.js";
import type { LoaderName } from "./loaders.js";
import { parseElement } from "./parse-element.js";
import { placeName, placeNumber } from "./place.js";
import { readDraft } from "./read-draft.js";
import { Warnings } from "./warnings.js";

export interface ReadConversationsOptions {
  format?: LoaderName | "auto" | undefined;
  limit?: number | undefined;
  onWarning?: ((message: string) => void) | undefined;
}

/** Conversations from JSON texts, in order. @param path How messages call where these are from. */
export async function* readConversations(
  path: string,
  elements: AsyncIterable<InputElement>,
  { format = "auto", limit = Number.POSITIVE_INFINITY, onWarning }: ReadConversationsOptions,
): AsyncGenerator<Conversation, void> {
  const warnings = new Warnings();
  let conversations = 0;
  let detected: LoaderName | undefined;
  const ids = new ChatIds(path);
  try {
    for await (const element of elements) {
      const value = parseElement(path, element);
      detected ??= formatOf(path, value, element, format).format;
      const notes = new Set<string>();
      const note = (what: string) => notes.add(what);
      const draft = readDraft(path, element, value, { format: detected, note });
      const conversation = conversationFrom(draft, { ids, place: element, note });
      warnings.add(notes, placeName(element.kind, placeNumber(element)));
      yield conversation;
      if (++conversations >= limit) break;
    }
  } finally {
    if (onWarning) for (const message of warnings.messages()) onWarning(message);
  }
}
