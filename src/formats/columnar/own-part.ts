import { StorageError } from "../../errors.js";

/**
 * Load what lies in a file of its own beside a package's code. Where it is not there, nothing is said of the rows.
 *
 * @throws {StorageError} Whatever `load` throws.
 */
export async function withOwnPart<T>(part: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw noOwnPart(part, error);
  }
}

export function noOwnPart(part: string, cause?: unknown): StorageError {
  const why = cause instanceof Error ? cause.message : "it ended at once";
  return new StorageError("start", part, `${why}; ${WAYS_OUT}`, cause);
}

const WAYS_OUT =
  'in a program that was bundled leave kura-ts outside of the bundle (docs/checkpoints.md, "Bundled programs"); under Node\'s permissions allow child processes and threads (--allow-child-process --allow-worker)';
