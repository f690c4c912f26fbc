import type { ByteSource } from "../../bytes/byte-source.js";
import { SplitError } from "../../errors.js";
import type { Columns } from "../../rows/column.js";
import { isPlainObject } from "../../rows/column-rules.js";
import { isColumns } from "../../rows/is-columns.js";
import { parsePlain } from "../../rows/lossless-json.js";
import { rowType } from "../../rows/row-type.js";
import { damaged } from "../columnar/damage.js";
import { USUAL_SPLIT, usualName } from "../usual-name.js";

/* The JSON files of a directory that `save_to_disk` makes. */

export const STATE = "state.json";
export const INFO = "dataset_info.json";
export const DICT = "dataset_dict.json";

/** Lists of shards and columns; nobody has a hundredth of it. */
const MAX_JSON_BYTES = 64 << 20;

/** Of ours, in `state.json`, where Python passes over it. */
const OURS = "kura";

/** What is said of a dataset that was saved here: its columns as they were declared, and how many rows it has. */
export interface Declared {
  readonly columns: Columns;
  readonly rows: number;
}

/** `json.dump(indent=2, sort_keys=True)` */
export function stateText(shards: readonly string[], fingerprint: string, declared?: Declared): string {
  const state = {
    _data_files: shards.map((filename) => ({ filename })),
    _fingerprint: fingerprint,
    _format_columns: null,
    _format_kwargs: {},
    _format_type: null,
    _output_all_columns: false,
    _split: null,
    ...(declared && { [OURS]: declared }),
  };
  return JSON.stringify(state, undefined, 2);
}

/** What `dataset_info.json` may say of rows. */
const OF_ROWS = ["features", "splits", "dataset_size", "size_in_bytes"];
const EMPTY_INFO = { citation: "", description: "", homepage: "", license: "" };

/**
 * `dataset_info.json` as it has to be beside any rows: there, and silent about them. They are described by their shards, which is enough
 * for `datasets`.
 *
 * @returns undefined if it is so.
 */
export function settleInfo(found: Uint8Array | undefined): Uint8Array | undefined {
  const info = found && parseObject(found);
  if (info && OF_ROWS.every((name) => info[name] === undefined || info[name] === null)) return undefined;
  const kept = info ? Object.entries(info).filter(([name]) => !OF_ROWS.includes(name)) : Object.entries(EMPTY_INFO);
  return Buffer.from(JSON.stringify(Object.fromEntries(kept), undefined, 2));
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = parsePlain(Buffer.from(bytes).toString());
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export interface State {
  /** In the order of their rows. */
  readonly shards: readonly string[];
  /** Undefined if it was not saved here. */
  readonly declared: Declared | undefined;
}

/** @throws {Damage} */
export function parseState(state: unknown): State {
  if (!isPlainObject(state)) return damaged(`${STATE} is no JSON object`);
  const indices = state["_indices_data_files"] ?? state["_indices_files"];
  if (Array.isArray(indices) && indices.length > 0)
    damaged(
      "it chooses its rows by a file of indices, which old versions of datasets did; save it anew with a newer one",
    );
  const files = state["_data_files"];
  if (!Array.isArray(files)) return damaged(`${STATE} does not say which files hold the rows`);
  const names = files.map((file) => (isPlainObject(file) ? file["filename"] : undefined));
  for (const [index, name] of names.entries()) {
    if (typeof name !== "string" || !isInside(name)) damaged(`${STATE} names a file that is not in its directory`);
    if (names.indexOf(name) !== index) damaged(`${STATE} names "${name}" twice`);
  }
  return { shards: names as string[], declared: parseOurs(state[OURS]) };
}

function isInside(name: string): boolean {
  return (
    name !== "" &&
    !/^[/\\]|^[A-Za-z]:/.test(name) &&
    !name.split(/[/\\]/).some((part) => part === ".." || part === "." || part === "")
  );
}

function parseOurs(ours: unknown): Declared | undefined {
  if (!isPlainObject(ours)) return undefined;
  const { columns, rows } = ours;
  if (!isColumns(columns) || !Number.isSafeInteger(rows)) return undefined;
  try {
    rowType({ name: OURS, columns });
  } catch {
    return undefined;
  }
  return { columns, rows: rows as number };
}

export function isDict(head: unknown): head is Record<string, unknown> {
  return isPlainObject(head) && head["splits"] !== undefined && head["_data_files"] === undefined;
}

/** Each is a directory. @throws {Damage} */
export function splitsOf(dict: Record<string, unknown>): readonly string[] {
  const { splits } = dict;
  if (!Array.isArray(splits) || !splits.every((name) => typeof name === "string" && /^\w+(\.\w+)*$/.test(name)))
    return damaged(`${DICT} does not say which splits there are`);
  return splits.length > 0 ? splits : damaged("it has no split");
}

/** @throws {SplitError} If there is none such. */
export function chooseSplit(path: string, names: readonly string[], wanted: string | undefined): string {
  const chosen = usualName(names, wanted, USUAL_SPLIT);
  if (chosen !== undefined) return chosen;
  throw new SplitError(path, names, wanted, `, or open one by its own path, "${path}/${names[0]}"`);
}

/** @throws {Damage} If it is no JSON. */
export async function readJson(name: string, source: ByteSource): Promise<unknown> {
  if (source.byteLength > MAX_JSON_BYTES) return damaged(`${name} has ${source.byteLength} bytes`);
  const bytes = await source.read(0, source.byteLength);
  try {
    return parsePlain(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch {
    return damaged(`${name} is no JSON: it is cut off, or was changed`);
  }
}
