import { InvalidRowError } from "../errors.js";
import type { Row } from "../rows/column.js";
import { inferRowType } from "../rows/infer-row-type.js";
import type { RowType } from "../rows/row-type.js";
import type { Contents, NewFiles } from "./commit.js";
import { type Fingerprint, rowTypeRecord } from "./manifest.js";
import type { Place } from "./place.js";
import { builtinRowType } from "./read-by-name.js";

export interface WriteRowsOptions {
  files: NewFiles;
  /** Without one, each field of the first batch becomes a column of JSON values. */
  type: RowType | undefined;
  /** A function is called after the last row. */
  fingerprint?: Fingerprint | ((rowHash: string) => Fingerprint) | undefined;
  missing?: readonly string[] | (() => readonly string[]) | undefined;
}

/** @throws {InvalidRowError} At the first row that its type or the format cannot hold. */
export async function writeRows(
  { format, name }: Place,
  batches: AsyncIterable<Row[]>,
  { files, type, fingerprint: madeFrom, missing = [] }: WriteRowsOptions,
): Promise<Contents> {
  const subject = `checkpoint "${name}"`;
  const rest = batches[Symbol.asyncIterator]();
  try {
    let next = await rest.next();
    const first = next.done ? [] : next.value;
    const rowType = type ?? inferRowType(name, first);
    const writer = format.write(rowType, files.head, subject, files.addPart);
    try {
      for (; !next.done; next = await rest.next()) await writer.write(next.value);
    } catch (error) {
      throw type ? notAsNamed(error, type, name) : lateField(error, rowType, subject, first.length);
    }
    const written = await writer.finish();
    const fingerprint = typeof madeFrom === "function" ? madeFrom(written.rowHash) : madeFrom;
    return {
      ...written,
      rowType: rowTypeRecord(rowType),
      missing: typeof missing === "function" ? missing() : missing,
      ...(fingerprint && { fingerprint }),
    };
  } finally {
    await rest.return?.();
  }
}

/** The way out, where rows were to be one of Kura's because of a name. */
function notAsNamed(error: unknown, type: RowType, name: string): unknown {
  if (!(error instanceof InvalidRowError) || error.row > 0 || type !== builtinRowType(name)) return error;
  const { row, field, reason } = error;
  return new InvalidRowError(
    `checkpoint "${name}"`,
    row,
    field,
    `${reason} (rows of this name are Kura's, unless a row type is given)`,
  );
}

/** The way out, where a row has a field that those rows do not have from which the fields were taken. */
function lateField(error: unknown, { columns }: RowType, subject: string, rows: number): unknown {
  if (!(error instanceof InvalidRowError) || error.field === "") return error;
  const { row, field } = error;
  if (columns.some(({ name }) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`)))
    return error;
  return new InvalidRowError(
    subject,
    row,
    field,
    `none of the first ${rows} rows has this field, and without a row type theirs are all there are; give a row type, or the rows as an array`,
  );
}
