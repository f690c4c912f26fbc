import type { ByteSink, ByteSource } from "../bytes/byte-source.js";
import { CorruptCheckpointError } from "../errors.js";
import type { RowType } from "../rows/row-type.js";
import type { AddPart, DirectoryLayout, Format, OpenPart, ReadOptions, RowReader, RowWriter } from "./format.js";
import { DICT, INFO, STATE, settleInfo } from "./hf-dataset/dataset-files.js";

/* Most of the modules behind this one are loaded when the first file is written or read. */

/** As `datasets` has it: "500MB". */
const MAX_SHARD_BYTES = 500_000_000;

/** What describes a shard is of that size already: less is another unit, taken for bytes. */
const LEAST_SHARD_BYTES = 1_000;

export interface HFDatasetOptions {
  /** A shard is closed once it has so many bytes; default 500,000,000, as in `datasets`. */
  maxShardBytes?: number | undefined;
  /** Of a directory with several: which one is read. Default the only one, else `train`. */
  split?: string | undefined;
}

/**
 * A dataset as HuggingFace's `save_to_disk` writes it, one directory a checkpoint.
 *
 * @throws {RangeError} For an impossible size of shards.
 */
export function hfDatasetFormat({ maxShardBytes = MAX_SHARD_BYTES, split }: HFDatasetOptions = {}): Format {
  if (!Number.isInteger(maxShardBytes) || maxShardBytes < LEAST_SHARD_BYTES)
    throw new RangeError(
      `Cannot write shards of ${maxShardBytes} bytes (maxShardBytes): an integer >= ${LEAST_SHARD_BYTES} is needed`,
    );
  return {
    name: "hf-dataset",
    typed: true,
    visibleName: (checkpoint) => checkpoint,
    checkpointName: (visible) => visible,
    directory: DIRECTORY,
    write: (type, head, subject, addPart) => write(type, head, subject, addPart, { maxShardBytes }),
    read: (head, options, openPart) => read(head, options, openPart, split),
    isWhole: (head, openPart) => isWhole(head, openPart, split),
  };
}

const DIRECTORY: DirectoryLayout = {
  heads: [STATE, DICT],
  companion: { name: INFO, settle: settleInfo },
  head: async (shards, rows) => (await import("./hf-dataset/head.js")).headOf(shards, rows),
  partsOf: async (head, path, openPart) =>
    (await import("./hf-dataset/dataset.js")).partsOf({ source: head, path }, openPart),
};

function write(
  type: RowType,
  head: ByteSink,
  subject: string,
  addPart: AddPart,
  options: { maxShardBytes: number },
): RowWriter {
  let opened: Promise<RowWriter> | undefined;
  const writer = () => {
    opened ??= import("./hf-dataset/writer.js").then(({ hfDatasetWriter }) =>
      hfDatasetWriter(type, head, subject, addPart, options),
    );
    return opened;
  };
  return {
    write: async (batch) => (await writer()).write(batch),
    finish: async () => (await writer()).finish(),
  };
}

async function read(
  head: ByteSource,
  options: ReadOptions,
  openPart: OpenPart,
  split: string | undefined,
): Promise<RowReader> {
  const { openScouted } = await import("./scout/scout.js");
  return openScouted({ format: "hf-dataset", variant: split, head, options, openPart });
}

/** Its shards are there, and each ends as it should. */
async function isWhole(head: ByteSource, openPart: OpenPart, split: string | undefined): Promise<boolean> {
  const { openDataset } = await import("./hf-dataset/dataset.js");
  try {
    await openDataset({ source: head, path: STATE }, openPart, split);
    return true;
  } catch (error) {
    if (error instanceof CorruptCheckpointError) return false;
    throw error;
  }
}
