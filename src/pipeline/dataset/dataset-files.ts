import { InputError } from "../../errors.js";
import { globPattern } from "./glob.js";

export interface DatasetSelection {
  /** A config, as the Hub's pages call it; by default the only one, or the one that is the default. */
  readonly subset?: string | undefined;
  /** By default the only one, or "train". */
  readonly split?: string | undefined;
}

export interface DatasetFiles {
  readonly subset: string;
  readonly split: string;
  /** Sorted, as `datasets` reads them. */
  readonly paths: readonly string[];
}

/** What no data are called, wherever they lie (datasets, `data_files.py`). */
const NO_DATA = /^(?:README\.md|config\.json|dataset_infos?\.json|dataset_dict\.json)$/;
const READABLE = /\.(?:parquet|jsonl)$/;

/**
 * The files of one split of one subset of a dataset, as `datasets` finds them: by its card, or else by how they are called.
 *
 * @param label How messages call the dataset.
 * @throws {InputError} If there is no such subset or split, or its files are of a kind that is not read here.
 */
export async function datasetFiles(
  all: Iterable<string>,
  card: string | undefined,
  { subset, split }: DatasetSelection,
  label: string,
): Promise<DatasetFiles> {
  const files = [...all].filter((path) => !path.split("/").some((part) => /^\.|^__/.test(part))).sort();
  const subsets = await subsetsOf(card, files, label);
  const choose = <T>(
    kind: string,
    option: string,
    from: ReadonlyMap<string, T>,
    wanted: string | undefined,
    usual: string | undefined,
  ) => {
    const names = [...from.keys()];
    const name = wanted ?? (names.length === 1 ? names[0] : usual);
    const found = name === undefined ? undefined : from.get(name);
    if (found !== undefined) return { name: name!, found };
    const there = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
    const which = wanted === undefined ? `it has several ${kind}s` : `it has no ${kind} "${wanted}"`;
    throw new InputError(label, names.length === 0 ? `it has no ${kind}s` : `${which}: ${there} (${option})`);
  };
  const marked = [...subsets].find(([, { isDefault }]) => isDefault)?.[0];
  const { name, found } = choose("subset", "--subset", subsets, subset, marked ?? "default");
  const chosen = choose("split", "--split", found.splits(), split, "train");
  const paths = chosen.found.filter((path) => READABLE.test(path));
  if (paths.length > 0) return { subset: name, split: chosen.name, paths };
  const kinds = [...new Set(chosen.found.map((path) => /\.[^./]+$/.exec(path)?.[0] ?? path))].slice(0, 5).join(", ");
  const reason = kinds === "" ? "has no files" : `is ${kinds}; only .parquet and .jsonl are read`;
  throw new InputError(label, `its split "${chosen.name}" ${reason}`);
}

interface Subset {
  readonly isDefault: boolean;
  /** Each with its files. */
  splits(): ReadonlyMap<string, readonly string[]>;
}

async function subsetsOf(
  card: string | undefined,
  files: readonly string[],
  label: string,
): Promise<Map<string, Subset>> {
  const yaml = /^---[ \t]*\r?\n([\s\S]*?)\r?\n---/.exec(card ?? "")?.[1];
  const subsets = new Map<string, Subset>();
  if (yaml !== undefined) {
    const { parse } = await import("yaml");
    let front: unknown;
    try {
      front = parse(yaml);
    } catch (cause) {
      throw new InputError(label, "the YAML at the head of its README.md cannot be read", { damaged: true, cause });
    }
    const { configs } = (front ?? {}) as { configs?: unknown };
    for (const config of Array.isArray(configs) ? (configs as (Record<string, unknown> | null)[]) : []) {
      const { config_name = "default", data_files, data_dir, default: isDefault } = config ?? {};
      const inside = typeof data_dir === "string" ? `${data_dir.replace(/\/+$/, "")}/` : "";
      subsets.set(String(config_name), {
        isDefault: isDefault === true,
        splits: () => (data_files === undefined ? byNames(files, inside) : byPatterns(data_files, inside, files)),
      });
    }
  }
  if (subsets.size === 0) subsets.set("default", { isDefault: true, splits: () => byNames(files, "") });
  return subsets;
}

/** `"*.parquet"`, `["a", "b"]`, `[{ split, path }]` or `{ train: … }`. */
function byPatterns(dataFiles: unknown, inside: string, files: readonly string[]): Map<string, string[]> {
  const splits = new Map<string, string[]>();
  const add = (split: string, patterns: unknown) => {
    for (const pattern of [patterns].flat()) {
      if (typeof pattern !== "string") continue;
      const expression = globPattern(inside + pattern.replace(/^\.\//, ""));
      const found = files.filter((path) => expression.test(path) && !(splits.get(split) ?? []).includes(path));
      splits.set(split, [...(splits.get(split) ?? []), ...found]);
    }
  };
  for (const entry of [dataFiles].flat()) {
    if (typeof entry === "string") add("train", entry);
    else if (typeof entry !== "object" || entry === null) continue;
    else if ("path" in entry) add(String((entry as { split?: unknown }).split ?? "train"), entry.path);
    else for (const [split, patterns] of Object.entries(entry)) add(split, patterns);
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
