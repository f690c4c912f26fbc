import { isPlainObject } from "../rows/column-rules.js";
import { contentText, toolCallMarker } from "./content-text.js";
import { idAt, listAt, objectAt, textAt } from "./fields.js";
import { noteLeftOut } from "./left-out.js";
import type { Draft, DraftMessage, JsonObject, Loader, Note } from "./loader.js";
import { restoreLossless } from "./lossless-members.js";
import { scalarMetadata } from "./scalar-metadata.js";
import { timestampAt } from "./timestamp.js";

/** Where an id or a time is, if there is one; the first that is there counts. */
const ID_FIELDS = ["id", "chat_id", "conversation_id", "uuid"];
const TIME_FIELDS = ["created_at", "created", "create_time", "timestamp"];

/** Requests to chat models as they are logged, and the files for fine-tuning: `{ messages: [{ role, content }] }`. */
export const openaiMessages: Loader = {
  title: "OpenAI-style messages",
  signs: "messages with role and content",
  recognises: ({ messages }) => Array.isArray(messages) && (messages.length === 0 || isMessage(messages[0])),
  read: readOpenAIMessages,
};

const isMessage = (value: unknown) => isPlainObject(value) && typeof value["role"] === "string";

function readOpenAIMessages(value: JsonObject, text: string, note: Note): Draft {
  restoreLossless(
    value,
    text,
    Object.keys(value).filter((name) => name !== "messages"),
  );
  const idField = ID_FIELDS.find((name) => (value[name] ?? "") !== "");
  const timeField = TIME_FIELDS.find((name) => (value[name] ?? "") !== "");
  return {
    id: idField && idAt(value[idField], idField),
    createdAt: timeField && timestampAt(value[timeField], timeField),
    messages: listAt(value["messages"], "messages").map((item, index) => readMessage(item, index, note)),
    metadata: scalarMetadata(value, [idField, timeField, "messages"], note),
  };
}

function readMessage(item: unknown, index: number, note: Note): DraftMessage {
  const at = `messages[${index}]`;
  const message = objectAt(item, at);
  const timeField = TIME_FIELDS.find((name) => (message[name] ?? "") !== "");
  noteLeftOut(message, [timeField ?? "", "role", "content", "tool_calls", "function_call"], note);
  const calls = toolCalls(message, note);
  // A message that only calls tools needs no content.
  const said = calls.length > 0 ? (message["content"] ?? null) : message["content"];
  const content = [contentText(said, `${at}.content`, note), ...calls].filter(Boolean).join("\n");
  return {
    createdAt: timeField && timestampAt(message[timeField], `${at}.${timeField}`),
    role: textAt(message["role"], `${at}.role`),
    content,
  };
}

function toolCalls(message: JsonObject, note: Note): string[] {
  const calls = [...(Array.isArray(message["tool_calls"]) ? message["tool_calls"] : []), message["function_call"]];
  return calls.filter(isPlainObject).map((call) => {
    const called = isPlainObject(call["function"]) ? call["function"] : call;
    return toolCallMarker(called["name"], note);
  });
}
