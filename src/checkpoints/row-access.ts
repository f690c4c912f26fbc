import type { BatchOptions, RowReader } from "../formats/format.js";
import type { Row } from "../rows/column.js";
import { assertKnownOptions } from "./options.js";

export interface RowOptions<Name extends string = string> extends Omit<BatchOptions, "columns"> {
  /** Only these fields, in the order of the row type; formats with columns read no others. */
  columns?: readonly Name[] | undefined;
}

const ROW_OPTIONS = ["columns", "where", "rowStart", "rowEnd", "signal"] as const;

/** Rows of which only these fields are read. */
export type Projected<R, Name extends string> = keyof R extends Name ? R : Pick<R, Name & keyof R>;

export interface RowAccess<R = Row> {
  /** @throws {CorruptCheckpointError} At the first byte that is not what was saved, or row that does not fit. */
  rows<const Name extends keyof R & string = keyof R & string>(
    options?: RowOptions<Name>,
  ): AsyncGenerator<Projected<R, Name>>;
  /** The same rows, some hundreds at a time: a tenth faster. */
  batches<const Name extends keyof R & string = keyof R & string>(
    options?: RowOptions<Name>,
  ): AsyncGenerator<Projected<R, Name>[]>;
}

/** How whoever has opened a checkpoint reads the rows of a reader. */
export function rowAccess(name: string, reader: RowReader): RowAccess {
  async function* batches(options: RowOptions = {}): AsyncGenerator<Row[]> {
    assertKnownOptions(`read checkpoint "${name}"`, options, ROW_OPTIONS);
    options.signal?.throwIfAborted();
    yield* reader.batches(options);
  }
  return accessTo(batches);
}

/** Rows one by one, of whoever gives them in batches. */
export function accessTo(batches: (options?: RowOptions) => AsyncGenerator<Row[]>): RowAccess {
  return { batches, rows: (options?: RowOptions) => flattened(batches(options)) } as RowAccess;
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
