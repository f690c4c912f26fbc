import type { Columns, Row } from "./column.js";
import type { StandardSchema } from "./standard-schema.js";

/**
 * What rows of one kind look like. Plain data but for `schema`, which is only consulted for refinements and transforms:
 * at save always, on load when bytes are unverified, or were saved under another schema.
 */
export interface RowType<R = Row, G = unknown> {
  readonly name: string;
  readonly columns: Columns;
  /** The field that tells rows apart, if there is one. */
  readonly key?: string;
  readonly schema?: StandardSchema<unknown>;
  /** Under which schema rows were checked, which manifests record: see `schemaHashOf`. Rows of the same are not checked again. */
  readonly schemaHash?: string | undefined;
  /** Phantom: carries R for inference, never set. */
  readonly _row?: R;
  /** The same of what may be given to be saved, where a schema says it. */
  readonly _given?: G;
}
