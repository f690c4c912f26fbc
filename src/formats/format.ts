import type { ByteSink, ByteSource } from "../bytes/byte-source.js";
import type { Piece } from "../bytes/piece.js";
import type { Columns, Row } from "../rows/column.js";
import type { Condition } from "../rows/condition.js";
import type { RowType } from "../rows/row-type.js";

/** Rows <-> the bytes of files. A format knows no storage, no manifest and no name. */
export interface Format {
  readonly name: "jsonl" | "parquet" | "hf-dataset";
  /** The file that is the checkpoint to everybody else: `summaries` -> `summaries.jsonl`. */
  visibleName(checkpoint: string): string;
  /** The checkpoint a visible file holds, or undefined if it is not this format's. */
  checkpointName(visible: string): string | undefined;
  write(type: RowType, sink: ByteSink, subject: string): RowWriter;
  /** Whole by its own format: does it end where a file of this format may end? Reads little. */
  isWhole(source: ByteSource): Promise<boolean>;
  read(source: ByteSource, options: ReadOptions): Promise<RowReader>;
}

export interface ReadOptions {
  /** Without one, columns are taken from the file itself. */
  type: RowType | undefined;
  /** How messages call the file. */
  path: string;
  /** Known when a manifest describes the bytes: rows can be found without reading what is before them. */
  pieces: readonly Piece[] | undefined;
  /** The bytes are what was saved under exactly this row type: nothing needs checking again. */
  trusted: boolean;
  /** Told once, when rows hold fields that the row type does not know and that are left out. */
  onUnknownFields?: ((fields: readonly string[]) => void) | undefined;
}

export interface RowWriter {
  write(batch: readonly Row[]): Promise<void>;
  finish(): Promise<{ rows: number; pieces: Piece[]; rowHash: string }>;
}

export interface BatchOptions {
  columns?: readonly string[] | undefined;
  where?: Condition | undefined;
  /** 0-based, inclusive. */
  rowStart?: number | undefined;
  /** Exclusive. */
  rowEnd?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface RowReader {
  readonly columns: Columns;
  readonly rowCount: number | undefined;
  /** In file order. Batches inside, single rows only at the public edge: a row-wise generator costs 10-15 % of a load. */
  batches(options: BatchOptions): AsyncIterable<Row[]>;
}
