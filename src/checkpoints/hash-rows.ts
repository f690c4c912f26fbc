import { breathe } from "../formats/columnar/breathe.js";
import { RowHash } from "../rows/row-hash.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";
import { rowTypeOf } from "./row-type-of.js";

/** How many rows apart the event loop is looked at: a batch of long ones takes longer to hash than to read. */
const BREATH_ROWS = 32;

/** The `rowHash` that opened rows have, whatever is said of them. Decodes every row. */
export async function hashRows(opened: OpenCheckpoint, signal: AbortSignal | undefined): Promise<string> {
  const { columns } = await rowTypeOf(opened, signal);
  const hash = new RowHash(columns);
  for await (const batch of opened.batches({ signal })) {
    for (const [index, row] of batch.entries()) {
      hash.add(row);
      if (index % BREATH_ROWS === 0) await breathe();
    }
  }
  return hash.digest();
}
