import { parsePlain } from "../rows/lossless-json.js";
import type { JsonSchema } from "./model.js";

/** Reads answers that are to fit one schema. */
export type ReadJson = (text: string) => Record<string, unknown>;

/**
 * Finds the JSON object in what a model wrote, as far as it is one: models that know no structured output put a fence, their thoughts or
 * a sentence around it. Members that the schema does not have are dropped, and those that are missing are null, where it allows that.
 *
 * @param schema Of an object.
 * @returns Throws an Error that says what does not fit.
 */
export async function jsonReader(schema: JsonSchema): Promise<ReadJson> {
  const { Validator } = await import("@cfworker/json-schema");
  const validator = new Validator(schema, "2020-12");
  const names = Object.keys((schema["properties"] ?? {}) as object);
  return (text) => {
    const found = objectIn(text);
    const members = names.map((name) => [name, Object.hasOwn(found, name) ? found[name] : null] as const);
    const value = Object.fromEntries(members);
    const { valid, errors } = validator.validate(value);
    if (!valid) throw new Error(`The answer does not fit: ${errors.at(-1)!.instanceLocation} ${errors.at(-1)!.error}`);
    if (!isWellFormed(value)) throw new Error("The answer does not fit: a text in it holds half of a surrogate pair");
    return value;
  };
}

/** Half a character can be in no row, so an answer that holds one is to be asked for again. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member));
}

/** What a model that reasons in the open thought before it answered. */
const THOUGHTS = /^\s*<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/;

function objectIn(text: string): Record<string, unknown> {
  const answer = text.replace(THOUGHTS, "");
  for (let start = answer.indexOf("{"); start >= 0; start = answer.indexOf("{", start + 1)) {
    const end = objectEnd(answer, start);
    const value = end === undefined ? undefined : parsed(answer.slice(start, end));
    if (value !== undefined) return value;
    // Braces around it that are no JSON may hold some; without an end, so has nothing after it.
    if (end === undefined) break;
  }
  throw new Error(`The answer holds no JSON object: "${answer.slice(0, 80)}"`);
}

/** Where the brackets that open at `start` are closed, exclusive. Brackets in strings do not count. */
function objectEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return at + 1;
  }
  return undefined;
}

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    return parsePlain(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
