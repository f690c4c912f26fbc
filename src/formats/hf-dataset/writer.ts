import { crc32 } from "node:zlib";
import type { ByteSink } from "../../bytes/byte-source.js";
import type { Piece } from "../../bytes/piece.js";
import { InvalidRowError } from "../../errors.js";
import type { Row } from "../../rows/column.js";
import { FieldError } from "../../rows/field-error.js";
import { memberReader } from "../../rows/member-reader.js";
import { RowHash } from "../../rows/row-hash.js";
import type { RowType } from "../../rows/row-type-shape.js";
import { validateRow } from "../../rows/standard-schema.js";
import { breathe } from "../columnar/breathe.js";
import type { AddPart, RowWriter } from "../format.js";
import { schemaHeader } from "./arrow-schema.js";
import { appendOrNull, type BatchParts, columnBuilder } from "./column-builder.js";
import { featuresOf } from "./features.js";
import { headOf } from "./head.js";
import { END_OF_STREAM, encodeMessage, RECORD_BATCH, SCHEMA } from "./messages.js";

export interface HFDatasetWriterOptions {
  /** A shard is closed with the batch that makes it so large. */
  maxShardBytes: number;
}

/** As `datasets` has it: it finds rows by batches. */
const BATCH_ROWS = 1000;
/** A batch closes before its time when its rows are so many bytes of JSON: what is in hand is bounded, whatever is in the rows. */
const BATCH_BYTES = 8 << 20;
/** How many rows apart the event loop is looked at. */
const BREATH_ROWS = 32;

/** As JSON, which is how every format has it (see MAX_LINE_BYTES of JSONL). */
const MAX_ROW_BYTES = 32 << 20;

/** Columns of less share a piece with the next. */
const SMALL_PIECE_BYTES = 64 << 10;
/** Larger ones are pieces of so many bytes. */
const LARGE_PIECE_BYTES = 16 << 20;

/**
 * Rows as a directory of `save_to_disk`: the head is `state.json`, the parts are its shards. Memory is a batch.
 *
 * @throws {TypeError} At once, for a column that a dataset cannot hold.
 */
