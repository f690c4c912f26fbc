import type { ByteSink } from "../bytes/byte-source.js";
import type { Row } from "../rows/column.js";
import { inferRowType } from "../rows/infer-row-type.js";
import type { RowType } from "../rows/row-type.js";
import type { Contents } from "./commit.js";
import { type Fingerprint, rowTypeRecord } from "./manifest.js";
import type { Place } from "./place.js";

export interface WriteRowsOptions {
  sink: ByteSink;
  /** Without one, each field of the first batch becomes a column of JSON values. */
  type: RowType | undefined;
  fingerprint?: Fingerprint | undefined;
  missing?: readonly string[] | undefined;
}

/** @throws {InvalidRowError} At the first row that its type or the format cannot hold. */
export async function writeRows(
  { format, name }: Place,
  batches: AsyncIterable<Row[]>,
  { sink, type, fingerprint, missing = [] }: WriteRowsOptions,
): Promise<Contents> {
  const rest = batches[Symbol.asyncIterator]();
  try {
    let next = await rest.next();
    const rowType = type ?? inferRowType(name, next.done ? [] : next.value);
    const writer = format.write(rowType, sink, `checkpoint "${name}"`);
    for (; !next.done; next = await rest.next()) await writer.write(next.value);
    const { rows, pieces, rowHash } = await writer.finish();
    return { rows, pieces, rowHash, rowType: rowTypeRecord(rowType), missing, ...(fingerprint && { fingerprint }) };
  } finally {
    await rest.return?.();
  }
}
