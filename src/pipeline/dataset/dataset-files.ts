import { datasetConfigs, type Refuse } from "../../checkpoints/hub/dataset-configs.js";
import { InputError } from "../../errors.js";
import { USUAL_SPLIT, usualName } from "../../formats/usual-name.js";

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

const READABLE = /\.(?:parquet|jsonl)$/;

/**
 * The files of one split of one subset of a dataset, as `datasets` finds them.
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
  const refuse: Refuse = (reason, details) => new InputError(label, reason, details);
  const configs = await datasetConfigs(all, card, refuse);
  const usual = [...configs].find(([, { isDefault }]) => isDefault)?.[0] ?? "default";
  const config = chosenOf(configs, { wanted: subset, usual, kind: "subset", option: "--subset" }, refuse);
  const splits = config.found.splits();
  const chosen = chosenOf(splits, { wanted: split, usual: USUAL_SPLIT, kind: "split", option: "--split" }, refuse);
  const paths = chosen.found.filter((path) => READABLE.test(path));
  if (paths.length > 0) return { subset: config.name, split: chosen.name, paths };
  const kinds = [...new Set(chosen.found.map((path) => /\.[^./]+$/.exec(path)?.[0] ?? path))].slice(0, 5).join(", ");
  throw refuse(
    `its split "${chosen.name}" ${kinds === "" ? "has no files" : `is ${kinds}; only .parquet and .jsonl are read`}`,
  );
}

/**
 * The one that is wanted, else the only one, else the usual one.
 *
 * @param kind What these are: "split".
 * @param option How one is named.
 */
function chosenOf<T>(
  from: ReadonlyMap<string, T>,
  { wanted, usual, kind, option }: { wanted: string | undefined; usual: string; kind: string; option: string },
  refuse: Refuse,
): { name: string; found: T } {
  const names = [...from.keys()];
  const name = usualName(names, wanted, usual);
  if (name !== undefined) return { name, found: from.get(name)! };
  if (names.length === 0) throw refuse(`it has no ${kind}s`);
  const which = wanted === undefined ? `it has several ${kind}s` : `it has no ${kind} "${wanted}"`;
  throw refuse(`${which}: there are ${names.join(", ")} (${option})`);
}
