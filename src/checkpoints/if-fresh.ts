import { StaleCheckpointError } from "../errors.js";
import { fingerprintChanges, fingerprintOf } from "./fingerprint-changes.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";

/**
 * What was opened, if it was made from what is wanted, as far as that is said; else it is closed.
 *
 * @throws {StaleCheckpointError} Else.
 * @throws {TypeError} If what is wanted is no object of plain JSON.
 */
export async function ifFresh<R>(
  opened: OpenCheckpoint<R> | undefined,
  name: string,
  madeFrom: object | undefined,
): Promise<OpenCheckpoint<R> | undefined> {
  if (madeFrom === undefined || !opened) return opened;
  try {
    const wanted = fingerprintOf(madeFrom, `open checkpoint "${name}"`);
    const { fingerprint } = opened.info;
    const changes = fingerprint ? fingerprintChanges(fingerprint, wanted) : ["nothing says what it was made from"];
    if (changes.length > 0) throw new StaleCheckpointError(opened.info.name, changes);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}
