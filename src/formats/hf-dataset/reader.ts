import { RowTypeMismatchError } from "../../errors.js";
import type { Column, Columns, Row } from "../../rows/column.js";
import { describeType } from "../../rows/describe-column.js";
import { FieldError, within } from "../../rows/field-error.js";
import { hasVectors } from "../../rows/row-hash.js";
import { breathe } from "../columnar/breathe.js";
import { inFile } from "../columnar/corrupt.js";
import { damaged, RowError } from "../columnar/damage.js";
import { inSteps, type Pace } from "../columnar/pace.js";
import { chosen, emptyRows, isInOrder, pick, type Selection, selection } from "../columnar/selection.js";
import { setMember } from "../columnar/set-member.js";
import type { BatchOptions, ReadOptions } from "../format.js";
import { assertRowRange } from "../projection.js";
import type { Escort, OpenStepped } from "../scout/stepped.js";
import type { ColumnAccess, Values } from "./access.js";
import type { ArrowField } from "./arrow-schema.js";
import { BatchBytes, bytesOf } from "./batch-bytes.js";
import { compileAccess } from "./column-access.js";
import { type OpenedDataset, type OpenedShard, openDataset } from "./dataset.js";
import { DictionaryReader } from "./dictionary-reader.js";
import { kuraLoss, kuraNulls } from "./python-kura.js";
import { safeLongs } from "./safe-longs.js";
import { Scratch } from "./scratch.js";
import { type BatchPlace, batchesWithin } from "./shard.js";
import { storedColumns } from "./stored-columns.js";
import { Stretch } from "./stretch.js";

/** Rows handed on at once, so that what was decoded can be dropped before more is; fewer where so many bytes of them are in the batch. */
const STEP_ROWS = 512;
const STEP_BYTES = 4 << 20;

/** A dataset that was opened, and how its columns become those of rows. */
interface Table {
  readonly dataset: OpenedDataset;
  readonly options: ReadOptions;
  readonly columns: Columns;
  /** By name, with their place in the schema; undefined for a column that the dataset does not have, whose values are null. */
  readonly accesses: ReadonlyMap<string, StoredColumn | undefined>;
  /** Whether any of them has views of what was read. */
  readonly isKept: boolean;
  /** Of a reading that has ended, for the next. */
  readonly scratches: Scratch[];
}

interface StoredColumn {
  readonly index: number;
  readonly access: ColumnAccess;
  /** Its values are views of what was read. */
  readonly isKept: boolean;
}

export function openStepped(split: string | undefined): OpenStepped {
  return async (head, options, openPart) => {
    const dataset = await openDataset({ source: head, path: options.path }, openPart, split);
    const table = await planTable(dataset, options);
    return {
      columns: table.columns,
      rowCount: dataset.rowCount,
      split: dataset.split,
      isVerified: options.pieces !== undefined && dataset.shards.every(({ isVerified }) => isVerified),
      batches: (batchOptions, escort) => readBatches(guarded(table, escort), batchOptions, escort?.pace),
    };
  };
}

function guarded(table: Table, escort: Escort | undefined): Table {
  if (!escort?.guard) return table;
  const shards = table.dataset.shards.map((shard) => ({
    ...shard,
    source: escort.guard?.(shard.source, shard.name) ?? shard.source,
  }));
  return { ...table, dataset: { ...table.dataset, shards } };
}

/** Memory is a batch, of which columns that are not asked for are not read, or some that are 8 MB together. */
async function planTable(dataset: OpenedDataset, options: ReadOptions): Promise<Table> {
  const { type } = options;
  if (type) return typedTable(dataset, options, type.columns, type.name);
  const { declared } = dataset;
  try {
    if (declared) return compileTable(dataset, options, { columns: declared.columns, isTyped: true });
  } catch (error) {
    // What it says of its columns is not what they are: somebody changed it.
    if (!(error instanceof RowTypeMismatchError)) throw error;
  }
  const scratch = new Scratch();
  const isSafe = await inFile(options.path, () => safeLongs(dataset, scratch));
  const columns = storedColumns(dataset.fields, isSafe);
  const table = compileTable(dataset, options, { columns, isTyped: false, isSafe });
  return { ...table, scratches: [scratch] };
}

