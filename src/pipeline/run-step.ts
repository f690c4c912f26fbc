import type { CheckpointManager } from "../checkpoints/checkpoint-manager.js";
import { jsonlFormat } from "../formats/jsonl.js";
import type { Row } from "../rows/column.js";
import type { RowType } from "../rows/row-type.js";
import type { OnPipelineEvent } from "./event.js";
import type { StepFingerprint } from "./fingerprint.js";
import { type Decision, decideStep } from "./plan.js";
import type { StepName } from "./step.js";

/** What every public step function takes besides its own options. */
export interface StepOptions {
  /** Where rows are kept and found again. Without one everything is made anew. */
  checkpointManager?: CheckpointManager | undefined;
  onEvent?: OnPipelineEvent | undefined;
  signal?: AbortSignal | undefined;
}

export const STEP_OPTIONS = ["checkpointManager", "onEvent", "signal"] as const;

export type OnProgress = (done: number, total?: number) => void;

export interface StepWork<R> extends StepOptions {
  step: StepName;
  type: RowType<R>;
  fingerprint: StepFingerprint;
  /** How many units of progress there will be, if known. */
  total?: number;
  make: (context: { onProgress: OnProgress; signal: AbortSignal | undefined }) => Promise<R[]>;
  /** Whether rows that were made elsewhere belong to this input, so that they can be taken over. */
  belongs: (rows: readonly R[]) => boolean | Promise<boolean>;
}

/** Pair a step with a manager: reuse what is fresh, adopt what was made elsewhere, else make all rows and save them. */
export async function runStep<R>(work: StepWork<R>): Promise<R[]> {
  const { step, type, fingerprint, checkpointManager, onEvent, signal } = work;
  signal?.throwIfAborted();
  const stored = await checkpointManager?.getCheckpointInfo(step);
  let decision = decideStep(step, stored, fingerprint);
  if (checkpointManager && decision.action !== "make") {
    const rows = await takeOver(work, checkpointManager, decision);
    if (rows) return rows;
    decision = { step, action: "make", because: "stale", reasons: ["the rows that are there belong to another input"] };
  }
  onEvent?.({ type: "decision", decision });
  return await timed(work, false, async () => {
    const rows = await work.make({
      signal,
      onProgress: (done, total = work.total) => onEvent?.({ type: "progress", step, done, total }),
    });
    await checkpointManager?.saveCheckpoint<RowType<R>>(step, rows as never, type, {
      madeFrom: fingerprint,
      ...(signal && { signal }),
    });
    return rows;
  });
}

async function takeOver<R>(
  work: StepWork<R>,
  manager: CheckpointManager,
  decision: Decision,
): Promise<R[] | undefined> {
  const { step, type, fingerprint, onEvent, signal, belongs } = work;
  const rows = (await manager.loadCheckpoint(step, type as RowType<unknown>, { ...(signal && { signal }) })) as
    | R[]
    | undefined;
  if (!rows) return undefined;
  if (decision.action === "adopt") {
    if (!(await belongs(rows))) return undefined;
    await manager.adoptCheckpoint(step, type as RowType<unknown>, {
      madeFrom: { ...fingerprint, adopted: true },
      ...(signal && { signal }),
    });
  }
  onEvent?.({ type: "decision", decision });
  return await timed(work, true, async () => rows);
}

async function timed<R>({ step, total, onEvent }: StepWork<R>, reused: boolean, act: () => Promise<R[]>): Promise<R[]> {
  onEvent?.({ type: "step-start", step, total });
  const started = performance.now();
  const rows = await act();
  onEvent?.({ type: "step-end", step, rows: rows.length, reused, seconds: (performance.now() - started) / 1000 });
  return rows;
}

/** The name of these rows in any format: see `Revision.rowHash`. Costs encoding them. */
export async function rowHashOf<R>(rows: readonly R[], type: RowType<R>): Promise<string> {
  const writer = jsonlFormat.write(type as RowType<unknown> as RowType, { write: async () => {} }, type.name);
  for (let start = 0; start < rows.length; start += 512)
    await writer.write(rows.slice(start, start + 512) as unknown as Row[]);
  return (await writer.finish()).rowHash;
}

export function hasSameKeys(a: Iterable<string>, b: Iterable<string>): boolean {
  const left = new Set(a);
  const right = new Set(b);
  return left.size === right.size && [...left].every((key) => right.has(key));
}
