import type { ByteSource } from "../../bytes/byte-source.js";
import type { Columns, Row } from "../../rows/column.js";
import { compileCondition } from "../../rows/condition.js";
import { inferRowType } from "../../rows/infer-row-type.js";
import type { BatchOptions, ReadOptions, RowReader } from "../format.js";
import { assertRowRange, projectedNames } from "../projection.js";
import { assertUtf8 } from "./assert-utf8.js";
import { lineBlocks, type SliceableBuffer } from "./lines.js";
import { type ParseRow, rowParser, rowValidator } from "./row-parser.js";

const NEWLINE = 10;
/** Rows handed on at once, so that what was decoded can be dropped before more is. */
const BATCH_ROWS = 256;

/** Memory is a block of lines and a batch of rows, whatever the file's size; one row may have 32 MB. */
export async function jsonlReader(source: ByteSource, options: ReadOptions): Promise<RowReader> {
  const { type, pieces } = options;
  const columns = type?.columns ?? (await columnsOfFirstRows(source, options));
  return {
    columns,
    rowCount: pieces && (pieces.at(-1)?.rowEnd ?? 0),
    batches: (batchOptions) => batches(source, columns, options, batchOptions),
  };
}

async function* batches(
  source: ByteSource,
  columns: Columns,
  options: ReadOptions,
  { columns: wanted, where, rowStart = 0, rowEnd = Number.POSITIVE_INFINITY, signal }: BatchOptions,
): AsyncGenerator<Row[]> {
  const { type, path, pieces, trusted } = options;
  assertRowRange(rowStart, rowEnd);
  const pick = wanted && projection(columns, wanted);
  const condition = where && compileCondition(where, type && columns);
  const needed = wanted && new Set([...wanted, ...(condition?.fields ?? [])]);
  const parse = rowParser(columns, options, needed);
  const validate = rowValidator(options);

  const skipped = pieces ? pieces.findLastIndex((piece) => piece.rowEnd <= rowStart) : -1;
  const start = pieces?.[skipped]?.byteEnd ?? 0;
  let row = pieces?.[skipped]?.rowEnd ?? 0;
  if (row >= rowEnd) return;

  const nextLine = () => row + 1;
  for await (const block of lineBlocks(source, { start, pieces, path, nextLine, signal })) {
    if (!trusted) assertUtf8(block, path, row + 1);
    const lines = new LineCursor(block, row);
    lines.skipTo(rowStart);
    while (!lines.done && lines.row < rowEnd) {
      const first = lines.row;
      const parsed = parseLines(lines, Math.min(rowEnd, first + BATCH_ROWS), parse);
      const valid = validate ? await validate(parsed, first) : parsed;
      const found = condition ? valid.filter(condition.test) : valid;
      if (found.length > 0) yield pick ? found.map(pick) : found;
      signal?.throwIfAborted();
    }
    row = lines.row;
    if (row >= rowEnd) return;
  }
}

function parseLines(lines: LineCursor, rowEnd: number, parse: ParseRow): Row[] {
  const rows: Row[] = [];
  while (lines.row < rowEnd && !lines.done) {
    const { row } = lines;
    rows.push(parse(lines.next(), row, lines.isTorn));
  }
  return rows;
}

/** Where one is in a block of lines; row `n` of the file is its line `n + 1`. */
class LineCursor {
  row: number;
  /** Whether the last line that was read had no newline. */
  isTorn = false;
  readonly #bytes: SliceableBuffer;
  #at = 0;

  constructor(bytes: SliceableBuffer, row: number) {
    this.#bytes = bytes;
    this.row = row;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(): string {
    const start = this.#at;
    return this.#bytes.utf8Slice(start, this.#toNextLine());
  }

  skipTo(row: number): void {
    while (this.row < row && !this.done) this.#toNextLine();
  }

  /** The end of the line. */
  #toNextLine(): number {
    const newline = this.#bytes.indexOf(NEWLINE, this.#at);
    this.isTorn = newline < 0;
    const end = this.isTorn ? this.#bytes.length : newline;
    this.#at = end + 1;
    this.row++;
    return end;
  }
}

function projection(columns: Columns, wanted: readonly string[]): (row: Row) => Row {
  const kept = projectedNames(columns, wanted);
  return (row) => {
    const picked: Row = {};
    for (const name of kept) picked[name] = row[name];
    return picked;
  };
}

/** A file without a row type says itself what fields there are: those of its first rows. */
async function columnsOfFirstRows(source: ByteSource, options: ReadOptions): Promise<Columns> {
  for await (const batch of batches(source, [], { ...options, pieces: undefined }, { rowEnd: BATCH_ROWS }))
    return inferRowType("", batch).columns;
  return [];
}
