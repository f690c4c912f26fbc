import { RowTypeMismatchError } from "../errors.js";
import type { Column, Columns, ColumnValue, Row } from "../rows/column.js";
import { describeColumn } from "../rows/describe-column.js";
import type { RowType } from "../rows/row-type.js";
import type { BatchOptions, RowReader } from "./format.js";
import { assertRowRange } from "./projection.js";

/** One file of several; without a type by its own columns. It knows how many rows it has. */
export interface Shard {
  /** How messages call it. */
  readonly path: string;
  open(type: RowType | undefined): Promise<RowReader>;
}

/**
 * Files of one table as if they were one: the rows of each behind those of the one before. All are opened, and kept open, as only all
 * together say whether integers of a column are safe.
 *
 * @param shards At least one.
 * @throws {RowTypeMismatchError} If a file has other columns than the first.
 */
export async function openConcatenated(shards: readonly Shard[], type: RowType | undefined): Promise<RowReader> {
  const opened = await Promise.all(shards.map((shard) => shard.open(type)));
  let { columns } = opened[0]!;
  for (const [index, reader] of opened.entries())
    columns = mergedColumns(columns, reader.columns, JSON.stringify(shards[index]!.path));
  const readers = await Promise.all(
    opened.map((reader, index) =>
      spelled(reader.columns) === spelled(columns) ? reader : shards[index]!.open({ name: "rows", columns }),
    ),
  );
  const counts = readers.map(({ rowCount }) => rowCount!);
  return {
    columns,
    rowCount: counts.reduce((sum, count) => sum + count, 0),
    async *batches(options: BatchOptions): AsyncGenerator<Row[]> {
      const { rowStart = 0, rowEnd = Number.POSITIVE_INFINITY } = options;
      assertRowRange(rowStart, rowEnd);
      let first = 0;
      for (const [index, reader] of readers.entries()) {
        const end = first + counts[index]!;
        if (rowStart < end && first < rowEnd)
          yield* reader.batches({
            ...options,
            rowStart: Math.max(0, rowStart - first),
            rowEnd: Math.min(end, rowEnd) - first,
          });
        first = end;
      }
    },
  };
}

const spelled = (columns: Columns): string =>
  columns.map((column) => `${JSON.stringify(column.name)} ${describeColumn(column)}`).join();

/** Columns that hold what either has. */
function mergedColumns(columns: Columns, others: Columns, subject: string): Columns {
  const refuse = (name: string, stored: Column | undefined, wanted: Column | undefined) =>
    RowTypeMismatchError.of(subject, name, described(stored), described(wanted));
  const extra = others.find(({ name }) => !columns.some((column) => column.name === name));
  if (extra) throw refuse(extra.name, extra, undefined);
  return columns.map((column) => {
    const other = others.find(({ name }) => name === column.name);
    const merged = other && mergedValue(column, other);
    if (!merged) throw refuse(column.name, other, column);
    return { ...merged, name: column.name };
  });
}

const described = (column: Column | undefined): string => (column ? describeColumn(column) : "nothing");

/** undefined where no value can be both. */
function mergedValue(a: ColumnValue, b: ColumnValue): ColumnValue | undefined {
  const nullable = a.nullable || b.nullable ? ({ nullable: true } as const) : {};
  if (a.type === "int64" && b.type === "int64")
    return { type: "int64", ...((a.bigint || b.bigint) && { bigint: true }), ...nullable };
  if (a.type === "list" && b.type === "list") {
    const items = mergedValue(a.items, b.items);
    return items && { type: "list", items, ...nullable };
  }
  if (a.type === "map" && b.type === "map") {
    const values = mergedValue(a.values, b.values);
    return values && { type: "map", values, ...nullable };
  }
  if (a.type === "struct" && b.type === "struct") {
    const fields = a.fields.map((field) => {
      const other = b.fields.find(({ name }) => name === field.name);
      const merged = other && mergedValue(field, other);
      return merged && { ...merged, name: field.name };
    });
    const isWhole = a.fields.length === b.fields.length && fields.every((field) => field !== undefined);
    return isWhole ? { type: "struct", fields: fields as Column[], ...nullable } : undefined;
  }
  return describeColumn({ ...a, nullable: true }) === describeColumn({ ...b, nullable: true })
    ? { ...a, ...nullable }
    : undefined;
}
