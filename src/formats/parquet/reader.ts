import type { ByteSource } from "../../bytes/byte-source.js";
import { RowTypeMismatchError } from "../../errors.js";
import type { Column, Columns, Row } from "../../rows/column.js";
import type { Condition } from "../../rows/condition.js";
import { describeType } from "../../rows/describe-column.js";
import { rowType } from "../../rows/row-type.js";
import { breathe } from "../columnar/breathe.js";
import { inFile } from "../columnar/corrupt.js";
import { inSteps, type Pace } from "../columnar/pace.js";
import { chosen, emptyRows, isInOrder, pick, type Selection, selection } from "../columnar/selection.js";
import type { BatchOptions, ReadOptions } from "../format.js";
import { assertRowRange } from "../projection.js";
import type { OpenStepped } from "../scout/stepped.js";
import { type Assembler, type AssemblerOptions, compileAssembler } from "./assembler.js";
import { ColumnReader } from "./column-reader.js";
import { type Footer, type Group, readFooter } from "./footer.js";
import { mayMatch, mayMatchFilters } from "./prune.js";
import type { Leaf } from "./schema.js";
import { storedColumns } from "./stored-columns.js";
import type { Table } from "./table.js";
import { COLUMNS_KEY } from "./writer.js";

/** Rows handed on at once, so that what was decoded can be dropped before more is. */
const BATCH_ROWS = 512;

export const openStepped: OpenStepped = async (source, options) => {
  const table = await openTable(source, options);
  return {
    columns: table.columns,
    rowCount: table.file.rowCount,
    isVerified: options.pieces !== undefined,
    batches: (batchOptions, escort) =>
      readBatches({ ...table, source: escort?.guard?.(source, "") ?? source }, batchOptions, escort?.pace),
  };
};

/** Memory is a batch of rows, a page of each column, and what is read of their chunks: up to 2 MB each, or whole chunks of ours. */
export async function openTable(source: ByteSource, options: ReadOptions): Promise<Table> {
  const file = await inFile(options.path, () => readFooter(source, options.pieces));
  return { source, options, file, ...planColumns(file, options) };
}

function planColumns(
  file: Footer,
  { type, path, trusted, onUnknownFields }: ReadOptions,
): { columns: Columns; assemblers: Map<string, Assembler | undefined> } {
  const isSafe = (leaf: Leaf) => file.groups.every((group) => hasSafeBounds(group, leaf));
  const unknown = new Set<string>();
  const compile = (columns: Columns, isTyped: boolean) => {
    const options: AssemblerOptions = {
      path,
      isTrusted: trusted,
      isTyped,
      isSafe,
      onUnknownField: (field) => unknown.add(field),
    };
    return { columns, assemblers: new Map(columns.map((column) => [column.name, assemblerOf(column, file, options)])) };
  };
  if (!type) {
    const declared = declaredColumns(file);
    try {
      if (declared) return compile(declared, true);
    } catch (error) {
      // What it says of its columns is not what they are: somebody rewrote it.
      if (!(error instanceof RowTypeMismatchError)) throw error;
    }
    return compile(storedColumns(file.schema.columns, isSafe), false);
  }
  const plan = compile(type.columns, true);
  for (const { name } of file.schema.columns) if (!plan.assemblers.has(name)) unknown.add(name);
  if (unknown.size > 0 && !trusted) onUnknownFields?.([...unknown]);
  return plan;
}

function assemblerOf(column: Column, file: Footer, options: AssemblerOptions): Assembler | undefined {
  const stored = file.schema.columns.find(({ name }) => name === column.name);
  if (stored) return compileAssembler(stored.shape, column, column.name, options);
  if (column.nullable) return undefined;
  throw RowTypeMismatchError.of(JSON.stringify(options.path), column.name, "nothing", describeType(column));
}

/** Files of ours say which columns they were written with; whoever copied our file may have kept that beside other columns. */
function declaredColumns({ schema, keyValues }: Footer): Columns | undefined {
  const text = keyValues.get(COLUMNS_KEY);
  if (text === undefined) return undefined;
  let columns: Columns;
  try {
    ({ columns } = rowType({ name: COLUMNS_KEY, columns: JSON.parse(text) as Columns }));
  } catch {
    return undefined;
  }
  const stored = new Set(schema.columns.map(({ name }) => name));
  return stored.size === columns.length && columns.every(({ name }) => stored.has(name)) ? columns : undefined;
}