export function hfDatasetWriter(
  type: RowType,
  head: ByteSink,
  subject: string,
  addPart: AddPart,
  { maxShardBytes }: HFDatasetWriterOptions,
): RowWriter {
  const columns = type.columns.map((column) => ({
    builder: columnBuilder(column),
    read: memberReader(column.name) ?? ((row: Row) => row[column.name]),
  }));
  const fields = columns.map(({ builder }) => builder.field);
  const features = featuresOf(fields);
  const schema = encodeMessage(
    SCHEMA,
    schemaHeader(fields, { huggingface: JSON.stringify({ info: { features } }) }),
    0,
  );
  const hash = new RowHash(type.columns);
  const parts: { name: string; pieces: readonly Piece[] }[] = [];
  let shard: FileBytes | undefined;
  let shardRows = 0;
  let rows = 0;
  let batchRows = 0;
  let batchBytes = 0;

  async function beginShard(): Promise<FileBytes> {
    const { name, sink } = await addPart(".arrow");
    const file = new FileBytes(sink);
    parts.push({ name, pieces: file.pieces });
    await file.write(schema);
    file.closePiece(0);
    return file;
  }

  async function endShard(): Promise<void> {
    shard ??= await beginShard();
    await shard.write(END_OF_STREAM);
    shard.closePiece(shardRows);
    shard = undefined;
    shardRows = 0;
  }

  async function closeBatch(): Promise<void> {
    shard ??= await beginShard();
    shardRows += batchRows;
    await writeBatch(shard);
    batchRows = 0;
    batchBytes = 0;
    if (shard.byteLength >= maxShardBytes) await endShard();
  }

  async function writeBatch(file: FileBytes): Promise<void> {
    const { nodes, buffers }: BatchParts = { nodes: [], buffers: [] };
    /** Where the buffers of each column end among all. */
    const columnEnds: number[] = [];
    for (const { builder } of columns) {
      builder.collect({ nodes, buffers });
      columnEnds.push(buffers.length);
    }
    let end = 0;
    const places = buffers.map(({ length }) => {
      const start = end;
      end += padded(length);
      return [start, length] as const;
    });
    const header = [{ int64: batchRows }, { structs: nodes }, { structs: places }];
    await file.write(encodeMessage(RECORD_BATCH, header, end));
    // By itself: whoever looks for a batch reads what is before bodies only.
    file.closePiece(shardRows);
    let buffer = 0;
    for (const columnEnd of columnEnds) {
      // A large column is a piece, or some, by itself: with it, whoever wants a small one would verify it too.
      if (buffers.slice(buffer, columnEnd).reduce((sum, { length }) => sum + length, 0) >= SMALL_PIECE_BYTES)
        file.closePiece(shardRows);
      for (; buffer < columnEnd; buffer++) await file.writePadded(buffers[buffer]!, shardRows);
      if (file.unclosed >= SMALL_PIECE_BYTES) file.closePiece(shardRows);
    }
    file.closePiece(shardRows);
    for (const { builder } of columns) builder.clear();
  }

  return {
    async write(batch: readonly Row[]): Promise<void> {
      for (const given of batch) {
        try {
          const row = (type.schema ? await validateRow(type.schema, given) : given) as Row;
          const byteLength = hash.add(row);
          if (byteLength > MAX_ROW_BYTES)
            throw new FieldError("", `it is more than the ${MAX_ROW_BYTES} bytes of JSON that a row may be`);
          for (let index = 0; index < columns.length; index++) {
            const { builder, read } = columns[index]!;
            appendOrNull(builder, read(row));
          }
          batchBytes += byteLength;
        } catch (error) {
          if (error instanceof FieldError) throw new InvalidRowError(subject, rows, error.field, error.reason);
          throw error;
        }
        rows++;
        batchRows++;
        if (batchRows === BATCH_ROWS || batchBytes >= BATCH_BYTES) await closeBatch();
        else if (batchRows % BREATH_ROWS === 0) await breathe();
      }
    },
    async finish() {
      if (batchRows > 0) await closeBatch();
      // Without any shard datasets itself cannot load it.
      if (shard || parts.length === 0) await endShard();
      const rowHash = hash.digest();
      const shards = parts.map(({ name }) => name);
      const file = new FileBytes(head);
      await file.write(headOf(shards, { rows, rowHash, columns: type.columns }));
      // The rows are in the shards.
      file.closePiece(0);
      return { rows, rowHash, pieces: file.pieces, parts };
    },
  };
}

function padded(byteLength: number): number {
  return Math.ceil(byteLength / 8) * 8;
}

const PADDING = new Uint8Array(8);

/** What was written of one file so far, and its pieces. */
class FileBytes {
  readonly pieces: Piece[] = [];
  byteLength = 0;
  readonly #sink: ByteSink;
  #crc = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Bytes that are in no piece yet. */
  get unclosed(): number {
    return this.byteLength - (this.pieces.at(-1)?.byteEnd ?? 0);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#crc = crc32(bytes, this.#crc);
    this.byteLength += bytes.length;
    await this.#sink.write(bytes);
  }

  async writePadded(bytes: Uint8Array, rowEnd: number): Promise<void> {
    for (let at = 0; at < bytes.length; at += LARGE_PIECE_BYTES) {
      await this.write(bytes.subarray(at, at + LARGE_PIECE_BYTES));
      if (this.unclosed >= LARGE_PIECE_BYTES) this.closePiece(rowEnd);
    }
    const gap = padded(bytes.length) - bytes.length;
    if (gap > 0) await this.write(PADDING.subarray(0, gap));
  }

  closePiece(rowEnd: number): void {
    if (this.unclosed === 0) return;
    this.pieces.push({ byteEnd: this.byteLength, rowEnd, crc32: this.#crc });
    this.#crc = 0;
  }
}
