import { isPlainObject } from "../rows/column-rules.js";
import { contentText } from "./content-text.js";
import { idAt, listAt, objectAt, textAt } from "./fields.js";
import { noteLeftOut } from "./left-out.js";
import type { Draft, DraftMessage, JsonObject, Loader, Note } from "./loader.js";
import { restoreLossless } from "./lossless-members.js";
import { scalarMetadata } from "./scalar-metadata.js";

/** Names that people gave to the two sides; all others (system, tool, observation, function_call) are kept. */
const ROLES: Readonly<Record<string, string>> = {
  human: "user",
  gpt: "assistant",
  chatgpt: "assistant",
  bing: "assistant",
  bard: "assistant",
  model: "assistant",
};

/** `{ id?, conversations: [{ from, value }] }`, as in ShareGPT and the many data sets that follow it. */
export const sharegpt: Loader = {
  title: "ShareGPT",
  signs: "conversations with from and value",
  recognises: ({ id, conversations }) =>
    Array.isArray(conversations) &&
    (conversations.length === 0
      ? id !== undefined
      : isPlainObject(conversations[0]) && speaker(conversations[0]) !== undefined),
  read: readShareGPT,
};

/** Some data sets say role and content under the same roof. */
const speaker = (message: JsonObject) => message["from"] ?? message["role"];

function readShareGPT(value: JsonObject, text: string, note: Note): Draft {
  restoreLossless(
    value,
    text,
    Object.keys(value).filter((name) => name !== "conversations"),
  );
  return {
    id: idAt(value["id"], "id"),
    createdAt: undefined,
    messages: listAt(value["conversations"], "conversations").map((item, index) => readMessage(item, index, note)),
    metadata: scalarMetadata(value, ["id", "conversations"], note),
  };
}

function readMessage(item: unknown, index: number, note: Note): DraftMessage {
  const at = `conversations[${index}]`;
  const message = objectAt(item, at);
  const [from, value] = message["from"] === undefined ? (["role", "content"] as const) : (["from", "value"] as const);
  noteLeftOut(message, [from, value], note);
  const role = textAt(message[from], `${at}.${from}`);
  return {
    createdAt: undefined,
    role: Object.hasOwn(ROLES, role) ? ROLES[role]! : role,
    content: contentText(message[value], `${at}.${value}`, note),
  };
}
