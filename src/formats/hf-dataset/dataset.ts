import type { ByteSource } from "../../bytes/byte-source.js";
import { isPlainObject } from "../../rows/column-rules.js";
import { inFile } from "../columnar/corrupt.js";
import { damaged } from "../columnar/damage.js";
import type { OpenPart, UsualSplit } from "../format.js";
import { usualSplit } from "../usual-name.js";
import type { ArrowField } from "./arrow-schema.js";
import { chooseSplit, type Declared, INFO, isDict, parseState, readJson, STATE, splitsOf } from "./dataset-files.js";
import { withLabels } from "./features.js";
import { openShard, type Shard } from "./shard.js";

export interface OpenedShard extends Shard {
  /** Relative to the head. */
  readonly name: string;
  /** How messages call it. */
  readonly path: string;
  /** Whether pieces vouch for it. */
  readonly isVerified: boolean;
}

/** A directory of `save_to_disk` that was opened. */
export interface OpenedDataset {
  readonly shards: readonly OpenedShard[];
  readonly fields: readonly ArrowField[];
  readonly declared: Declared | undefined;
  readonly rowCount: number;
  readonly split?: UsualSplit | undefined;
}

export interface Head {
  readonly source: ByteSource;
  readonly path: string;
}

/**
 * @throws {CorruptCheckpointError} If it is none, or shards are missing, cut off or of different columns.
 * @throws {SplitError} If it is several, and none or another one is wanted.
 */
export async function openDataset(head: Head, openPart: OpenPart, split: string | undefined): Promise<OpenedDataset> {
  const { content, splits } = await readHead(head);
  if (!splits) return openState(head.path, content, "", openPart);
  const name = chooseSplit(head.path, splits, split);
  const state = await openPart(`${name}/${STATE}`);
  if (!state) return inFile(head.path, async () => damaged(`its split "${name}" has no ${STATE}`));
  const held = await inFile(state.path, () => readJson(STATE, state.source));
  const dataset = await openState(state.path, held, `${name}/`, openPart);
  return { ...dataset, split: usualSplit(splits, split, name) };
}

/** What a head holds, and the names of the datasets that it leads to where it is none itself. @throws {CorruptCheckpointError} */
export async function readHead({ path, source }: Head): Promise<{ content: unknown; splits?: readonly string[] }> {
  return await inFile(path, async () => {
    const content = await readJson(STATE, source);
    return isDict(content) ? { content, splits: splitsOf(content) } : { content };
  });
}

/**
 * All files that belong to it, or to one split of it, relative to its directory.
 *
 * @throws {CorruptCheckpointError} If nobody can tell.
 */
export async function partsOf(head: Head, openPart: OpenPart, split?: string): Promise<string[]> {
  const { content, splits } = await readHead(head);
  if (!splits) return inFile(head.path, async () => [...parseState(content).shards]);
  const parts: string[] = [];
  for (const name of split === undefined ? splits : [split]) {
    const state = await openPart(`${name}/${STATE}`);
    if (!state) continue;
    const shards = await inFile(state.path, async () => parseState(await readJson(STATE, state.source)).shards);
    parts.push(...[STATE, INFO, ...shards].map((part) => `${name}/${part}`));
  }
  return parts;
}

/** @param directory Where its files are, relative to the head. */
async function openState(
  path: string,
  content: unknown,
  directory: string,
  openPart: OpenPart,
): Promise<OpenedDataset> {
  const { shards: names, declared } = await inFile(path, async () => parseState(content));
  const info = declared ? undefined : await readInfo(directory, openPart);
  const shards: OpenedShard[] = [];
  let rowCount = 0;
  for (const listed of names) {
    const name = directory + listed;
    const part = await openPart(name);
    if (!part) return inFile(path, async () => damaged(`it lists "${listed}", which is not there`));
    const { pieces } = part;
    const shard = await inFile(part.path, () => openShard(part.source, rowCount, pieces));
    rowCount = shard.rowEnd;
    const features = info?.["features"] ?? shard.features;
    const fields = declared ? shard.fields : withLabels(shard.fields, features);
    if (shards[0] && !sameFields(shards[0].fields, fields))
      return inFile(part.path, async () => damaged("its columns are not those of the shards before it"));
    shards.push({
      ...shard,
      fields: shards[0]?.fields ?? fields,
      path: part.path,
      name,
      isVerified: pieces !== undefined,
    });
  }
  if (declared && declared.rows !== rowCount)
    return inFile(path, async () => damaged(`its shards hold ${rowCount} rows, ${declared.rows} were saved`));
  const fields = shards[0]?.fields ?? (await inFile(path, async () => fieldsOfInfo(info)));
  return { shards, fields, declared, rowCount };
}

async function readInfo(directory: string, openPart: OpenPart): Promise<Record<string, unknown> | undefined> {
  const part = await openPart(directory + INFO);
  if (!part) return undefined;
  const info = await inFile(part.path, () => readJson(INFO, part.source));
  return isPlainObject(info) ? info : undefined;
}

/** Nothing holds rows, as `datasets` saves a dataset without any: only the features say what columns there are. */
function fieldsOfInfo(info: Record<string, unknown> | undefined): ArrowField[] {
  const features = info?.["features"];
  if (!isPlainObject(features)) return damaged("nothing says which columns it has");
  // Without rows there is nothing to read: that each is there is all that matters.
  return Object.keys(features).map((name) => ({
    name,
    type: { kind: "null" },
    children: [],
    dictionary: undefined,
    extension: undefined,
  }));
}

function sameFields(a: readonly ArrowField[], b: readonly ArrowField[]): boolean {
  const text = (fields: readonly ArrowField[]) =>
    JSON.stringify(fields, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  return text(a) === text(b);
}