function hasSafeBounds({ chunks }: Group, { index, stored }: Leaf): boolean {
  const { slots, statistics } = chunks[index]!;
  const { min_value: min, max_value: max, null_count: nulls } = statistics;
  if (nulls === slots) return true;
  if (min?.length !== 8 || max?.length !== 8) return false;
  const read = (bytes: Uint8Array) =>
    stored.kind === "uint64" ? Buffer.from(bytes).readBigUInt64LE() : Buffer.from(bytes).readBigInt64LE();
  return read(min) >= Number.MIN_SAFE_INTEGER && read(max) <= Number.MAX_SAFE_INTEGER;
}

/** @param pace What waits for others, or lets them wait. */
export async function* readBatches(
  table: Table,
  { columns: wanted, where, rowStart = 0, rowEnd = Number.POSITIVE_INFINITY, signal }: BatchOptions,
  pace?: Pace,
): AsyncGenerator<Row[]> {
  const { source, options, file, columns } = table;
  assertRowRange(rowStart, rowEnd);
  const select = selection(columns, options, { columns: wanted, where });
  const inStep = inSteps(pace);
  for (const group of file.groups) {
    if (group.rowEnd <= rowStart || group.rowStart >= rowEnd || group.rowEnd === group.rowStart) continue;
    signal?.throwIfAborted();
    if (where && !select.isWhole && !(await inFile(options.path, () => mayHold(where, group)))) continue;
    yield* readGroup(table, group, select, {
      start: Math.max(rowStart, group.rowStart),
      end: Math.min(rowEnd, group.rowEnd),
      signal,
      inStep,
    });
  }

  async function mayHold(condition: Condition, group: Group): Promise<boolean> {
    const { columns: fields } = file.schema;
    // Bounds are of what is stored; a column that is read as another type may hold anything.
    const same = fields.filter(({ name, shape }) => isReadAsStored(name, shape));
    return mayMatch(condition, group, same) && (await mayMatchFilters(condition, group, same, source, signal));
  }

  function isReadAsStored(name: string, shape: Footer["schema"]["columns"][number]["shape"]): boolean {
    const column = columns.find((column) => column.name === name);
    if (!column) return false;
    if (shape.kind === "struct") return column.type === "struct";
    if (shape.kind !== "leaf") return false;
    const { kind } = shape.leaf.stored;
    if (kind === "text") return column.type === "text";
    return column.type !== "float32" || kind === "float32";
  }
}

async function* readGroup(
  table: Table,
  group: Group,
  { first, rest, names, isWhole, test, decide }: Selection,
  { start, end, signal, inStep }: Span,
): AsyncGenerator<Row[]> {
  const { path } = table.options;
  const opened = first.map((name) => new ColumnReader(table, group, name, signal));
  const later = rest.map((name) => new ColumnReader(table, group, name, signal));
  const isCopied = !isInOrder(first, names);
  // Rows that nobody is given are filled again: most of them are looked at by a condition and left.
  const memory: Row[] | undefined = isCopied && !isWhole ? [] : undefined;
  for (let row = start; row < end; row += BATCH_ROWS) {
    signal?.throwIfAborted();
    const firstRow = row;
    const rows = await inStep(() => readStep(firstRow, Math.min(end, firstRow + BATCH_ROWS)));
    await breathe();
    if (rows.length > 0) yield isCopied ? rows.map((one) => pick(one, names)) : rows;
  }
  if (end === group.rowEnd) for (const column of opened) await inFile(path, () => column.assertEnd());

  async function readStep(stepStart: number, stepEnd: number): Promise<Row[]> {
    const whole = emptyRows(stepEnd - stepStart, memory);
    for (const column of opened) await inFile(path, () => column.readAll(whole, stepStart));
    const rows = (await decide(whole, stepStart)) ?? whole;
    if (!test) return rows;
    const offsets = chosen(rows, test);
    const kept = offsets.map((offset) => rows[offset]!);
    if (kept.length > 0)
      for (const column of later) await inFile(path, () => column.readSome(kept, offsets, stepStart));
    return kept;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  inStep<T>(act: () => Promise<T>): Promise<T>;
}
