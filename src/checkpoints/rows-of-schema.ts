import { isDeepStrictEqual } from "node:util";
import { RowTypeMismatchError } from "../errors.js";
import { pick } from "../formats/columnar/selection.js";
import type { BatchOptions, RowReader } from "../formats/format.js";
import { projectedNames } from "../formats/projection.js";
import type { Row } from "../rows/column.js";
import { compileCondition } from "../rows/condition.js";
import { FieldError } from "../rows/field-error.js";
import { type StandardSchema, validateRow } from "../rows/standard-schema.js";

/**
 * Rows that were saved under another schema, as rows of this one: it has to leave each as it is, since reading does not alter what was
 * saved. It may look at any field, so they are read whole.
 *
 * @throws {RowTypeMismatchError} On reading, at the first row that it refuses, or would change.
 */
export function rowsOfSchema(name: string, reader: RowReader, schema: StandardSchema): RowReader {
  const { columns, rowCount, split } = reader;
  async function* batches({ columns: wanted, where, ...range }: BatchOptions): AsyncGenerator<Row[]> {
    const names = wanted && projectedNames(columns, wanted);
    const test = where && compileCondition(where, columns).test;
    let number = range.rowStart ?? 0;
    for await (const batch of reader.batches(range)) {
      for (const row of batch) await assertLeft(name, schema, row, number++);
      const met = test ? batch.filter(test) : batch;
      if (met.length > 0) yield names ? met.map((row) => pick(row, names)) : met;
    }
  }
  return { columns, rowCount, split, batches };
}

async function assertLeft(name: string, schema: StandardSchema, row: Row, number: number): Promise<void> {
  try {
    const made = await validateRow(schema, row);
    const field = Object.keys(row).find((field) => !isDeepStrictEqual(row[field], made?.[field]));
    if (field !== undefined) throw new FieldError(field, "the schema would make another value of what was saved");
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const { field, reason } = error;
    const where = field === "" ? `row ${number}` : `row ${number}, field "${field}"`;
    throw new RowTypeMismatchError(
      `checkpoint "${name}"`,
      field,
      `${where}, was saved under another schema, and does not fit this one: ${reason}; read it with that one, or with none`,
    );
  }
}
