import { isPlainObject } from "../rows/column-rules.js";
import { chatgpt } from "./chatgpt.js";
import { claude } from "./claude.js";
import { kuraJson, kuraJsonl } from "./kura.js";
import type { LayoutKind, Loader } from "./loader.js";
import { openaiMessages } from "./openai-messages.js";
import { sharegpt } from "./sharegpt.js";

/** Every format that is read. A file is asked in this order; nothing else repeats the list. */
export const LOADERS = {
  "kura-jsonl": kuraJsonl,
  "kura-json": kuraJson,
  claude,
  chatgpt,
  "openai-messages": openaiMessages,
  sharegpt,
} as const satisfies Record<string, Loader>;

export type LoaderName = keyof typeof LOADERS;

export const LOADER_NAMES = Object.keys(LOADERS) as LoaderName[];

export function recognise(value: unknown, layout: LayoutKind): LoaderName | undefined {
  if (!isPlainObject(value)) return undefined;
  return LOADER_NAMES.find((name) => LOADERS[name].recognises(value, layout));
}
