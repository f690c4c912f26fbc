import type { ByteSink, ByteSource } from "../bytes/byte-source.js";
import type { RowType } from "../rows/row-type.js";
import type { Format, ReadOptions, RowReader, RowWriter } from "./format.js";
import { COMPRESSIONS, type CompressionName } from "./parquet/compressions.js";

/* The thirty modules behind this one are loaded when the first file is written or read. */

const EXTENSION = ".parquet";
const ROW_GROUP_ROWS = 10_000;

export interface ParquetOptions {
  /** Default snappy. */
  compression?: CompressionName | undefined;
  /** Of gzip (1 to 9, default 6), brotli (0 to 11, default 5) or zstd (1 to 22, default 3). */
  compressionLevel?: number | undefined;
  /** Most rows of a row group, the unit that is skipped or read; default 10,000. Groups of very large rows have fewer. */
  rowGroupRows?: number | undefined;
  /** For files that Python's Kura is to read: lists, structs and maps as JSON texts. */
  dialect?: "kura-python" | undefined;
}

/**
 * Apache Parquet, one file a checkpoint.
 *
 * @throws {RangeError} For an unknown compression, a level it does not have, or an impossible number of rows.
 */
export function parquetFormat(options: ParquetOptions = {}) {
  const resolved = resolve(options);
  return {
    name: "parquet",
    typed: true,
    visibleName: (checkpoint: string) => checkpoint + EXTENSION,
    checkpointName: (visible: string) =>
      visible.endsWith(EXTENSION) ? visible.slice(0, -EXTENSION.length) : undefined,
    write: (type: RowType, sink: ByteSink, subject: string) => write(type, sink, subject, resolved),
    read,
    isWhole,
  } satisfies Format;
}

function write(type: RowType, sink: ByteSink, subject: string, options: ReturnType<typeof resolve>): RowWriter {
  let opened: Promise<RowWriter> | undefined;
  const writer = () => {
    opened ??= import("./parquet/writer.js").then(({ parquetWriter }) => parquetWriter(type, sink, subject, options));
    return opened;
  };
  return {
    write: async (batch) => (await writer()).write(batch),
    finish: async () => (await writer()).finish(),
  };
}

async function read(head: ByteSource, options: ReadOptions): Promise<RowReader> {
  const { openScouted } = await import("./scout/scout.js");
  return openScouted({ format: "parquet", head, options, openPart: noPart });
}

async function noPart(): Promise<undefined> {}

/** Its metadata is at its end: a file that is cut off has none. */
async function isWhole(source: ByteSource): Promise<boolean> {
  const [{ readFooter }, { Damage }] = await Promise.all([
    import("./parquet/footer.js"),
    import("./columnar/damage.js"),
  ]);
  try {
    await readFooter(source, undefined);
    return true;
  } catch (error) {
    if (error instanceof Damage) return false;
    throw error;
  }
}

function resolve({ compression = "snappy", compressionLevel, rowGroupRows = ROW_GROUP_ROWS, dialect }: ParquetOptions) {
  if (!Object.hasOwn(COMPRESSIONS, compression)) {
    throw new RangeError(
      `Cannot compress with "${compression}": compressions are ${Object.keys(COMPRESSIONS).join(", ")}`,
    );
  }
  const { levels } = COMPRESSIONS[compression] as { levels?: readonly [number, number, number] };
  if (compressionLevel !== undefined) {
    const subject = `Cannot compress with ${compression} at level ${compressionLevel}`;
    if (!levels) throw new RangeError(`${subject}: it has no levels`);
    const [least, most] = levels;
    if (!Number.isInteger(compressionLevel) || compressionLevel < least || compressionLevel > most)
      throw new RangeError(`${subject}: levels are ${least} to ${most}`);
  }
  if (!Number.isInteger(rowGroupRows) || rowGroupRows < 1)
    throw new RangeError(`Cannot write row groups of ${rowGroupRows} rows: an integer >= 1 is needed`);
  if (dialect !== undefined && dialect !== "kura-python")
    throw new RangeError(`Cannot write dialect "${dialect}": the only one is "kura-python"`);
  return { compression, level: compressionLevel ?? levels?.[2] ?? 0, rowGroupRows, dialect };
}
