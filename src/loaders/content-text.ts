import { isPlainObject } from "../rows/column-rules.js";
import { refuse } from "./fields.js";
import type { JsonObject, Note } from "./loader.js";

/** What stands for a part that is not text. */
const MARKERS: Readonly<Record<string, string>> = {
  image_url: "image",
  input_image: "image",
  image_file: "image",
  image_asset_pointer: "image",
  input_audio: "audio",
  audio_asset_pointer: "audio",
  real_time_user_audio_video_asset_pointer: "audio",
  video_container_asset_pointer: "video",
  input_file: "file",
  document: "file",
};

/**
 * The content of a message as one text: a text, or parts, a line each, where what is not text becomes a marker such as `[image]`. null
 * is the empty text.
 *
 * @param note Is told of markers.
 *
 * @throws {FieldError} For a content that is absent, and a part that is neither text nor object.
 */
export function contentText(content: unknown, field: string, note: Note): string {
  if (content === null) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content))
    return isPlainObject(content)
      ? partText(content, field, note)
      : refuse(field, "a text or a list of parts", content);
  return content
    .map((part: unknown, index) => {
      if (typeof part === "string") return part;
      const at = `${field}[${index}]`;
      return isPlainObject(part) ? partText(part, at, note) : refuse(at, "a text or an object", part);
    })
    .join("\n");
}

/** Members that hold the text of a part, in OpenAI's, Anthropic's and ChatGPT's words. */
const TEXT_MEMBERS = ["text", "refusal", "transcript"];

function partText(part: JsonObject, field: string, note: Note): string {
  for (const member of TEXT_MEMBERS) {
    const text = part[member];
    if (typeof text === "string") return text;
  }
  const type = partType(part);
  if (type === "tool_use") return toolCallMarker(part["name"], note);
  if (type === "tool_result") return contentText(part["content"] ?? null, `${field}.content`, note);
  const marker = `[${Object.hasOwn(MARKERS, type) ? MARKERS[type] : type.replaceAll("_", " ")}]`;
  note(`a part of type "${type}" is no text; ${marker} stands for it`);
  return marker;
}

/** What a part says it is; "part" if it does not say. */
export function partType(part: JsonObject): string {
  const type = part["type"] ?? part["content_type"];
  return typeof type === "string" ? type : "part";
}

export function toolCallMarker(name: unknown, note: Note): string {
  note("a tool call is kept by its name only");
  return typeof name === "string" ? `[tool call: ${name}]` : "[tool call]";
}
