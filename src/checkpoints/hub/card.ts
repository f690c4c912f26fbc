import type { Storage } from "../../storage/storage.js";
import { readWhole } from "../read-whole.js";

/* What a dataset says of itself: YAML at the head of a text for people. */

export const CARD_PATH = "README.md";

const MOST_CARD_BYTES = 4 << 20;
const FRONT_MATTER = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)??---[ \t]*(?:\r?\n|$)/;

export async function readCard(dataset: Storage): Promise<string | undefined> {
  const bytes = await readWhole(dataset, CARD_PATH, MOST_CARD_BYTES);
  return bytes && Buffer.from(bytes).toString();
}

/** The YAML of a card, undefined where there is none, and what comes after it. */
export function cardParts(text: string): { yaml: string | undefined; body: string } {
  const found = FRONT_MATTER.exec(text);
  return { yaml: found ? (found[1] ?? "") : undefined, body: text.slice(found?.[0].length ?? 0) };
}

/**
 * The files of a config, or patterns of them, each with its split; in all four spellings: `"a"`, `["a"]`, `[{ split, path: "a" }]` and
 * `{ train: "a" }`. What is spelled otherwise is nobody's.
 */
export function dataFilesOf(given: unknown): { readonly split: string; readonly path: string }[] {
  return [given].flat().flatMap((entry: unknown) => {
    if (typeof entry === "string") return [{ split: "train", path: entry }];
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return [];
    const isNamed = "path" in entry;
    const splits = isNamed ? [[(entry as { split?: unknown }).split ?? "train", entry.path]] : Object.entries(entry);
    return splits.flatMap(([split, paths]) =>
      [paths].flat().flatMap((path) => (typeof path === "string" ? [{ split: String(split), path }] : [])),
    );
  });
}
