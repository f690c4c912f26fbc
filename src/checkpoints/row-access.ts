import type { BatchOptions, RowReader } from "../formats/format.js";
import type { Row } from "../rows/column.js";
import { assertKnownOptions } from "./options.js";

export interface RowOptions<Name extends string = string> extends Omit<BatchOptions, "columns"> {
  /** Only these fields, in the order of the row type; formats with columns read no others. */
  columns?: readonly Name[] | undefined;
}

const ROW_OPTIONS = ["columns", "where", "rowStart", "rowEnd", "signal"] as const;

/** How whoever has opened a checkpoint reads the rows of a reader. */
export function rowAccess(
  name: string,
  reader: RowReader,
): {
  batches(options?: RowOptions): AsyncGenerator<Row[]>;
  rows(options?: RowOptions): AsyncGenerator<Row>;
} {
  async function* batches(options: RowOptions = {}): AsyncGenerator<Row[]> {
    assertKnownOptions(`read checkpoint "${name}"`, options, ROW_OPTIONS);
    options.signal?.throwIfAborted();
    yield* reader.batches(options);
  }
  return { batches, rows: (options) => flattened(batches(options)) };
}

/** Reads every row. */
export async function countRows(reader: RowReader, signal: AbortSignal | undefined): Promise<number> {
  signal?.throwIfAborted();
  let rows = 0;
  for await (const batch of reader.batches({ signal })) rows += batch.length;
  return rows;
}

export async function* flattened<R>(batches: AsyncIterable<R[]>): AsyncGenerator<R> {
  for await (const batch of batches) yield* batch;
}
