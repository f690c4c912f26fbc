import { InvalidRowError } from "../errors.js";
import type { Row } from "../rows/column.js";

const BATCH_ROWS = 256;

/** Rows that are in batches already, for whoever takes them one by one too. */
export class BatchedRows implements AsyncIterable<Row> {
  readonly batches: () => AsyncGenerator<Row[]>;

  constructor(batches: () => AsyncGenerator<Row[]>) {
    this.batches = batches;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const batch of this.batches()) yield* batch;
  }
}

/**
 * Rows, whatever they come in, in batches; each row is taken once, in order. An abort is noticed while a row is waited for.
 *
 * @throws {TypeError} At once, for what cannot be iterated.
 */
export function rowBatches(rows: unknown, subject: string, signal?: AbortSignal): AsyncGenerator<Row[]> {
  if (typeof rows !== "object" || rows === null || !(Symbol.iterator in rows || Symbol.asyncIterator in rows))
    throw new TypeError(`Cannot save ${subject}: its rows are an array or another iterable, sync or async`);
  if (rows instanceof BatchedRows) return rows.batches();
  // Awaiting every row of a plain iterable would double the time of a save.
  const assertNew = Array.isArray(rows) ? () => {} : newRows(subject);
  if (Symbol.iterator in rows) return syncBatches(rows as Iterable<Row>, assertNew, signal);
  const source = rows as AsyncIterable<Row>;
  return asyncBatches(signal ? abortable(source, signal) : source, assertNew);
}

/** Of one object that is filled anew for each row, a batch would be so many times the last one. */
function newRows(subject: string): (row: Row) => void {
  let count = 0;
  let last: Row | undefined;
  return (row) => {
    if (row === last && typeof row === "object")
      throw new InvalidRowError(
        subject,
        count,
        "",
        "it is the same object as the row before; give each row one of its own",
      );
    last = row;
    count += 1;
  };
}

async function* syncBatches(
  rows: Iterable<Row>,
  assertNew: (row: Row) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row[]> {
  signal?.throwIfAborted();
  let batch: Row[] = [];
  for (const row of rows) {
    assertNew(row);
    if (batch.push(row) < BATCH_ROWS) continue;
    yield batch;
    signal?.throwIfAborted();
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* asyncBatches(rows: AsyncIterable<Row>, assertNew: (row: Row) => void): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  for await (const row of rows) {
    assertNew(row);
    if (batch.push(row) < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * The same rows; waiting for one ends with the signal. The source is then told to close and not waited for: it may be stuck, and its
 * `return` with it.
 */
function abortable(rows: AsyncIterable<Row>, signal: AbortSignal): AsyncIterable<Row> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = rows[Symbol.asyncIterator]();
      const close = async () => {
        await iterator.return?.();
        return { done: true, value: undefined } as const;
      };
      return {
        next: () =>
          new Promise((resolve, reject) => {
            const stop = () => {
              reject(signal.reason);
              close().catch(() => {});
            };
            if (signal.aborted) return stop();
            // A listener for each row, removed with it: one promise for all would hold on to what every row left there.
            signal.addEventListener("abort", stop, { once: true });
            const settled = () => signal.removeEventListener("abort", stop);
            iterator.next().then(resolve, reject).finally(settled);
          }),
        return: close,
      };
    },
  };
}
