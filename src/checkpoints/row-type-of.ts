import type { Row } from "../rows/column.js";
import { addFields, jsonRowType } from "../rows/infer-row-type.js";
import type { RowType } from "../rows/row-type.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";

/** What opened rows are: what they were saved as, or their file says, or, which costs reading them all, any JSON in all the fields they have. */
export async function rowTypeOf({ info, batches }: OpenCheckpoint, signal: AbortSignal | undefined): Promise<RowType> {
  const { name, rowType = name, key, columns, revision } = info;
  if (revision || columns.length > 0) return { name: rowType, columns, ...(key !== undefined && { key }) };
  return await fieldsOf(batches({ signal }), name);
}

async function fieldsOf(batches: AsyncIterable<Row[]>, name: string): Promise<RowType> {
  const fields = new Set<string>();
  for await (const batch of batches) addFields(fields, batch);
  return jsonRowType(name, fields);
}
