import type { ByteSource } from "../../bytes/byte-source.js";
import { CorruptCheckpointError } from "../../errors.js";
import type { Columns, Row } from "../../rows/column.js";
import { compileCondition } from "../../rows/condition.js";
import { compileDecoder, type Decoder } from "../../rows/decode.js";
import { FieldError } from "../../rows/field-error.js";
import { inferRowType } from "../../rows/infer-row-type.js";
import { JsonValueError, parseLossless, RISKY_JSON, restoreMembers } from "../../rows/lossless-json.js";
import { validate } from "../../rows/standard-schema.js";
import type { BatchOptions, ReadOptions, RowReader } from "../format.js";
import { assertUtf8, lineBlocks } from "./lines.js";

const NEWLINE = 10;
/** Rows handed on at once, so that what was decoded can be dropped before more is. */
const BATCH_ROWS = 512;

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
  batchOptions: BatchOptions,
): AsyncGenerator<Row[]> {
  const { path, pieces, trusted } = options;
  const { rowStart = 0, rowEnd = Number.POSITIVE_INFINITY, signal } = batchOptions;
  assertRange(rowStart, rowEnd);
  const names = columns.map((column) => column.name);
  const pick = projection(names, batchOptions.columns);
  const where = batchOptions.where && compileCondition(batchOptions.where, options.type && names);
  const parse = rowParser(columns, options);

  const skipped = pieces ? pieces.findLastIndex((piece) => piece.rowEnd <= rowStart) : -1;
  const start = pieces?.[skipped]?.byteEnd ?? 0;
  let row = pieces?.[skipped]?.rowEnd ?? 0;
  if (row >= rowEnd) return;

  for await (const bytes of lineBlocks(source, { start, pieces, path, signal })) {
    const end = bytes.length;
    if (!trusted) {
      if (start === 0 && row === 0) assertNoByteOrderMark(bytes, path);
      assertUtf8(bytes, path, row + 1);
    }
    let batch: Row[] = [];
    for (let at = 0; at < end; row++) {
      if (row >= rowEnd) break;
      const newline = bytes.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 ? end : newline;
      if (row >= rowStart) {
        const parsed = parse(bytes.utf8Slice(at, lineEnd), row, newline < 0);
        const found = parsed instanceof Promise ? await parsed : parsed;
        if (!where || where.test(found)) batch.push(pick ? pick(found) : found);
      }
      at = lineEnd + 1;
      if (batch.length < BATCH_ROWS) continue;
      yield batch;
      signal?.throwIfAborted();
      batch = [];
    }
    if (batch.length > 0) yield batch;
    if (row >= rowEnd) break;
  }
}

type ParseRow = (line: string, row: number, isTorn: boolean) => Row | Promise<Row>;

function rowParser(columns: Columns, { type, path, trusted, onUnknownFields }: ReadOptions): ParseRow {
  const decoder = type && compileDecoder(columns, { check: !trusted });
  const lossless = new Set(
    columns
      .filter((column) => column.type === "json" || (column.type === "int64" && column.bigint))
      .map(({ name }) => name),
  );
  const labels = [...lossless].map((name) => JSON.stringify(name));
  const reportUnknown = onUnknownFields && decoder && !trusted ? once(decoder, onUnknownFields) : undefined;

  const parse = (line: string, row: number, isTorn: boolean): Row => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch (cause) {
      throw notJson(path, line, row, isTorn, cause);
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      throw new CorruptCheckpointError(
        path,
        `a row is a JSON object, this is ${Array.isArray(parsed) ? "an array" : JSON.stringify(parsed)}`,
        { line: row + 1, row },
      );
    }
    try {
      if (!type) return (RISKY_JSON.test(line) ? parseLossless(line) : parsed) as Row;
      if (lossless.size > 0 && mayLose(line, labels)) restoreMembers(parsed as Row, line, lossless);
      const decoded = decoder!.decode(parsed as Row);
      reportUnknown?.();
      return decoded;
    } catch (error) {
      throw corruptField(path, row, error);
    }
  };
  const schema = trusted ? undefined : type?.schema;
  if (!schema) return parse;
  return async (line, row, isTorn) => {
    const decoded = parse(line, row, isTorn);
    try {
      return (await validate(schema, decoded)) as Row;
    } catch (error) {
      throw corruptField(path, row, error);
    }
  };
}

/** Whether a member that must come out as it went in may not. Looks only behind its first possible place. */
function mayLose(line: string, labels: readonly string[]): boolean {
  let from = line.length;
  for (const label of labels) {
    const at = line.indexOf(label);
    // Spelled with escapes, it may be anywhere.
    from = Math.min(from, Math.max(0, at));
  }
  return RISKY_JSON.test(from === 0 ? line : line.slice(from));
}

function once(decoder: Decoder, report: (fields: readonly string[]) => void): () => void {
  let told = 0;
  return () => {
    if (decoder.unknownFields.size === told) return;
    if (told === 0) report([...decoder.unknownFields]);
    told = decoder.unknownFields.size;
  };
}

function corruptField(path: string, row: number, error: unknown): unknown {
  if (error instanceof FieldError)
    return new CorruptCheckpointError(path, error.reason, { line: row + 1, row, field: error.field });
  if (error instanceof JsonValueError) return new CorruptCheckpointError(path, error.reason, { line: row + 1, row });
  return error;
}

function notJson(path: string, line: string, row: number, isTorn: boolean, cause: unknown): CorruptCheckpointError {
  const place = { line: row + 1, row, cause };
  if (line.trim() === "") return new CorruptCheckpointError(path, "the line is blank", place);
  if (isTorn) {
    return new CorruptCheckpointError(
      path,
      `the last line is torn; the ${row} rows before it are whole (rowEnd: ${row}, or \`--rows 0:${row}\`, reads them)`,
      place,
    );
  }
  const literal = /[[:,]\s*(-?(?:NaN|Infinity))\b/.exec(line)?.[1];
  return new CorruptCheckpointError(
    path,
    literal ? `${literal} is not JSON` : `the line is not JSON (${(cause as Error).message})`,
    place,
  );
}

function projection(names: readonly string[], wanted: readonly string[] | undefined): ((row: Row) => Row) | undefined {
  if (!wanted) return undefined;
  for (const name of wanted) {
    if (!names.includes(name))
      throw new RangeError(`Cannot read column "${name}": there is none; there are ${names.join(", ")}`);
  }
  const kept = names.filter((name) => wanted.includes(name));
  return (row) => {
    const picked: Row = {};
    for (const name of kept) picked[name] = row[name];
    return picked;
  };
}

function assertRange(rowStart: number, rowEnd: number): void {
  const isIndex = (value: number) => Number.isInteger(value) && value >= 0;
  if (isIndex(rowStart) && (isIndex(rowEnd) || rowEnd === Number.POSITIVE_INFINITY)) return;
  throw new RangeError(`Cannot read rows ${rowStart} to ${rowEnd}: both are integers >= 0`);
}

function assertNoByteOrderMark(bytes: Buffer, path: string): void {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new CorruptCheckpointError(
      path,
      "it starts with a byte order mark, which no JSON text has; save it as UTF-8 without one",
      { line: 1 },
    );
  }
}

/** A file without a row type says itself what fields there are: those of its first rows. */
async function columnsOfFirstRows(source: ByteSource, options: ReadOptions): Promise<Columns> {
  for await (const batch of batches(source, [], { ...options, pieces: undefined }, { rowEnd: BATCH_ROWS }))
    return inferRowType("", batch).columns;
  return [];
}
