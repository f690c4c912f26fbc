import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ByteSource } from "../bytes/byte-source.js";
import type { CheckpointManager, CheckpointManagerOptions } from "../checkpoints/checkpoint-manager.js";
import type { Format } from "../formats/format.js";
import { COMPRESSIONS, type CompressionName } from "../formats/parquet/compressions.js";
import type { Columns } from "../rows/column.js";

/** What some format knows, and others leave alone. */
export interface FormatOptions {
  /** One of the format's. */
  compression?: string | undefined;
  dialect?: "kura-python" | "none" | undefined;
}

export interface OpenManagerOptions extends CheckpointManagerOptions, FormatOptions {
  /** Of a dataset that has several. */
  split?: string | undefined;
}

export interface FormatEntry {
  /** What managers of it answer to. */
  readonly format: Format["name"];
  /** How people call what holds a checkpoint of it. */
  readonly kind: string;
  /** Whether this path may be one: by its name, or by what is there. */
  holds(path: string): boolean;
  readonly compressions: readonly string[];
  /** With which options a file was written, where there are any. */
  writtenWith?(head: ByteSource, columns: Columns): Promise<FormatOptions>;
  open(directory: string, options: OpenManagerOptions): Promise<CheckpointManager>;
}

/** The formats of checkpoints, and who manages them; each is loaded when it is used. In the order in which they are looked for. */
export const FORMATS = {
  jsonl: {
    format: "jsonl",
    kind: "a .jsonl file",
    holds: (path) => path.endsWith(".jsonl"),
    compressions: [],
    open: async (directory, { compression: _none, dialect: _nor, split: _either, ...options }) => {
      const { JSONLCheckpointManager } = await import("../checkpoints/jsonl-checkpoint-manager.js");
      return new JSONLCheckpointManager(directory, options);
    },
  },
  parquet: {
    format: "parquet",
    kind: "a .parquet file",
    holds: (path) => path.endsWith(".parquet"),
    compressions: Object.keys(COMPRESSIONS),
    writtenWith: async (head, columns) =>
      (await import("../formats/parquet/written-with.js")).writtenWith(head, columns),
    open: async (directory, { compression, dialect, split: _none, ...options }) => {
      const { ParquetCheckpointManager } = await import("../checkpoints/parquet-checkpoint-manager.js");
      return new ParquetCheckpointManager(directory, {
        ...options,
        compression: compression as CompressionName,
        dialect: dialect === "none" ? undefined : dialect,
      });
    },
  },
  hf: {
    format: "hf-dataset",
    kind: "the directory of a HuggingFace dataset (the one that state.json is in)",
    holds: (path) => ["state.json", "dataset_dict.json"].some((head) => existsSync(join(path, head))),
    compressions: [],
    open: async (directory, { compression: _none, dialect: _nor, ...options }) => {
      const { HFDatasetCheckpointManager } = await import("../checkpoints/hf-dataset-checkpoint-manager.js");
      return new HFDatasetCheckpointManager(directory, options);
    },
  },
} as const satisfies Record<string, FormatEntry>;

export type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

export function isFormat(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name);
}

/** Of managers that are only asked what is there. */
export const SILENT = { onEvent: () => {} } satisfies OpenManagerOptions;

/** undefined: any. */
export function formatNamed(name: string): FormatName | undefined {
  return isFormat(name) ? name : undefined;
}

/** What the command line calls a manager's format; one that it does not know by the manager's own word. */
export function formatOf({ format }: { readonly format: string }): FormatName {
  return FORMAT_NAMES.find((name) => FORMATS[name].format === format) ?? (format as FormatName);
}