function typedTable(dataset: OpenedDataset, options: ReadOptions, columns: Columns, name: string): Table {
  const unknown = new Set<string>();
  const nulls = dataset.declared ? undefined : kuraNulls(name, dataset.fields);
  const loss = dataset.declared ? undefined : kuraLoss(name, dataset.fields);
  const table = compileTable(dataset, options, {
    columns,
    isTyped: true,
    isNull: nulls,
    onUnknownField: (field) => unknown.add(field),
  });
  if (loss !== undefined) options.onAltered?.(loss);
  for (const field of dataset.fields) if (!table.accesses.has(field.name)) unknown.add(field.name);
  if (unknown.size > 0 && !options.trusted) options.onUnknownFields?.([...unknown]);
  return table;
}

interface Plan {
  readonly columns: Columns;
  readonly isTyped: boolean;
  readonly isSafe?: (field: ArrowField) => boolean;
  /** What values of some columns stand for null, as Python's Kura has it. */
  readonly isNull?: ReadonlyMap<string, (value: unknown) => boolean> | undefined;
  readonly onUnknownField?: (field: string) => void;
}

function compileTable(dataset: OpenedDataset, options: ReadOptions, plan: Plan): Table {
  const { columns, isTyped, isSafe = () => false, isNull, onUnknownField = () => {} } = plan;
  const { path, trusted } = options;
  const accesses = columns.map((column): [string, StoredColumn | undefined] => {
    const index = dataset.fields.findIndex(({ name }) => name === column.name);
    const field = dataset.fields[index];
    if (!field) return [column.name, missing(column, path)];
    const access = compileAccess(field, column, column.name, {
      path,
      isTrusted: trusted,
      isTyped,
      isSafe,
      onUnknownField,
      isJsonPairs: dataset.declared !== undefined,
      isNull: isNull?.get(column.name),
    });
    return [column.name, { index, access, isKept: hasVectors([column]) }];
  });
  const isKept = accesses.some(([, column]) => column?.isKept);
  return { dataset, options, columns, accesses: new Map(accesses), isKept, scratches: [] };
}

function missing(column: Column, path: string): undefined {
  if (column.nullable) return undefined;
  throw RowTypeMismatchError.of(JSON.stringify(path), column.name, "nothing", describeType(column));
}

/** @param pace What waits for others, or lets them wait. */
async function* readBatches(
  table: Table,
  { columns, where, rowStart = 0, rowEnd = Number.POSITIVE_INFINITY, signal }: BatchOptions,
  pace?: Pace,
): AsyncGenerator<Row[]> {
  assertRowRange(rowStart, rowEnd);
  const select = selection(table.columns, table.options, { columns, where });
  const isCopied = !isInOrder(select.first, select.names);
  // Rows that nobody is given are filled again: most of them are looked at by a condition and left.
  const memory: Row[] | undefined = isCopied && !select.isWhole ? [] : undefined;
  const scratch = table.scratches.pop() ?? new Scratch();
  const inStep = inSteps(pace);
  const needsAll = holdsAll(table, [...select.first, ...select.rest]);
  // Where the last batch was, this one will be.
  let isWhole = needsAll && select.rest.length === 0;
  try {
    for (const shard of table.dataset.shards) {
      const dictionaries = new DictionaryReader(shard);
      const places = batchesWithin(shard.batches, rowStart, rowEnd);
      const stretch = new Stretch(bytesOf(shard.source, signal), places, table.isKept ? undefined : scratch);
      for (const [index, place] of places.entries()) {
        signal?.throwIfAborted();
        const batch = new OpenedBatch(table, shard, { place, index, dictionaries, stretch, scratch, signal, isWhole });
        const end = Math.min(rowEnd, place.rowEnd);
        const stepRows = stepRowsOf(place);
        for (let row = Math.max(rowStart, place.rowStart); row < end; row += stepRows) {
          signal?.throwIfAborted();
          const span = { start: row, end: Math.min(end, row + stepRows), memory };
          const rows = await inStep(() => inFile(shard.path, () => readStep(batch, select, span)));
          await breathe();
          if (rows.length > 0) yield isCopied ? rows.map((one) => pick(one, select.names)) : rows;
        }
        isWhole = needsAll && batch.has(select.rest);
      }
    }
  } finally {
    // One is enough for readings after one another; of many at once the memory would never go.
    if (table.scratches.length === 0) table.scratches.push(scratch);
  }
}

