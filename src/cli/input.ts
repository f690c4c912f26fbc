import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CheckpointEvent, isOfOthers } from "../checkpoints/event.js";
import type { LoadConversationsOptions } from "../loaders/load-conversations.js";
import type { ConversationSource } from "../pipeline/conversation-source.js";
import { conversationsFromCheckpoint } from "../pipeline/conversations-from-checkpoint.js";
import { conversationsFromFile } from "../pipeline/conversations-from-file.js";
import type { RowMap } from "../pipeline/dataset/map-row.js";
import { fileOf } from "./directory.js";
import type { Effects } from "./effects.js";
import { asUsage, UsageError } from "./failure.js";
import { FORMAT_NAMES, FORMATS } from "./formats.js";
import { isDataset, parseDataset } from "./hub.js";

interface DatasetOptions {
  readonly subset: string | undefined;
  readonly split: string | undefined;
  readonly map: string | undefined;
}

/** The conversations of a file, of a table on disk, or of a dataset of the Hub. @throws {UsageError} For options that are of another. */
export async function inputOf(
  typed: string,
  { subset, split, map }: DatasetOptions,
  { env }: Pick<Effects, "env">,
  options: LoadConversationsOptions,
): Promise<ConversationSource> {
  if (!isDataset(typed)) {
    refuse({ subset }, "a dataset of the Hub, which is written hf://datasets/owner/name");
    const table = tableOf(typed);
    // Of JSON Lines the loader knows more names than a map needs.
    if (table && (map !== undefined || table.format !== "jsonl"))
      return await conversationsFromTable(typed, table, { split, map: mapOf(map) }, options);
    refuse({ split, map }, "a dataset of the Hub or on disk, or of a .parquet or .jsonl file");
    return conversationsFromFile(typed, options);
  }
  const { id, revision } = parseDataset(typed);
  const { conversationsFromHub } = await import("../pipeline/conversations-from-hub.js");
  const { format: _none, ...shared } = options;
  return await asUsage(() =>
    conversationsFromHub(id, { ...shared, revision, subset, split, map: mapOf(map), hubEnv: env }),
  );
}

type Table = NonNullable<ReturnType<typeof fileOf>>;

/** What is no table, or is not there, is told of where files are read. */
function tableOf(typed: string): Table | undefined {
  const isTable = FORMAT_NAMES.some((name) => FORMATS[name].holds(typed)) && existsSync(typed);
  return isTable ? fileOf(typed, "read") : undefined;
}

async function conversationsFromTable(
  typed: string,
  { dir, name, format }: Table,
  { split, map }: { split: string | undefined; map: RowMap },
  { format: _none, ...options }: LoadConversationsOptions,
): Promise<ConversationSource> {
  if (!existsSync(join(typed, "dataset_dict.json"))) refuse({ split }, "a dataset that has several");
  const onEvent = (event: CheckpointEvent) => {
    if (event.type !== "warning") return;
    // Whose file it is does not matter to who reads it, nor how it is called.
    if (!isOfOthers(event.code)) options.onWarning?.(event.message);
  };
  const manager = await FORMATS[format].open(dir, { split, onEvent });
  return await asUsage(() => conversationsFromCheckpoint(manager, name, { ...options, map, label: typed }));
}

function refuse(options: Record<string, string | undefined>, whose: string): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined) throw new UsageError(`--${name} is of ${whose}`);
}

/** `chat_id=conversation_hash,messages=conversation` */
function mapOf(typed: string | undefined): RowMap {
  if (typed === undefined) return {};
  const pairs = typed.split(",").map((pair) => {
    const [target, column, ...rest] = pair.split("=").map((word) => word.trim());
    if (target && column && rest.length === 0) return [target, column] as const;
    throw new UsageError(
      `--map is a list of target=column; "${pair}" is none`,
      "for example: --map chat_id=id,messages=conversation",
    );
  });
  return Object.fromEntries(pairs);
}
