import type { Row } from "../rows/column.js";

const BATCH_ROWS = 256;

/**
 * Rows, whatever they come in, in batches; each row is taken once, in order.
 *
 * @throws {TypeError} For what cannot be iterated.
 */
export async function* rowBatches(rows: unknown, subject: string, signal?: AbortSignal): AsyncGenerator<Row[]> {
  assertRows(rows, subject);
  signal?.throwIfAborted();
  let batch: Row[] = [];
  // Awaiting every row of a plain iterable would double the time of a save.
  if (Symbol.iterator in rows) {
    for (const row of rows as Iterable<Row>) {
      if (batch.push(row) < BATCH_ROWS) continue;
      yield batch;
      signal?.throwIfAborted();
      batch = [];
    }
  } else {
    for await (const row of rows as AsyncIterable<Row>) {
      signal?.throwIfAborted();
      if (batch.push(row) < BATCH_ROWS) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function assertRows(rows: unknown, subject: string): asserts rows is object {
  if (typeof rows === "object" && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows)) return;
  throw new TypeError(`Cannot save ${subject}: its rows are an array or another iterable, sync or async`);
}
