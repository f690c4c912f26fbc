import type { ByteSink } from "../../bytes/byte-source.js";
import { InvalidRowError } from "../../errors.js";
import type { Row } from "../../rows/column.js";
import { FieldError } from "../../rows/field-error.js";
import { RowHash } from "../../rows/row-hash.js";
import type { RowType } from "../../rows/row-type-shape.js";
import { validateRow } from "../../rows/standard-schema.js";
import { breathe } from "../columnar/breathe.js";
import { ByteBuffer } from "../columnar/byte-buffer.js";
import type { RowWriter } from "../format.js";
import { codecOf } from "./codecs.js";
import { COMPRESSIONS, type CompressionName } from "./compressions.js";
import { FileBytes } from "./file-bytes.js";
import { BloomFilterHeader, type ColumnMetaData, FileMetaData, MAGIC, RowGroup } from "./metadata.js";
import { compileShredder } from "./shredder.js";
import { encodeThrift } from "./thrift.js";

export interface ParquetWriterOptions {
  compression: CompressionName;
  level: number;
  rowGroupRows: number;
  dialect: "kura-python" | undefined;
}

/** Where the columns are kept, as they were declared: Parquet's types do not tell a timestamp from a text, or a vector from a list. */
export const COLUMNS_KEY = "kura.columns";

/** Changes when the same rows become other bytes. */
const CREATED_BY = "kura-ts version 1.0.0 (build 2)";

/** A row group closes before its time when its rows are so many bytes of JSON: what is in hand is bounded, whatever is in the rows. */
const ROW_GROUP_BYTES = 32 << 20;
/** How many rows apart the event loop is looked at. */
const BREATH_ROWS = 32;

const SPLIT_BLOCK = { algorithm: { BLOCK: {} }, hash: { XXHASH: {} }, compression: { UNCOMPRESSED: {} } } as const;

/** As JSON, which is how every format has it (see MAX_LINE_BYTES of JSONL). */
const MAX_ROW_BYTES = 32 << 20;

/**
 * Rows as one Parquet file; memory is a row group. Each chunk of a column is a piece, so that a projection verifies no more than it
 * reads; the footer is the last one.
 *
 * @throws {TypeError} At once, for a column that Parquet cannot hold.
 */
export function parquetWriter(
  type: RowType,
  sink: ByteSink,
  subject: string,
  { compression, level, rowGroupRows, dialect }: ParquetWriterOptions,
): RowWriter {
  const { codec: codecName } = COMPRESSIONS[compression];
  const hash = new RowHash(type.columns);
  const { schema, leaves, shred } = compileShredder(type.columns, {
    key: type.key,
    asJsonTexts: dialect === "kura-python",
    jsonText: (value) => hash.jsonText(value),
  });
  const file = new FileBytes(sink);
  const page = new ByteBuffer(1 << 20);
  const groups: Uint8Array[] = [];
  let rows = 0;
  let groupRows = 0;
  let groupBytes = 0;

  async function closeGroup(): Promise<void> {
    const codec = await codecOf(codecName, level);
    if (file.byteLength === 0) await file.write(MAGIC);
    file.rowEnd = rows;
    const start = file.byteLength;
    const chunks: ColumnMetaData[] = [];
    const filters: { chunk: number; bytes: Buffer }[] = [];
    for (const leaf of leaves) {
      const { metadata, bloomFilter } = await leaf.encode({ file, codec, codecName, page });
      file.endChunk();
      if (bloomFilter) filters.push({ chunk: chunks.length, bytes: bloomFilter.bytes });
      chunks.push(metadata);
    }
    file.closePiece();
    const byteEnd = file.byteLength;
    for (const { chunk, bytes } of filters) {
      const offset = file.byteLength;
      await file.write(encodeThrift(BloomFilterHeader, { ...SPLIT_BLOCK, numBytes: bytes.length }));
      await file.write(bytes);
      file.closePiece();
      const length = file.byteLength - offset;
      chunks[chunk] = { ...chunks[chunk]!, bloom_filter_offset: offset, bloom_filter_length: length };
    }
    const group = encodeThrift(RowGroup, {
      columns: chunks.map((metadata) => ({ file_offset: 0, meta_data: metadata })),
      total_byte_size: chunks.reduce((sum, chunk) => sum + (chunk.total_uncompressed_size ?? 0), 0),
      num_rows: groupRows,
      file_offset: start,
      total_compressed_size: byteEnd - start,
      ordinal: groups.length < 1 << 15 ? groups.length : undefined,
    });
    groups.push(new Uint8Array(group));
    groupRows = 0;
    groupBytes = 0;
  }

  /** @returns Where among them the row group is full, or how many there are. */
  function addUntilFull(given: readonly Row[], from: number): number {
    let at = from;
    while (at < given.length) {
      const row = given[at++]!;
      const byteLength = hash.add(row);
      if (byteLength > MAX_ROW_BYTES)
        throw new FieldError("", `it is more than the ${MAX_ROW_BYTES} bytes of JSON that a row may be`);
      shred(row);
      rows++;
      groupRows++;
      groupBytes += byteLength;
      if (isFull()) break;
    }
    return at;
  }

  const isFull = () => groupRows === rowGroupRows || groupBytes >= ROW_GROUP_BYTES;

  return {
    async write(batch) {
      const stride = type.schema ? 1 : BREATH_ROWS;
      for (let from = 0; from < batch.length; from += stride) {
        try {
          const given = type.schema ? [await validateRow(type.schema, batch[from]!)] : batch.slice(from, from + stride);
          // A loop of its own that awaits nothing: V8 compiles it once, and one around an await again and again.
          for (let at = 0; at < given.length; ) {
            at = addUntilFull(given, at);
            if (isFull()) await closeGroup();
          }
        } catch (error) {
          if (error instanceof FieldError) throw new InvalidRowError(subject, rows, error.field, error.reason);
          throw error;
        }
        await breathe();
      }
    },
    async finish() {
      if (groupRows > 0) await closeGroup();
      if (file.byteLength === 0) await file.write(MAGIC);
      const footer = encodeThrift(FileMetaData, {
        version: 1,
        schema,
        num_rows: rows,
        row_groups: groups,
        key_value_metadata: [{ key: COLUMNS_KEY, value: JSON.stringify(type.columns) }],
        created_by: CREATED_BY,
        column_orders: leaves.map(() => ({ TYPE_ORDER: {} })),
      });
      const length = Buffer.alloc(4);
      length.writeUInt32LE(footer.length);
      file.rowEnd = rows;
      await file.write(Buffer.concat([footer, length, MAGIC]));
      file.closePiece();
      await file.flush();
      return { rows, pieces: file.pieces, rowHash: hash.digest() };
    },
  };
}
