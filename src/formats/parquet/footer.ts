import type { ByteReadOptions, ByteSource } from "../../bytes/byte-source.js";
import type { Piece } from "../../bytes/piece.js";
import { breathe } from "../columnar/breathe.js";
import { damaged } from "../columnar/damage.js";
import {
  CODECS,
  type CodecName,
  type ColumnChunk,
  ENCRYPTED_MAGIC,
  FileMetaData,
  MAGIC,
  PHYSICAL_TYPES,
  RowGroup,
  type Statistics,
} from "./metadata.js";
import { type Leaf, parseSchema, type Schema } from "./schema.js";
import { decodeThrift } from "./thrift.js";

/** What a Parquet file says of itself, checked: every chunk lies within the file, and rows add up. */
export interface Footer {
  readonly schema: Schema;
  readonly rowCount: number;
  readonly groups: readonly Group[];
  readonly keyValues: ReadonlyMap<string, string>;
}

export interface Group {
  readonly rowStart: number;
  readonly rowEnd: number;
  /** One for each leaf of the schema. */
  readonly chunks: readonly Chunk[];
}

export interface Chunk {
  readonly byteStart: number;
  readonly byteEnd: number;
  readonly codec: CodecName;
  /** Slots: values and nulls. */
  readonly slots: number;
  readonly statistics: Statistics;
  readonly bloomFilter: { readonly byteStart: number; readonly byteEnd: number } | undefined;
}

const TAIL_BYTES = 8;
/** Read at once at the end of a file that nothing is known of: most footers are shorter. */
const FIRST_READ_BYTES = 64 << 10;
/** Some 100 bytes for each column of each row group. What nothing is known of may be made to become a hundred times its size. */
const MAX_FOOTER_BYTES = 256 << 20;
const MAX_UNVERIFIED_FOOTER_BYTES = 8 << 20;

/**
 * @param pieces The last one of a file of ours is the footer: nothing else is read.
 * @throws {Damage} If the file has none, or it cannot be true.
 */
export async function readFooter(
  source: ByteSource,
  pieces: readonly Piece[] | undefined,
  options?: ByteReadOptions,
): Promise<Footer> {
  const { byteLength } = source;
  if (byteLength < MAGIC.length + TAIL_BYTES) damaged(`${byteLength} bytes are too few for a Parquet file`);
  const guess = pieces?.at(-2)?.byteEnd ?? Math.max(0, byteLength - FIRST_READ_BYTES);
  const start = Math.min(guess, byteLength - TAIL_BYTES);
  let tail = Buffer.from(await source.read(start, byteLength, options));
  const magic = tail.subarray(-MAGIC.length);
  if (magic.equals(ENCRYPTED_MAGIC)) damaged("it is encrypted");
  if (!magic.equals(MAGIC)) damaged("it does not end as a Parquet file does: it is cut off, or something else");
  const footerBytes = tail.readUInt32LE(tail.length - TAIL_BYTES);
  const footerStart = byteLength - TAIL_BYTES - footerBytes;
  if (footerStart < 0) damaged(`it claims ${footerBytes} bytes of metadata and has ${byteLength} in all`);
  const mostBytes = pieces ? MAX_FOOTER_BYTES : MAX_UNVERIFIED_FOOTER_BYTES;
  if (footerBytes > mostBytes) damaged(`it has ${footerBytes} bytes of metadata; at most ${mostBytes} are read`);
  if (footerStart < start) tail = Buffer.from(await source.read(footerStart, byteLength, options));
  return parseFooter(tail.subarray(tail.length - TAIL_BYTES - footerBytes, tail.length - TAIL_BYTES), byteLength);
}

/** @param byteEnd Of the file: some writers are wrong about where a chunk ends, and pages say it again. */
async function parseFooter(bytes: Uint8Array, byteEnd: number): Promise<Footer> {
  const metadata = decodeThrift(FileMetaData, bytes).value;
  const schema = parseSchema(metadata.schema ?? []);
  const rowCount = metadata.num_rows ?? damaged("it does not say how many rows it has");
  // Bounds are only believed in a known order.
  const isOrdered = metadata.column_orders !== undefined;
  const groups: Group[] = [];
  let rowStart = 0;
  for (const groupBytes of metadata.row_groups ?? []) {
    const group = decodeThrift(RowGroup, groupBytes).value;
    const rowEnd = rowStart + rowsOf(group);
    groups.push({ rowStart, rowEnd, chunks: chunksOf(group, schema.leaves, byteEnd, isOrdered) });
    rowStart = rowEnd;
    await breathe();
  }
  if (rowStart !== rowCount) damaged(`it claims ${rowCount} rows, and its row groups ${rowStart}`);
  const keyValues = new Map(
    (metadata.key_value_metadata ?? []).map(({ key = "", value = "" }) => [key, value] as const),
  );
  return { schema, rowCount, groups, keyValues };
}

function rowsOf({ num_rows: rows }: RowGroup): number {
  if (rows === undefined || rows < 0) return damaged(`a row group claims ${rows} rows`);
  return rows;
}

function chunksOf(group: RowGroup, leaves: readonly Leaf[], byteEnd: number, isOrdered: boolean): Chunk[] {
  const { columns = [] } = group;
  if (columns.length !== leaves.length)
    damaged(`a row group has ${columns.length} columns, and its schema ${leaves.length}`);
  return columns.map((column, index) => chunkOf(column, leaves[index]!, byteEnd, isOrdered));
}

function chunkOf(column: ColumnChunk, leaf: Leaf, byteEnd: number, isOrdered: boolean): Chunk {
  const name = leaf.path.join(".");
  const { meta_data: metadata, file_path: elsewhere } = column;
  if (column.crypto_metadata) damaged(`column "${name}" is encrypted`);
  if (elsewhere) damaged(`column "${name}" is in another file, "${elsewhere.slice(0, 100)}"`);
  if (!metadata) return damaged(`column "${name}" has no metadata`);
  if (PHYSICAL_TYPES[metadata.type ?? -1] !== leaf.physical)
    damaged(`column "${name}" is of another type than its schema says`);
  const codec = CODECS[metadata.codec ?? -1] ?? damaged(`column "${name}" is compressed in an unknown way`);
  const { data_page_offset: dataStart = -1, dictionary_page_offset: dictionaryStart = 0 } = metadata;
  // Some writers give an offset of 0, or one behind the data, where there is no dictionary.
  const byteStart = dictionaryStart > 0 && dictionaryStart < dataStart ? dictionaryStart : dataStart;
  const length = metadata.total_compressed_size ?? -1;
  const slots = metadata.num_values ?? -1;
  if (slots < 0) damaged(`column "${name}" claims ${slots} values`);
  if (length < 0 || byteStart < 0 || byteStart + length > byteEnd)
    damaged(`column "${name}" claims bytes ${byteStart} to ${byteStart + length}, and the file has ${byteEnd}`);
  const { null_count, ...bounds } = metadata.statistics ?? {};
  const filterStart = metadata.bloom_filter_offset ?? 0;
  const filterEnd = filterStart + (metadata.bloom_filter_length ?? 0);
  return {
    byteStart,
    byteEnd: byteStart + length,
    codec,
    slots,
    statistics: { null_count, ...(isOrdered && bounds) },
    bloomFilter:
      filterStart > 0 && filterEnd > filterStart && filterEnd <= byteEnd
        ? { byteStart: filterStart, byteEnd: filterEnd }
        : undefined,
  };
}
