import type { Row } from "../rows/column.js";
import { addFields, inferRowType, jsonRowType } from "../rows/infer-row-type.js";
import { type RowType, type RowTypeInput, resolveRowType } from "../rows/row-type.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";
import { builtinRowType } from "./read-by-name.js";

/** What opened rows are: what they were saved as, or their file says, or, which costs reading them all, any JSON in all the fields they have. */
export async function rowTypeOf({ info, batches }: OpenCheckpoint, signal: AbortSignal | undefined): Promise<RowType> {
  const { name, rowType = name, key, columns, schemaHash, revision } = info;
  if (revision || columns.length > 0)
    return {
      name: rowType,
      columns,
      ...(key !== undefined && { key }),
      ...(schemaHash !== undefined && { schemaHash }),
    };
  return await fieldsOf(batches({ signal }), name);
}

async function fieldsOf(batches: AsyncIterable<Row[]>, name: string): Promise<RowType> {
  const fields = new Set<string>();
  for await (const batch of batches) addFields(fields, batch);
  return jsonRowType(name, fields);
}

/** What rows are saved as: what was said, else what the name says, else what is found in all of them; undefined where they are not all there yet. */
export function rowTypeToSave(type: RowTypeInput, name: string, rows: unknown): RowType | undefined {
  const given = resolveRowType(type, name) ?? builtinRowType(name);
  return given ?? (Array.isArray(rows) ? inferRowType(name, rows as Row[]) : undefined);
}
