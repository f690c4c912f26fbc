import { StorageError, UnknownOutcomeError } from "../errors.js";
import type { Storage } from "../storage/storage.js";

/**
 * Write a small file of ours, whole or not at all; durable when it resolves. `temporary` must not exist.
 *
 * @throws {StorageError} If it could not be written or made durable: nothing of the user's has changed then, so that is a plain failure.
 */
export async function publishSmall(
  storage: Storage,
  path: string,
  bytes: Uint8Array,
  temporary = `${path}.tmp`,
): Promise<void> {
  const staged = await storage.stage(temporary, path);
  try {
    await staged.write(bytes);
    await staged.seal();
    await staged.publish();
  } catch (error) {
    await staged.discard();
    if (!(error instanceof UnknownOutcomeError)) throw error;
    const reason = "what describes the rows could not be made durable; nothing was changed";
    throw new StorageError("write", path, reason, error.cause);
  }
}
