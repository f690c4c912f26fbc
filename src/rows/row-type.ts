import type { Columns, Row } from "./column.js";

/** A schema of any library that implements Standard Schema (https://standardschema.dev), as far as it is used here. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined }[] };

/**
 * What rows of one kind look like. Plain data but for `schema`, which is only consulted for refinements and transforms:
 * at save always, on load when bytes are unverified.
 */
export interface RowType<R = Row> {
  readonly name: string;
  readonly columns: Columns;
  /** The field that tells rows apart, if there is one. */
  readonly key?: string;
  readonly schema?: StandardSchema<R>;
  /** Phantom: carries R for inference, never set. */
  readonly _row?: R;
}
