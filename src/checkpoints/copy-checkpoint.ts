import { CorruptCheckpointError, MissingCheckpointError } from "../errors.js";
import type { Row } from "../rows/column.js";
import type { BaseCheckpointManager } from "./base-checkpoint-manager.js";
import { hashRows } from "./hash-rows.js";
import type { CheckpointInfo } from "./info.js";
import type { OpenCheckpoint } from "./open-checkpoint.js";
import { assertKnownOptions } from "./options.js";
import { rowTypeOf } from "./row-type-of.js";

export interface CopyOptions {
  /** Rows that were written. */
  onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Save a checkpoint by another manager, in its format, with all that is known of it: row type, what it was made from, which keys are
 * missing. Then what was saved is read, and compared with what was to be. Memory is a batch of rows. The source stays.
 *
 * @returns What is known of the copy.
 * @throws {MissingCheckpointError} If there is nothing to copy.
 * @throws {CorruptCheckpointError} If the source is damaged: then the target stays as it was. If the copy does not read as it should.
 * @throws {InvalidRowError} If the target's format cannot hold a row.
 */
export async function copyCheckpoint(
  from: BaseCheckpointManager,
  to: BaseCheckpointManager,
  name: string,
  options: CopyOptions = {},
): Promise<CheckpointInfo> {
  assertKnownOptions(`copy checkpoint "${name}"`, options, ["onProgress", "signal"]);
  const { onProgress, signal } = options;
  const source = await from.openCheckpoint(name, undefined, { signal });
  if (!source) throw new MissingCheckpointError(name, `"${from.location}"`);
  try {
    const { fingerprint, missing, rows: total, revision } = source.info;
    const copy = await to.saveCheckpoint(
      name,
      counted(source, { onProgress, signal, total }),
      await rowTypeOf(source, signal),
      {
        madeFrom: fingerprint,
        missing,
        signal,
      },
    );
    if (!to.enabled) return copy;
    const written = copy.revision?.rowHash;
    if (revision && written !== revision.rowHash)
      throw wrongCopy(copy, to, `the rows hash to ${written}, not to ${revision.rowHash}`);
    const read = await rowHashOf(to, name, signal);
    if (read !== written) throw wrongCopy(copy, to, `what was written reads back as ${read}, not as ${written}`);
    return copy;
  } finally {
    await source.close();
  }
}

/** The `rowHash` that the rows on disk have now, whatever their manifest says; every byte of them is read. */
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

async function* counted(
  source: OpenCheckpoint,
  { onProgress, signal, total }: CopyOptions & { total: number | undefined },
): AsyncGenerator<Row> {
  let done = 0;
  for await (const batch of source.batches({ signal })) {
    yield* batch;
    done += batch.length;
    onProgress?.(done, total);
  }
}

function wrongCopy(
  { files }: CheckpointInfo,
  { location }: BaseCheckpointManager,
  reason: string,
): CorruptCheckpointError {
  return new CorruptCheckpointError(`${location}/${files[0]}`, `${reason}; it is no copy, and the source is as it was`);
}
