import { isPlainObject } from "../rows/column-rules.js";
import { FieldError } from "../rows/field-error.js";
import { contentText, partType } from "./content-text.js";
import { idAt, listAt, objectAt, optionalTextAt, textAt } from "./fields.js";
import type { Draft, DraftMessage, JsonObject, Loader, Note } from "./loader.js";
import { timestampAt } from "./timestamp.js";

/**
 * `conversations.json` of an export from ChatGPT. A conversation is a tree there, since prompts can be edited and answers made anew; what
 * is read is the branch that its user saw last.
 */
export const chatgpt: Loader = {
  title: "ChatGPT's export",
  signs: "mapping",
  recognises: (value) => isPlainObject(value["mapping"]),
  read: readChatGPT,
};

function readChatGPT(value: JsonObject, _text: string, note: Note): Draft {
  const title = optionalTextAt(value["title"], "title");
  const model = optionalTextAt(value["default_model_slug"], "default_model_slug");
  return {
    id: idAt(value["conversation_id"], "conversation_id") ?? idAt(value["id"], "id"),
    createdAt: timestampAt(value["create_time"], "create_time"),
    messages: branch(
      objectAt(value["mapping"], "mapping"),
      optionalTextAt(value["current_node"], "current_node"),
      note,
    ),
    metadata: { ...(title !== undefined && { title }), ...(model !== undefined && { model }) },
  };
}

/** The messages on the way from the root to `current`, or to the last leaf where the file does not say. */
function branch(mapping: JsonObject, current: string | undefined, note: Note): DraftMessage[] {
  if (current !== undefined && !Object.hasOwn(mapping, current)) {
    throw new FieldError("current_node", `it is "${current}", and mapping has no such node`);
  }
  const leaves = leavesOf(mapping);
  if (leaves.length > 1) note("other branches (prompts edited, answers made anew) are left out");
  if (current === undefined && leaves.length > 0) note("current_node is missing; the branch of the last leaf is read");
  const messages: DraftMessage[] = [];
  const seen = new Set<string>();
  for (let id = current ?? leaves.at(-1); id !== undefined; ) {
    const at = `mapping.${id}`;
    if (seen.has(id)) throw new FieldError(`${at}.parent`, "its parents lead in a circle");
    seen.add(id);
    const node = objectAt(mapping[id], at);
    const message = readMessage(node["message"], `${at}.message`, note);
    if (message) messages.push(message);
    const parent = optionalTextAt(node["parent"], `${at}.parent`);
    if (parent !== undefined && !Object.hasOwn(mapping, parent)) {
      throw new FieldError(`${at}.parent`, `it is "${parent}", and mapping has no such node`);
    }
    id = parent;
  }
  return messages.reverse();
}

function leavesOf(mapping: JsonObject): string[] {
  const parents = new Set(Object.values(mapping).map((node) => (isPlainObject(node) ? node["parent"] : undefined)));
  return Object.keys(mapping).filter((id) => !parents.has(id));
}

/** undefined for what is no message to a reader: roots, hidden and empty ones. */
function readMessage(item: unknown, at: string, note: Note): DraftMessage | undefined {
  if (item === null || item === undefined) return undefined;
  const message = objectAt(item, at);
  const metadata = message["metadata"];
  if (message["weight"] === 0) return undefined;
  if (isPlainObject(metadata) && metadata["is_visually_hidden_from_conversation"] === true) return undefined;
  const content = messageText(message["content"], `${at}.content`, note);
  if (content === "") return undefined;
  return {
    createdAt: timestampAt(message["create_time"], `${at}.create_time`),
    role: textAt(objectAt(message["author"], `${at}.author`)["role"], `${at}.author.role`),
    content,
  };
}

function messageText(value: unknown, at: string, note: Note): string {
  if (value === null || value === undefined) return "";
  const content = objectAt(value, at);
  if (content["parts"] !== undefined && content["parts"] !== null) {
    const parts = listAt(content["parts"], `${at}.parts`).filter((part) => part !== null && part !== "");
    return contentText(parts, `${at}.parts`, note);
  }
  // What a tool was sent and what it gave back: `code`, `execution_output`, `tether_quote`, `system_error`, `tether_browsing_display`.
  // The model's thoughts and the settings that are sent along have none of these members: nobody said them.
  const text = optionalTextAt(content["text"], `${at}.text`) ?? optionalTextAt(content["result"], `${at}.result`);
  if (text === undefined) note(`a message of type "${partType(content)}" has no text and is left out`);
  return text ?? "";
}
