import { compareInstants, parseInstant } from "../rows/instant.js";
import { contentText, partType } from "./content-text.js";
import { idAt, listAt, objectAt, optionalTextAt, textAt } from "./fields.js";
import { isEmpty } from "./left-out.js";
import type { Draft, DraftMessage, JsonObject, Loader, Note } from "./loader.js";
import { timestampAt } from "./timestamp.js";

/** `conversations.json` of an export from claude.ai, read as Kura reads it. */
export const claude: Loader = {
  title: "Claude's export",
  signs: "chat_messages",
  recognises: (value) => Array.isArray(value["chat_messages"]),
  read: readClaude,
};

function readClaude(value: JsonObject, _text: string, note: Note): Draft {
  const title = optionalTextAt(value["name"], "name");
  return {
    id: idAt(value["uuid"], "uuid"),
    createdAt: timestampAt(value["created_at"], "created_at"),
    messages: inOrder(
      listAt(value["chat_messages"], "chat_messages").map((item, index) => readMessage(item, index, note)),
    ),
    metadata: title === undefined ? {} : { title },
  };
}

function readMessage(item: unknown, index: number, note: Note): DraftMessage {
  const at = `chat_messages[${index}]`;
  const message = objectAt(item, at);
  for (const field of ["attachments", "files"]) {
    if (!isEmpty(message[field])) note(`${field} of a message are left out`);
  }
  const sender = textAt(message["sender"], `${at}.sender`);
  return {
    createdAt: timestampAt(message["created_at"], `${at}.created_at`),
    role: sender === "human" ? "user" : sender,
    content: messageText(message, at, note),
  };
}

/** What was said: parts of other types (thinking, tool use) are left out. Old exports have `text` only. */
function messageText(message: JsonObject, at: string, note: Note): string {
  if ((message["content"] ?? null) === null) return contentText(message["text"], `${at}.text`, note);
  const parts = listAt(message["content"], `${at}.content`);
  if (parts.length === 0) return optionalTextAt(message["text"], `${at}.text`) ?? "";
  return parts
    .flatMap((item, index) => {
      const part = objectAt(item, `${at}.content[${index}]`);
      if (part["type"] === "text") return [optionalTextAt(part["text"], `${at}.content[${index}].text`) ?? ""];
      note(`a part of type "${partType(part)}" is left out of its message`);
      return [];
    })
    .join("\n");
}

/**
 * By time; as in the file where a time is missing. Messages of the same time stay as in the file, but for a prompt and its answer, which
 * Claude's clock may tell apart too little: the human's is first.
 */
function inOrder(messages: readonly DraftMessage[]): readonly DraftMessage[] {
  if (messages.some(({ createdAt }) => createdAt === undefined)) return messages;
  const timed = messages.map((message) => {
    const instant = parseInstant(message.createdAt!)!; // `timestampAt` lets nothing else through
    return { message, instant, key: `${instant.seconds} ${instant.nanoseconds}` };
  });
  const sameTime = new Map<string, number>();
  for (const { key } of timed) sameTime.set(key, (sameTime.get(key) ?? 0) + 1);
  const rank = ({ message, key }: (typeof timed)[number]) =>
    sameTime.get(key) === 2 && message.role !== "user" ? 1 : 0;
  return timed.sort((a, b) => compareInstants(a.instant, b.instant) || rank(a) - rank(b)).map(({ message }) => message);
}
