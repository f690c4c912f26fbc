import { RowHash } from "../rows/row-hash.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";
import { rowTypeOf } from "./row-type-of.js";

/** The `rowHash` that opened rows have, whatever is said of them. Decodes every row. */
export async function hashRows(opened: OpenCheckpoint, signal: AbortSignal | undefined): Promise<string> {
  const { columns } = await rowTypeOf(opened, signal);
  const hash = new RowHash(columns);
  for await (const batch of opened.batches({ signal })) for (const row of batch) hash.add(row);
  return hash.digest();
}
