import type { ByteSink, ByteSource } from "../bytes/byte-source.js";
import { CorruptCheckpointError } from "../errors.js";
import type { RowType } from "../rows/row-type.js";
import type { AddPart, DirectoryLayout, Format, OpenPart, ReadOptions, RowReader, RowWriter } from "./format.js";
import type { Head } from "./hf-dataset/dataset.js";
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
export function hfDatasetFormat(options: HFDatasetOptions = {}): Format {
  const { maxShardBytes = MAX_SHARD_BYTES, split } = options;
  if (!Number.isInteger(maxShardBytes) || maxShardBytes < LEAST_SHARD_BYTES)
    throw new RangeError(
      `Cannot write shards of ${maxShardBytes} bytes (maxShardBytes): an integer >= ${LEAST_SHARD_BYTES} is needed`,
    );
  return {
    name: "hf-dataset",
    typed: true,
    visibleName: (checkpoint) => checkpoint,
    checkpointName: (visible) => visible,
    directory: { ...DIRECTORY, splitsOf: (head, path) => splitsOf({ source: head, path }, options) },
    write: (type, head, subject, addPart) => write(type, head, subject, addPart, { maxShardBytes }),
    read: (head, options, openPart) => read(head, options, openPart, split),
    isWhole,
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

async function splitsOf(head: Head, options: HFDatasetOptions): Promise<{ name: string; format: Format }[]> {
  const { partsOf, readHead } = await import("./hf-dataset/dataset.js");
  const { splits = [] } = await readHead(head);
  return splits.map((name) => ({
    name,
    format: {
      ...hfDatasetFormat({ ...options, split: name }),
      directory: { ...DIRECTORY, partsOf: (source, path, openPart) => partsOf({ source, path }, openPart, name) },
    },
  }));
}

/** Its shards are there, and each ends as it should. */
async function isWhole(source: ByteSource, openPart: OpenPart): Promise<boolean> {
  const { openDataset, readHead } = await import("./hf-dataset/dataset.js");
  const head = { source, path: STATE };
  try {
    const { splits = [undefined] } = await readHead(head);
    for (const split of splits) await openDataset(head, openPart, split);
    return true;
  } catch (error) {
    if (error instanceof CorruptCheckpointError) return false;
    throw error;
  }
}