/** Whether these are all that is stored. */
function holdsAll({ dataset, accesses }: Table, names: readonly string[]): boolean {
  return new Set(names.flatMap((name) => accesses.get(name)?.index ?? [])).size === dataset.fields.length;
}

function stepRowsOf({ rowStart, rowEnd, start, end }: BatchPlace): number {
  const rowBytes = (end - start) / (rowEnd - rowStart);
  return Math.max(1, Math.min(STEP_ROWS, Math.floor(STEP_BYTES / Math.max(1, rowBytes))));
}

async function readStep(
  batch: OpenedBatch,
  { first, rest, test, decide }: Selection,
  { start, end, memory }: { start: number; end: number; memory: Row[] | undefined },
): Promise<Row[]> {
  const whole = emptyRows(end - start, memory);
  await batch.load(first);
  for (const name of first) batch.fill(name, whole, start);
  let rows = (await decide(whole, start)) ?? whole;
  if (test) {
    const offsets = chosen(rows, test);
    rows = offsets.map((offset) => rows[offset]!);
    if (rows.length > 0) {
      await batch.load(rest);
      for (const name of rest) batch.fill(name, rows, start, offsets);
    }
  }
  return rows;
}

interface Where {
  readonly place: BatchPlace;
  /** Among those that are read. */
  readonly index: number;
  readonly dictionaries: DictionaryReader;
  readonly stretch: Stretch;
  readonly scratch: Scratch;
  readonly signal: AbortSignal | undefined;
  /** All of its columns will be needed. */
  readonly isWhole: boolean;
}

/** One batch, whose columns are read when they are first needed. */
class OpenedBatch {
  readonly #table: Table;
  readonly #shard: OpenedShard;
  readonly #where: Where;
  readonly #values = new Map<string, Values | undefined>();
  #bytes: BatchBytes | undefined;

  constructor(table: Table, shard: OpenedShard, where: Where) {
    this.#table = table;
    this.#shard = shard;
    this.#where = where;
  }

  async load(names: readonly string[]): Promise<void> {
    const wanted = names.filter((name) => !this.#values.has(name));
    if (wanted.length === 0) return;
    const { fields } = this.#shard;
    const { place, dictionaries, scratch } = this.#where;
    this.#bytes ??= await this.#open();
    const stored = wanted.flatMap((name) => this.#table.accesses.get(name) ?? []);
    const isKept = stored.some((column) => column.isKept);
    const buffers = await this.#bytes.load(
      stored.map(({ index }) => index),
      isKept ? undefined : scratch,
    );
    const lookUp = await dictionaries.before(
      place,
      stored.map(({ index }) => fields[index]!),
    );
    for (const name of wanted) {
      const column = this.#table.accesses.get(name);
      this.#values.set(name, column?.access.open(buffers.get(column.index)!(), lookUp));
      // Batches of others may have millions of rows.
      const turn = breathe();
      if (turn) await turn;
    }
  }

  has(names: readonly string[]): boolean {
    return names.every((name) => this.#values.has(name));
  }

  async #open(): Promise<BatchBytes> {
    const { source, extents } = this.#shard;
    const { place, index, stretch, scratch, signal, isWhole } = this.#where;
    const isHeld = stretch.holds(place);
    if (!isHeld) scratch.reset();
    const file = isHeld || isWhole ? await stretch.open(index) : bytesOf(source, signal);
    const bytes = await BatchBytes.open(file, place, extents);
    const rows = place.rowEnd - place.rowStart;
    if (bytes.rows !== rows) damaged(`it has a batch of ${bytes.rows} rows where ${rows} should be`);
    return bytes;
  }

  /** @param offsets Which rows of those from `firstRow` on `rows` are; all where none are given. */
  fill(name: string, rows: readonly Row[], firstRow: number, offsets?: readonly number[]): void {
    const at = this.#values.get(name)?.at ?? (() => null);
    const { rowStart } = this.#where.place;
    const from = firstRow - rowStart;
    let index = 0;
    try {
      for (; index < rows.length; index++) {
        const value = at(from + (offsets ? offsets[index]! : index));
        if (name === "__proto__") setMember(rows[index]!, name, value);
        else rows[index]![name] = value;
      }
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      throw new RowError(firstRow + (offsets?.[index] ?? index), within(name, error) as FieldError);
    }
  }
}
