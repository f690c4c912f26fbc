import { CorruptCheckpointError, MissingCheckpointError } from "../errors.js";
import type { BaseCheckpointManager } from "./base-checkpoint-manager.js";
import { hashRows } from "./hash-rows.js";
import type { CheckpointInfo } from "./info.js";
import { rowTypeOf } from "./row-type-of.js";
import { countedRows, type SendOptions, sendCheckpoint } from "./send-checkpoint.js";

export interface CopyOptions extends SendOptions {
  /** As a new revision, also where the same is there already: beside what it is made from, it is what was saved last. */
  asNew?: boolean | undefined;
}

/**
 * Write a checkpoint by another manager, in its format, with all that is known of it; then read what was written, and compare its rows with
 * those that were to be written. The source stays.
 *
 * @returns What is known of the copy.
 * @throws {MissingCheckpointError} If there is nothing to copy.
 * @throws {DivergedError} Without `replace` and `asNew`, if the other place has rows that this one has not: they stand.
 * @throws {CorruptCheckpointError} If the source is damaged: then the target stays as it was. If the copy does not read as it should.
 * @throws {InvalidRowError} If the target's format cannot hold a row.
 */
export async function copyCheckpoint(
  from: BaseCheckpointManager,
  to: BaseCheckpointManager,
  name: string,
  { asNew = false, ...options }: CopyOptions = {},
): Promise<CheckpointInfo> {
  const copy = asNew ? await saveAnew(from, to, name, options) : (await sendCheckpoint(from, to, name, options)).info;
  // Another program's, and nothing was written: its rows are known to be these.
  if (!copy.revision) return copy;
  const read = await rowHashOf(to, name, options.signal);
  const written = copy.revision.rowHash;
  if (read === written) return copy;
  throw wrongCopy(copy, to, `what was written reads back as ${read}, not as ${written}`);
}

async function saveAnew(
  from: BaseCheckpointManager,
  to: BaseCheckpointManager,
  name: string,
  options: SendOptions,
): Promise<CheckpointInfo> {
  const { signal } = options;
  const source = await from.openCheckpoint(name, undefined, { signal });
  if (!source) throw new MissingCheckpointError(name, `"${from.location}"`);
  try {
    const { fingerprint, missing, revision } = source.info;
    const type = await rowTypeOf(source, signal);
    const copy = await to.saveCheckpoint(name, countedRows(source, options), type, {
      madeFrom: fingerprint,
      missing,
      signal,
    });
    const written = copy.revision?.rowHash;
    if (revision && written !== revision.rowHash)
      throw wrongCopy(copy, to, `the rows hash to ${written}, not to ${revision.rowHash}`);
    return copy;
  } finally {
    await source.close();
  }
}

/** The `rowHash` that the rows on disk have, whatever their manifest says; every byte of them is read. */
async function rowHashOf(
  manager: BaseCheckpointManager,
  name: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const opened = await manager.openCheckpoint(name, undefined, { signal });
  try {
    return opened && (await hashRows(opened, signal));
  } finally {
    await opened?.close();
  }
}

function wrongCopy(
  { files }: CheckpointInfo,
  { location }: BaseCheckpointManager,
  reason: string,
): CorruptCheckpointError {
  return new CorruptCheckpointError(`${location}/${files[0]}`, `${reason}; it is no copy, and the source is as it was`);
}
