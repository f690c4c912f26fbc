import { randomUUID } from "node:crypto";
import type { Storage } from "../../storage/storage.js";
import { publishSmall } from "../publish-small.js";
import { readWhole } from "../read-whole.js";

const PATH = ".kura/project";
const LOCK_NAME = ".project";
const MOST_BYTES = 100;

/**
 * What tells one directory of checkpoints from others that share its answers, wherever it is moved to; made when first asked for. Copies of
 * a directory have the same.
 */
export async function projectId(storage: Storage): Promise<string> {
  const known = await knownProjectId(storage);
  if (known !== undefined) return known;
  const lock = await storage.lock(LOCK_NAME);
  try {
    const made = await knownProjectId(storage);
    if (made !== undefined) return made;
    const id = randomUUID();
    await storage.remove(`${PATH}.tmp`);
    await publishSmall(storage, PATH, Buffer.from(`${id}\n`));
    return id;
  } finally {
    await lock.release();
  }
}

/** Undefined where nobody has asked for it. */
export async function knownProjectId(storage: Storage): Promise<string | undefined> {
  const bytes = await readWhole(storage, PATH, MOST_BYTES);
  return bytes && Buffer.from(bytes).toString().trim();
}
