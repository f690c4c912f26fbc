import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ByteSource } from "../bytes/byte-source.js";
import type { CheckpointManager, CheckpointManagerOptions } from "../checkpoints/checkpoint-manager.js";
import type { Format } from "../formats/format.js";
import { COMPRESSIONS, type CompressionName } from "../formats/parquet/compressions.js";

export interface OpenManagerOptions extends CheckpointManagerOptions {
  /** One of the format's. */
  compression?: string | undefined;
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
  /** Of what its files are compressed with, where there are several: with which this one. */
  compressionOf?(head: ByteSource): Promise<string | undefined>;
  open(directory: string, options: OpenManagerOptions): Promise<CheckpointManager>;
}

/** The formats of checkpoints, and who manages them; each is loaded when it is used. In the order in which they are looked for. */
export const FORMATS = {
  jsonl: {
    format: "jsonl",
    kind: "a .jsonl file",
    holds: (path) => path.endsWith(".jsonl"),
    compressions: [],
    open: async (directory, { compression: _none, split: _nor, ...options }) => {
      const { JSONLCheckpointManager } = await import("../checkpoints/jsonl-checkpoint-manager.js");
      return new JSONLCheckpointManager(directory, options);
    },
  },
  parquet: {
    format: "parquet",
    kind: "a .parquet file",
    holds: (path) => path.endsWith(".parquet"),
    compressions: Object.keys(COMPRESSIONS),
    compressionOf: async (head) => (await import("../formats/parquet/compression-of.js")).compressionOf(head),
    open: async (directory, { compression, split: _none, ...options }) => {
      const { ParquetCheckpointManager } = await import("../checkpoints/parquet-checkpoint-manager.js");
      return new ParquetCheckpointManager(directory, { ...options, compression: compression as CompressionName });
    },
  },
  hf: {
    format: "hf-dataset",
    kind: "the directory of a HuggingFace dataset (the one that state.json is in)",
    holds: (path) => ["state.json", "dataset_dict.json"].some((head) => existsSync(join(path, head))),
    compressions: [],
    open: async (directory, { compression: _none, ...options }) => {
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
