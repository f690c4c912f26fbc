import type { Row } from "../rows/column.js";
import { addFields, jsonRowType } from "../rows/infer-row-type.js";
import type { RowType } from "../rows/row-type.js";

/** A row type of all fields that rows have; costs reading them all. */
export async function fieldsOf(batches: AsyncIterable<Row[]>, name: string): Promise<RowType> {
  const fields = new Set<string>();
  for await (const batch of batches) addFields(fields, batch);
  return jsonRowType(name, fields);
}
