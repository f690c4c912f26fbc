import { contentText } from "./content-text.js";
import { idAt, listAt, metadataAt, objectAt, textAt } from "./fields.js";
import { noteLeftOut } from "./left-out.js";
import type { Draft, JsonObject, LayoutKind, Loader, Note } from "./loader.js";
import { restoreLossless } from "./lossless-members.js";
import { timestampAt } from "./timestamp.js";

const FIELDS = ["chat_id", "created_at", "messages", "metadata"];
const MESSAGE_FIELDS = ["created_at", "role", "content"];

const isKura = (value: JsonObject) => "chat_id" in value && Array.isArray(value["messages"]);

/** What Kura's JSONL checkpoint of conversations holds, a conversation a line. */
export const kuraJsonl: Loader = {
  title: "Kura's JSONL",
  signs: "chat_id and messages, one object a line",
  recognises: (value: JsonObject, layout: LayoutKind) => layout === "lines" && isKura(value),
  read: readKura,
};

/** What Kura's `Conversation.generate_conversation_dump` writes: one array. */
export const kuraJson: Loader = {
  title: "Kura's JSON",
  signs: "chat_id and messages, in an array",
  recognises: (value: JsonObject, layout: LayoutKind) => layout !== "lines" && isKura(value),
  read: readKura,
};

function readKura(value: JsonObject, text: string, note: Note): Draft {
  restoreLossless(value, text, ["chat_id", "metadata"]);
  for (const field in value) {
    if (!FIELDS.includes(field)) note(`field "${field}" is none of Kura's and is left out`);
  }
  return {
    id: idAt(value["chat_id"], "chat_id"),
    createdAt: timestampAt(value["created_at"], "created_at"),
    messages: listAt(value["messages"], "messages").map((item, index) => {
      const at = `messages[${index}]`;
      const message = objectAt(item, at);
      noteLeftOut(message, MESSAGE_FIELDS, note);
      return {
        createdAt: timestampAt(message["created_at"], `${at}.created_at`),
        role: textAt(message["role"], `${at}.role`),
        content: contentText(message["content"], `${at}.content`, note),
      };
    }),
    metadata: metadataAt(value["metadata"]),
  };
}
