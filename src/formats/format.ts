import type { ByteSink, ByteSource } from "../bytes/byte-source.js";
import type { Piece } from "../bytes/piece.js";
import type { Columns, Row } from "../rows/column.js";
import type { Condition } from "../rows/condition.js";
import type { RowType } from "../rows/row-type.js";

/**
 * Rows <-> the bytes of files. A format knows no storage, no manifest and no name.
 *
 * What appears under the visible name is the **head**: the file whose appearance makes the rows there are. A format of one file has nothing
 * else. One of a directory has **parts** beside it, which the head lists; they are written before it, under names that were never used, and
 * never changed.
 */
export interface Format {
  readonly name: "jsonl" | "parquet" | "hf-dataset";
  /** Whether a file says itself what columns it has, and of which types. */
  readonly typed: boolean;
  /** The file or directory that is the checkpoint to everybody else: `summaries` -> `summaries.jsonl`. */
  visibleName(checkpoint: string): string;
  /** The checkpoint a visible file or directory holds, or undefined if it is not this format's. */
  checkpointName(visible: string): string | undefined;
  /** How the visible directory is laid out; absent where the visible name is that of the head. */
  readonly directory?: DirectoryLayout | undefined;
  /** @param head Where the head goes, which is written last. */
  write(type: RowType, head: ByteSink, subject: string, addPart: AddPart): RowWriter;
  /** Whole by its own format: does it end where a file of this format may end, and are its parts there? Reads little. */
  isWhole(head: ByteSource, openPart: OpenPart): Promise<boolean>;
  /** Parts that will be read are opened before this resolves: what is opened stays what it is. Who opened it closes it. */
  read(head: ByteSource, options: ReadOptions, openPart: OpenPart): Promise<RowReader>;
}

export interface DirectoryLayout {
  /** The first is what is written. With the others alone a directory can be read, and is not saved over. */
  readonly heads: readonly [string, ...string[]];
  /** A small file that the format's readers want beside the head, and that says nothing of the rows: all revisions share it. */
  readonly companion: {
    readonly name: string;
    /** What it has to be, given what it is; undefined where that is right. */
    settle(found: Uint8Array | undefined): Uint8Array | undefined;
  };
  /** The head of these parts, byte for byte as it is written; of rows of which no more is known, as whoever reads it needs it. */
  head(parts: readonly string[], rows?: HeadRows): Promise<Uint8Array>;
  /** All files that a head lists, relative to its directory, in order. @throws {CorruptCheckpointError} If nobody can tell. */
  partsOf(head: ByteSource, path: string, openPart: OpenPart): Promise<string[]>;
  /**
   * Of a head that leads to several checkpoints and is none itself: each by its name, and by a format that reads it alone.
   *
   * @throws {CorruptCheckpointError} If nobody can tell.
   */
  splitsOf?(head: ByteSource, path: string): Promise<{ readonly name: string; readonly format: Format }[]>;
}

/** What a head says besides its parts. */
export interface HeadRows {
  readonly rows: number;
  readonly rowHash: string;
  readonly columns: Columns;
}

/** A new, empty file beside the head, named by whoever is asked. Asking for the next ends this one. */
export type AddPart = (extension: string) => Promise<{ readonly name: string; readonly sink: ByteSink }>;

/** A file beside the head, or undefined where there is none. Asked twice for a name, it gives the same. */
export type OpenPart = (name: string) => Promise<OpenedPart | undefined>;

export interface OpenedPart {
  readonly source: ByteSource;
  /** How messages call it. */
  readonly path: string;
  /** Known when a manifest describes the bytes. */
  readonly pieces: readonly Piece[] | undefined;
}

export interface ReadOptions {
  /** Without one, columns are taken from the file itself. */
  type: RowType | undefined;
  /** How messages call the checkpoint's file or directory. */
  path: string;
  /** Of the head. Known when a manifest describes the bytes: rows can be found without reading what is before them. */
  pieces: readonly Piece[] | undefined;
  /** The bytes are what was saved under exactly this row type: nothing needs checking again. */
  trusted: boolean;
  /** Told once, when rows hold fields that the row type does not know and that are left out. */
  onUnknownFields?: ((fields: readonly string[]) => void) | undefined;
  /** Told once, in a clause, what whoever wrote the file could not keep, so that it is read as well as can be. */
  onAltered?: ((what: string) => void) | undefined;
}

export interface RowWriter {
  write(batch: readonly Row[]): Promise<void>;
  finish(): Promise<Written>;
}

export interface Written {
  readonly rows: number;
  readonly rowHash: string;
  /** Of the head. Every row is in one piece of one file. */
  readonly pieces: readonly Piece[];
  /** In the order of their rows; the rows of each are counted from its own first. */
  readonly parts?: readonly { readonly name: string; readonly pieces: readonly Piece[] }[];
}

export interface BatchOptions {
  columns?: readonly string[] | undefined;
  /** Only rows that meet it, of those from `rowStart` to `rowEnd`. */
  where?: Condition | undefined;
  /** Of the first row, counted from 0; those before it are not read where the format can. */
  rowStart?: number | undefined;
  /** Of the first row that is not wanted any more. */
  rowEnd?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface UsualSplit {
  readonly name: string;
  readonly others: readonly string[];
}

export interface RowReader {
  readonly columns: Columns;
  readonly rowCount: number | undefined;
  /** Where there are several and nobody said which is meant: the usual one that is read, and the others. */
  readonly split?: UsualSplit | undefined;
  /** In file order. Batches inside, single rows only at the public edge: a row-wise generator costs 10-15 % of a load. */
  batches(options: BatchOptions): AsyncIterable<Row[]>;
}
