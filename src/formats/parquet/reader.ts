import type { ByteSource } from "../../bytes/byte-source.js";
import { CorruptCheckpointError, RowTypeMismatchError } from "../../errors.js";
import type { Column, Columns, Row } from "../../rows/column.js";
import { type Condition, compileCondition } from "../../rows/condition.js";
import { describeType } from "../../rows/describe-column.js";
import { FieldError } from "../../rows/field-error.js";
import { rowType } from "../../rows/row-type.js";
import { validateRow } from "../../rows/standard-schema.js";
import type { BatchOptions, ReadOptions } from "../format.js";
import { assertRowRange, projectedNames } from "../projection.js";
import { type Assembler, type AssemblerOptions, compileAssembler, setMember } from "./assembler.js";
import { breathe } from "./breathe.js";
import { ColumnReader } from "./column-reader.js";
import { Damage, RowError } from "./damage.js";
import { type Footer, type Group, readFooter } from "./footer.js";
import { mayMatch, mayMatchFilters } from "./prune.js";
import type { Leaf } from "./schema.js";
import { storedColumns } from "./stored-columns.js";
import type { Table } from "./table.js";
import { Truncated } from "./thrift.js";
import { COLUMNS_KEY } from "./writer.js";

/** Rows handed on at once, so that what was decoded can be dropped before more is. */
const BATCH_ROWS = 512;

/** Memory is a batch of rows, a page of each column, and what is read of their chunks: up to 2 MB each, or whole chunks of ours. */
export async function openTable(source: ByteSource, options: ReadOptions): Promise<Table> {
  const file = await inFile(options.path, () => readFooter(source, options.pieces));
  return { source, options, file, ...planColumns(file, options) };
}

/** Called around each step of decoding; what is read in one is a batch of rows at most. */
export interface Pace {
  before(step: number): Promise<void> | undefined;
  after(step: number): Promise<void> | undefined;
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
  throw new RowTypeMismatchError(JSON.stringify(options.path), column.name, "nothing", describeType(column));
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
  const names = wanted ? projectedNames(columns, wanted) : columns.map(({ name }) => name);
  const condition = where && compileCondition(where, columns);
  const select = selection(table, names, condition);
  let steps = 0;
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

  async function inStep<T>(act: () => Promise<T>): Promise<T> {
    const step = steps++;
    await pace?.before(step);
    const result = await act();
    await pace?.after(step);
    return result;
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

/** How rows of a batch are chosen: which columns are read of all rows, what decides, and which are read of those that are left. */
interface Selection {
  readonly first: readonly string[];
  readonly rest: readonly string[];
  /** The fields of the row, in order. */
  readonly names: readonly string[];
  /** Rows are not what is stored until a schema has had them: what is stored rules nothing out. */
  readonly isWhole: boolean;
  decide(rows: Row[], firstRow: number): Promise<Row[]> | undefined;
  readonly test: ((row: Row) => boolean) | undefined;
}

function selection(
  { columns, options }: Table,
  names: readonly string[],
  condition: { fields: readonly string[]; test: (row: Row) => boolean } | undefined,
): Selection {
  const { type, trusted, path } = options;
  const schema = trusted ? undefined : type?.schema;
  if (!schema) {
    const first = condition ? condition.fields : names;
    return {
      first,
      rest: condition ? names.filter((name) => !first.includes(name)) : [],
      names,
      isWhole: false,
      test: condition?.test,
      decide: () => undefined,
    };
  }
  // A schema may look at any field and change any: rows are made whole before anything is decided.
  const all = columns.map(({ name }) => name);
  return {
    first: all,
    rest: [],
    names,
    isWhole: true,
    test: condition?.test,
    decide: async (rows, firstRow) => {
      const valid: Row[] = [];
      for (const row of rows) {
        try {
          valid.push(await validateRow(schema, row));
        } catch (error) {
          throw corrupt(path, error, firstRow + valid.length);
        }
      }
      return valid;
    },
  };
}

async function* readGroup(
  table: Table,
  group: Group,
  { first, rest, names, test, decide }: Selection,
  { start, end, signal, inStep }: Span,
): AsyncGenerator<Row[]> {
  const { path } = table.options;
  const opened = first.map((name) => new ColumnReader(table, group, name, signal));
  const later = rest.map((name) => new ColumnReader(table, group, name, signal));
  for (let row = start; row < end; row += BATCH_ROWS) {
    signal?.throwIfAborted();
    const firstRow = row;
    const rows = await inStep(() => readStep(firstRow, Math.min(end, firstRow + BATCH_ROWS)));
    await breathe();
    if (rows.length > 0) yield isInOrder(first, names) ? rows : rows.map((one) => pick(one, names));
  }
  if (end === group.rowEnd) for (const column of opened) await inFile(path, () => column.assertEnd());

  async function readStep(stepStart: number, stepEnd: number): Promise<Row[]> {
    const whole = emptyRows(stepEnd - stepStart);
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

function emptyRows(count: number): Row[] {
  const rows: Row[] = [];
  for (let index = 0; index < count; index++) rows.push({});
  return rows;
}

function chosen(rows: readonly Row[], test: (row: Row) => boolean): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset < rows.length; offset++) if (test(rows[offset]!)) offsets.push(offset);
  return offsets;
}

function isInOrder(first: readonly string[], names: readonly string[]): boolean {
  return first.length === names.length && first.every((name, index) => name === names[index]);
}

function pick(row: Row, names: readonly string[]): Row {
  const picked: Row = {};
  for (const name of names) setMember(picked, name, row[name]);
  return picked;
}

/** Whatever shows that bytes are no such file is one error, which names the file. */
async function inFile<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw corrupt(path, error);
  }
}

function corrupt(path: string, error: unknown, row?: number): unknown {
  if (error instanceof RowError) return corrupt(path, error.reason, error.row);
  if (error instanceof FieldError) {
    const { field, reason } = error;
    return new CorruptCheckpointError(path, reason, { row, ...(field !== "" && { field }) });
  }
  if (error instanceof Damage) return new CorruptCheckpointError(path, error.message, { cause: error.cause });
  if (error instanceof Truncated) return new CorruptCheckpointError(path, "its metadata is cut off");
  return error;
}
