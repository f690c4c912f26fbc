import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import { KuraError, MissingCheckpointError } from "../errors.js";
import { jsonlFormat } from "../formats/jsonl.js";
import type { Row } from "../rows/column.js";
import { inferRowType } from "../rows/infer-row-type.js";
import type { RowType } from "../rows/row-type.js";

/** Rows that a step reads: already in memory, or still in a checkpoint, which are then only read if the step is made. */
export interface RowSource<R> {
  /** What these rows are called whatever holds them: see `Revision.rowHash`. */
  rowHash(): Promise<string>;
  /** undefined where nobody has counted them. */
  readonly count: number | undefined;
  /** In order, from the first; each call reads anew. */
  batches(options?: BatchesOptions): AsyncGenerator<R[]>;
  /** All of them. */
  load(signal?: AbortSignal): Promise<readonly R[]>;
}

export interface BatchesOptions {
  /** Only these fields. */
  columns?: readonly (string & {})[] | undefined;
  /** Only these rows, of a source that has a count; the end is not among them. */
  rowStart?: number | undefined;
  rowEnd?: number | undefined;
  signal?: AbortSignal | undefined;
}

const BATCH_ROWS = 512;

export function rowsInMemory<R>(rows: readonly R[], type: RowType<R> | undefined): RowSource<R> {
  let hash: Promise<string> | undefined;
  return {
    count: rows.length,
    rowHash() {
      hash ??= rowHashOf(rows, type);
      return hash;
    },
    async *batches({ signal, rowStart = 0, rowEnd = rows.length } = {}) {
      for (let start = rowStart; start < rowEnd; start += BATCH_ROWS) {
        signal?.throwIfAborted();
        yield rows.slice(start, Math.min(rowEnd, start + BATCH_ROWS));
      }
    },
    load: async () => rows,
  };
}

/**
 * @param known What the manifest says; both are undefined for a file that is not ours, whose rows are then hashed when asked.
 * @throws {KuraError} On reading, if by then other rows were saved there than those that are known.
 */
export function rowsInCheckpoint<R>(
  manager: BaseCheckpointManager,
  name: string,
  type: RowType<R> | undefined,
  known: { rowHash: string | undefined; rows: number | undefined },
): RowSource<R> {
  let hash = known.rowHash === undefined ? undefined : Promise.resolve(known.rowHash);
  const source: RowSource<R> = {
    count: known.rows,
    rowHash() {
      hash ??= source.load().then((rows) => rowHashOf(rows, type));
      return hash;
    },
    async *batches(options = {}) {
      const opened = await manager.openCheckpoint(name, type as RowType<unknown>, { signal: options.signal });
      if (!opened) throw new MissingCheckpointError(name, `"${manager.location}"`);
      try {
        if (known.rowHash !== undefined) assertSame(manager, opened.info, known.rowHash);
        yield* opened.batches(options) as AsyncGenerator<R[]>;
      } finally {
        await opened.close();
      }
    },
    async load(signal) {
      const rows: R[] = [];
      for await (const batch of source.batches({ signal })) for (const row of batch) rows.push(row);
      return rows;
    },
  };
  return source;
}

/**
 * What is made of other rows is not to be said to be made of these.
 *
 * @throws {KuraError} If other rows were saved in their place.
 */
export function assertSame(
  { location }: BaseCheckpointManager,
  { name, revision }: Pick<CheckpointInfo, "name" | "revision">,
  rowHash: string,
): void {
  if (revision?.rowHash === rowHash) return;
  throw new KuraError(
    `Cannot go on with checkpoint "${name}" in "${location}": other rows were saved in their place since, as by another run; give each run a directory of its own, and run again (answers that were paid for are kept)`,
  );
}

/** Costs encoding them. */
export async function rowHashOf<R>(rows: readonly R[], type: RowType<R> | undefined): Promise<string> {
  const rowType = (type as RowType<unknown> as RowType | undefined) ?? inferRowType("rows", rows as Row[]);
  const writer = jsonlFormat.write(rowType, { write: async () => {} }, rowType.name);
  for (let start = 0; start < rows.length; start += BATCH_ROWS)
    await writer.write(rows.slice(start, start + BATCH_ROWS) as unknown as Row[]);
  return (await writer.finish()).rowHash;
}
