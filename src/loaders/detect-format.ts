import { InputError } from "../errors.js";
import { isPlainObject } from "../rows/column-rules.js";
import { assertOptions } from "./assert-options.js";
import { describeValue } from "./describe-value.js";
import { inputElements } from "./input-elements.js";
import type { LayoutKind } from "./loader.js";
import { LOADER_NAMES, LOADERS, type LoaderName, recognise } from "./loaders.js";
import { ownCheckpoint } from "./own-checkpoint.js";
import { parseElement } from "./parse-element.js";
import type { Place } from "./place.js";

export interface DetectedFormat {
  readonly format: LoaderName;
  /** Such as "its first line has chat_id and messages". */
  readonly why: string;
}

/**
 * What a file of conversations is, by its first conversation; its name does not count.
 *
 * @throws {InputError} If it is of no known format, or holds no conversation.
 */
export async function detectFormat(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<DetectedFormat> {
  assertOptions("detect the format", options, ["signal"]);
  const { signal } = options;
  for await (const element of inputElements(path, { isConversation, signal })) {
    return formatOf(path, parseElement(path, element), element, "auto");
  }
  throw new InputError(path, "it holds an empty list: there is nothing to tell its format from");
}

export function isConversation(value: unknown): boolean {
  return recognise(value, "array") !== undefined;
}

/** @throws {InputError} If the first conversation of a file is of no known format, or not of the `wanted` one. */
export function formatOf(
  path: string,
  value: unknown,
  { kind, line }: Place,
  wanted: LoaderName | "auto",
): DetectedFormat {
  const found = recognise(value, kind);
  if (wanted !== "auto" && !(isPlainObject(value) && LOADERS[wanted].recognises(value, kind))) {
    const instead = found ? `it looks like ${found}` : `${FIRST[kind]} is ${describeValue(value)}`;
    throw new InputError(path, `it is not ${wanted} (${LOADERS[wanted].signs}): ${instead}`, { line });
  }
  const format = wanted === "auto" ? found : wanted;
  if (format) return { format, why: `${FIRST[kind]} has ${LOADERS[format].signs}` };
  const seen = `${FIRST[kind]} is ${describeValue(value)}`;
  const own = isPlainObject(value) && ownCheckpoint(value);
  if (own)
    throw new InputError(path, `it holds Kura's ${own.replaceAll("_", " ")}, not conversations: ${seen}`, { line });
  const known = LOADER_NAMES.map((name) => `${LOADERS[name].title} (${LOADERS[name].signs})`).join("; ");
  throw new InputError(path, `it is of no known format: ${seen}. Known are ${known}`, { line });
}

const FIRST: Readonly<Record<LayoutKind, string>> = {
  lines: "its first line",
  array: "the first element of its array",
  member: "the first element of its list",
  single: "its one object",
};
