import type { InputError } from "../errors.js";
import { parsePlain } from "../rows/lossless-json.js";
import { countOf } from "./count-of.js";
import { damagedElement } from "./damaged-element.js";
import type { InputElement } from "./input-elements.js";
import { type JsonFault, jsonFault } from "./json-fault.js";

/** @throws {InputError} Naming the line, if the text is not JSON. */
export function parseElement(path: string, element: InputElement): unknown {
  try {
    return parsePlain(element.text);
  } catch (cause) {
    throw notJson(path, element, cause);
  }
}

function notJson(path: string, element: InputElement, cause: unknown): InputError {
  const fault = jsonFault(element.text);
  if (!fault) return damagedElement(path, element, `it is not JSON (${(cause as Error).message})`, { cause });
  const { text, line } = element;
  // An element may have many lines.
  const faultLine = line + text.slice(0, fault.at).split("\n").length - 1;
  const isTorn = element.endsFile && fault.kind === "ends early";
  return damagedElement(path, element, reasonOf(element, fault), { line: isTorn ? line : faultLine, cause });
}

function reasonOf({ text, kind: layout, index, endsFile }: InputElement, { at, kind }: JsonFault): string {
  if (kind === "ends early") {
    if (!endsFile) return "it is not JSON: it ends too early; a closing quotation mark or bracket is missing";
    const before = layout === "lines" && index > 0 ? `; ${countOf(index, "conversation")} before it can be read` : "";
    return `the file is torn: it ends inside a conversation${before}`;
  }
  if (kind === "more" && (layout === "single" || layout === "lines")) {
    const first = layout === "single" ? "the first object" : "the value on this line";
    return `behind ${first} there is more; a file of several objects has one on each line (\`jq -c .\` writes that)`;
  }
  if (text[at] === "\ufeff")
    return "a byte order mark stands inside the file, as where two files were joined; remove it";
  const literal = /^-?(?:NaN|Infinity)\b/.exec(text.slice(at, at + 20))?.[0];
  return literal
    ? `${literal} is not JSON, at its character ${at + 1}`
    : `it is not JSON from its character ${at + 1} on: ${JSON.stringify(text.slice(at, at + 30))}`;
}
