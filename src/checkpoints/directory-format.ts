import { CorruptCheckpointError, NewerFormatError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import { FORMAT_PATH } from "./layout.js";
import { publishSmall } from "./publish-small.js";
import { readWhole } from "./read-whole.js";

/** Of what is below `.kura/`. Raised when an older version could misread it. */
export const DIRECTORY_FORMAT = 1;

/** More than a version number ever is. */
const MOST_BYTES = 20;
/** No checkpoint's lock is called so. */
const LOCK_NAME = ".format";

/**
 * @throws {NewerFormatError} If a newer version wrote here.
 * @throws {CorruptCheckpointError} If nobody can tell who did.
 */
export async function assertKnownFormat(storage: Storage): Promise<void> {
  await foundFormat(storage);
}

/** Say which format the directory has, once. Only under a lock. */
export async function writeFormat(storage: Storage): Promise<void> {
  if (await foundFormat(storage)) return;
  // Checkpoints have a lock each, and this file is one for all.
  const lock = await storage.lock(LOCK_NAME);
  try {
    if (await foundFormat(storage)) return;
    await storage.remove(`${FORMAT_PATH}.tmp`);
    await publishSmall(storage, FORMAT_PATH, Buffer.from(`${DIRECTORY_FORMAT}\n`));
  } finally {
    await lock.release();
  }
}

/** @throws If the directory cannot be used, or not be written to. */
export async function assertWritable(storage: Storage): Promise<void> {
  await assertKnownFormat(storage);
  await (await storage.lock(LOCK_NAME)).release();
}

async function foundFormat(storage: Storage): Promise<boolean> {
  const bytes = await readWhole(storage, FORMAT_PATH, MOST_BYTES);
  if (!bytes) return false;
  const text = Buffer.from(bytes).toString("utf8").trim();
  const format = /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
  if (format !== undefined && format <= DIRECTORY_FORMAT) return true;
  if (format !== undefined) throw new NewerFormatError(`${storage.label}/.kura`, text, DIRECTORY_FORMAT);
  throw new CorruptCheckpointError(
    `${storage.label}/${FORMAT_PATH}`,
    `it should be the number of a format and is ${JSON.stringify(text)}; if no newer kura-ts wrote it, remove it: it is made again`,
  );
}
