import type { Columns, Row } from "./column.js";
import type { StandardSchema } from "./standard-schema.js";

/**
 * What rows of one kind look like. Plain data but for `schema`, which is only consulted for refinements and transforms:
 * at save always, on load when bytes are unverified.
 */
export interface RowType<R = Row> {
  readonly name: string;
  readonly columns: Columns;
  /** The field that tells rows apart, if there is one. */
  readonly key?: string;
  readonly schema?: StandardSchema<unknown>;
  /** Phantom: carries R for inference, never set. */
  readonly _row?: R;
}
