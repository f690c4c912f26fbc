import type { CheckpointManager, CheckpointManagerOptions } from "../checkpoints/checkpoint-manager.js";

/** The formats of checkpoints, and who manages them; each is loaded when it is used. In the order in which they are looked for. */
export const FORMATS = {
  jsonl: {
    extension: ".jsonl",
    open: async (directory, options) => {
      const { JSONLCheckpointManager } = await import("../checkpoints/jsonl-checkpoint-manager.js");
      return new JSONLCheckpointManager(directory, options);
    },
  },
  parquet: {
    extension: ".parquet",
    open: async (directory, options) => {
      const { ParquetCheckpointManager } = await import("../checkpoints/parquet-checkpoint-manager.js");
      return new ParquetCheckpointManager(directory, options);
    },
  },
} as const satisfies Record<
  string,
  { extension: string; open: (directory: string, options: CheckpointManagerOptions) => Promise<CheckpointManager> }
>;

export type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

export function isFormat(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name);
}
