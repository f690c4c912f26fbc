import { NewerFormatError, StorageError, UnknownOutcomeError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import { FORMAT_PATH } from "./layout.js";
import { readWhole } from "./read-whole.js";

/** Of what is below `.kura/`. Raised when an older version could misread it. */
export const DIRECTORY_FORMAT = 1;

/** @throws {NewerFormatError} If a newer version wrote here. */
export async function assertKnownFormat(storage: Storage): Promise<void> {
  await foundFormat(storage);
}

/** Say which format the directory has, once. Only under a lock. */
export async function writeFormat(storage: Storage): Promise<void> {
  if (await foundFormat(storage)) return;
  // Checkpoints have a lock each, and this file is one for all.
  const lock = await storage.lock("format");
  const temporary = `${FORMAT_PATH}.tmp`;
  try {
    if (await foundFormat(storage)) return;
    await storage.remove(temporary);
    const staged = await storage.stage(temporary, FORMAT_PATH);
    try {
      await staged.write(Buffer.from(`${DIRECTORY_FORMAT}\n`));
      await staged.seal();
      await staged.publish();
    } catch (error) {
      await staged.discard();
      throw beforeCommit(error, FORMAT_PATH);
    }
  } finally {
    await lock.release();
  }
}

/** A sync that fails before anything of the user's has changed is a plain failure. */
export function beforeCommit(error: unknown, path: string): unknown {
  if (!(error instanceof UnknownOutcomeError)) return error;
  return new StorageError(
    "write",
    path,
    "what describes it could not be made durable; nothing was changed",
    error.cause,
  );
}

async function foundFormat(storage: Storage): Promise<boolean> {
  const bytes = await readWhole(storage, FORMAT_PATH);
  if (!bytes) return false;
  const text = Buffer.from(bytes).toString("utf8").trim();
  const format = Number(text);
  if (Number.isInteger(format) && format >= 1 && format <= DIRECTORY_FORMAT) return true;
  throw new NewerFormatError(`${storage.label}/.kura`, JSON.stringify(text), DIRECTORY_FORMAT);
}
