import { CorruptCheckpointError } from "../../errors.js";
import { FieldError } from "../../rows/field-error.js";
import { Damage, RowError } from "./damage.js";

/** Whatever shows that bytes are no such file is one error, which names the file. */
export async function inFile<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw corrupt(path, error);
  }
}

export function corrupt(path: string, error: unknown, row?: number): unknown {
  if (error instanceof RowError) return corrupt(path, error.reason, error.row);
  if (error instanceof FieldError) {
    const { field, reason } = error;
    return new CorruptCheckpointError(path, reason, { row, ...(field !== "" && { field }) });
  }
  if (error instanceof Damage) return new CorruptCheckpointError(path, error.message, { cause: error.cause });
  return error;
}
