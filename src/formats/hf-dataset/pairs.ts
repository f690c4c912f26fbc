import { isPlainObject } from "../../rows/column-rules.js";
import { FieldError, within } from "../../rows/field-error.js";
import { quote } from "../../rows/quote.js";
import { recall } from "../../rows/spellings.js";
import { writeJson } from "../../rows/write-json.js";
import { parseJson } from "../columnar/leaf-access.js";
import type { ArrowField } from "./arrow-schema.js";

/*
 * `{ keys: […], values: […] }` is how Python's Kura keeps metadata, and how any map is stored here: `datasets` has no maps. The values of
 * JSON are JSON texts.
 */

export function isPairs({ type, children }: ArrowField): boolean {
  return (
    type.kind === "struct" &&
    children.length === 2 &&
    ["keys", "values"].every((name) => children.some((child) => child.name === name && isList(child)))
  );
}

export function isTextPairs(field: ArrowField): boolean {
  return isPairs(field) && field.children.every((child) => child.children[0]!.type.kind === "text");
}

/** What the two are lists of. */
export function entriesOfPairs({ children }: ArrowField): { keys: ArrowField; values: ArrowField } {
  const items = (name: string) => children.find((child) => child.name === name)!.children[0]!;
  return { keys: items("keys"), values: items("values") };
}

function isList({ type, dictionary }: ArrowField): boolean {
  return !dictionary && (type.kind === "list" || type.kind === "fixed-list");
}

/** The members of a JSON value as they are stored; without keys if it is no object, but its only value. */
export function pairsOfJson(value: unknown): { keys: readonly string[] | undefined; values: readonly string[] } {
  if (!isPlainObject(value)) return { keys: undefined, values: [writeJson(value)] };
  if (recall(value) !== undefined) return pairsOfText(writeJson(value));
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return { keys, values: keys.map((key) => writeJson(value[key])) };
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]/g;

/** Of a compact JSON object, whose members keep their order and spelling. */
function pairsOfText(text: string): { keys: string[]; values: string[] } {
  const keys: string[] = [];
  const values: string[] = [];
  let depth = 0;
  let start = 1;
  const end = (at: number) => {
    if (keys.length > values.length) values.push(text.slice(start, at));
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") {
      depth--;
      if (depth === 0) end(index);
    } else if (depth === 1 && token === ":") {
      keys.push(JSON.parse(text.slice(start, index)) as string);
      start = index + 1;
    } else if (depth === 1 && token === ",") {
      end(index);
      start = index + 1;
    }
  }
  return { keys, values };
}

/** @throws {FieldError} If it is none. */
export function jsonOfPairs(
  keys: readonly (string | null)[] | undefined,
  values: readonly (string | null)[],
  { isTrusted, isJsonPairs }: { isTrusted: boolean; isJsonPairs: boolean },
): unknown {
  if (!keys) {
    if (values.length !== 1) throw new FieldError("", "it has values without keys");
    return parseJson(values[0] ?? "null");
  }
  let text = "";
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? "null";
    let value = values[index] ?? "null";
    try {
      if (!isJsonPairs) value = jsonOfPython(value);
      // One by one: together, a value might seem to be several.
      else if (!isTrusted) parseJson(value);
    } catch (error) {
      throw within(key, error);
    }
    text += `${text === "" ? "" : ","}${quote(key)}:${value}`;
  }
  return parseJson(`{${text}}`);
}

const PYTHONS_WORDS: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null" };

/**
 * What Python's Kura keeps of a value: lists as JSON, of everything else what `str` makes of it. It reads as JSON what is JSON, and
 * leaves the rest a text; the three words that no text is likely to be are known here.
 */
function jsonOfPython(text: string): string {
  const word = PYTHONS_WORDS[text];
  if (word !== undefined && Object.hasOwn(PYTHONS_WORDS, text)) return word;
  try {
    parseJson(text);
    return text;
  } catch {
    return quote(text);
  }
}
