import { CARD_PATH, cardParts, dataFilesOf } from "./card.js";
import { globMatcher } from "./glob.js";

/** A table of a dataset, which the Hub's pages call a subset. */
export interface DatasetConfig {
  readonly isDefault: boolean;
  /** Each with its files, in the order in which `datasets` reads them. */
  splits(): ReadonlyMap<string, readonly string[]>;
}

/** What whoever asks throws for a dataset that is not what it should be. */
export type Refuse = (reason: string, details?: { damaged: true; cause: unknown }) => Error;

/** What no data are called, wherever they lie (datasets, `data_files.py`). */
const NO_DATA = /^(?:README\.md|config\.json|dataset_infos?\.json|dataset_dict\.json)$/;

/**
 * The configs of a dataset, as `datasets` finds them: by its card, or else one, "default", by how files are called.
 *
 * @param paths Of all its files.
 */
export async function datasetConfigs(
  paths: Iterable<string>,
  card: string | undefined,
  refuse: Refuse,
): Promise<Map<string, DatasetConfig>> {
  const files = [...paths].filter((path) => !path.split("/").some((part) => /^\.|^__/.test(part))).sort();
  const { yaml } = cardParts(card ?? "");
  const configs = new Map<string, DatasetConfig>();
  for (const config of yaml === undefined ? [] : await configsOf(yaml, refuse)) {
    const { config_name = "default", data_files, data_dir, default: isDefault } = config ?? {};
    const inside = typeof data_dir === "string" ? `${data_dir.replace(/\/+$/, "")}/` : "";
    configs.set(String(config_name), {
      isDefault: isDefault === true,
      splits: () => (data_files === undefined ? byNames(files, inside) : byPatterns(data_files, inside, files)),
    });
  }
  if (configs.size === 0) configs.set("default", { isDefault: true, splits: () => byNames(files, "") });
  return configs;
}

async function configsOf(yaml: string, refuse: Refuse): Promise<readonly (Record<string, unknown> | null)[]> {
  const { parse } = await import("yaml");
  try {
    const { configs } = ((parse(yaml) as unknown) ?? {}) as { configs?: unknown };
    return Array.isArray(configs) ? configs : [];
  } catch (cause) {
    throw refuse(`the YAML at the head of its ${CARD_PATH} cannot be read`, { damaged: true, cause });
  }
}

function byPatterns(dataFiles: unknown, inside: string, files: readonly string[]): Map<string, string[]> {
  const splits = new Map<string, string[]>();
  for (const { split, path: pattern } of dataFilesOf(dataFiles)) {
    const matches = globMatcher(inside + pattern.replace(/^\.\//, ""));
    const there = splits.get(split) ?? [];
    splits.set(split, [...there, ...files.filter((path) => matches(path) && !there.includes(path))]);
  }
  return splits;
}

const KEYWORDS: readonly (readonly [string, string])[] = [
  ["train", "train|training"],
  ["validation", "validation|valid|dev|val"],
  ["test", "test|testing|eval|evaluation"],
];

/** In this order: `data/train-00000-of-00002.parquet`, folders and then files whose names hold a split's, all of it as "train". */
function byNames(files: readonly string[], inside: string): Map<string, string[]> {
  const data = files
    .filter((path) => path.startsWith(inside) && !NO_DATA.test(path.slice(path.lastIndexOf("/") + 1)))
    .map((path) => path.slice(inside.length));
  const group = (splitOf: (path: string) => string | undefined) => {
    const splits = new Map<string, string[]>();
    for (const path of data) {
      const split = splitOf(path);
      if (split !== undefined) splits.set(split, [...(splits.get(split) ?? []), inside + path]);
    }
    return splits;
  };
  const keyword = (text: string) =>
    KEYWORDS.find(([, words]) => new RegExp(`(?:^|[-._ 0-9/])(?:${words})(?:[-._ 0-9/]|$)`).test(text))?.[0];
  const ways = [
    group((path) => /^data\/(\w+(?:\.\w+)*)-\d{5,}-of-\d{5,}[^/]*\.[^/]*$/.exec(path)?.[1]),
    group((path) => keyword(path.slice(0, path.lastIndexOf("/") + 1))),
    group((path) => keyword(path.slice(path.lastIndexOf("/") + 1))),
    group(() => "train"),
  ];
  return ways.find((splits) => splits.size > 0) ?? new Map();
}
