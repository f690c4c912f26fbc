import type { FieldError } from "../../rows/field-error.js";

/** Why bytes are not the Parquet file they claim to be. Becomes a `CorruptCheckpointError` where file and row are known. */
export class Damage extends Error {}

export function damaged(reason: string): never {
  throw new Damage(reason);
}

/** A value that is not what its column says, and the row it is in. */
export class RowError extends Error {
  readonly row: number;
  readonly reason: FieldError;
  constructor(row: number, reason: FieldError) {
    super(reason.message);
    this.row = row;
    this.reason = reason;
  }
}
