import type { Answers } from "../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import type { RowType } from "../rows/row-type.js";
import { ASKING_OPTIONS, type AskingOptions } from "./asking-options.js";
import type { Confirm } from "./before-paying.js";
import type { OnPipelineEvent } from "./event.js";
import type { StepFingerprint } from "./fingerprint.js";
import type { LazyAnswers } from "./lazy-answers.js";
import type { Belonging, Decision, PlanPolicy } from "./plan.js";
import type { RowSource } from "./row-source.js";

/** What every public step function takes besides its own options. */
export interface StepOptions extends AskingOptions {
  /** Where rows are kept and found again. Without one everything is made anew. */
  checkpointManager?: BaseCheckpointManager | undefined;
  /** Rows made from something else: made again (default), taken as they are, or an error. */
  onStale?: PlanPolicy["onStale"] | undefined;
  /** Rows of which nothing says what they were made from: adopted (default) where they belong to the input, made again, or an error. */
  onUnknown?: PlanPolicy["onUnknown"] | undefined;
  onEvent?: OnPipelineEvent | undefined;
  /** Before anything is paid: throw to stop. Default: all is paid for, within `budget`. */
  confirm?: Confirm | undefined;
  signal?: AbortSignal | undefined;
}

/** Besides, what only a whole run can say. */
export interface RunStepOptions extends StepOptions {
  /** Of all steps of the run, which closes them; without these a step opens its own. */
  readonly runAnswers?: LazyAnswers | undefined;
  /** Go on from the earlier vectors and clusters, as far as they hold, instead of making all anew. */
  readonly continue?: boolean | undefined;
  /** Before a step makes its rows: throws where this or a later one could not be made. */
  readonly beforeMaking?: ((step: string) => Promise<void>) | undefined;
  /** Which conversations changed since rows were saved of which nothing says what made them; undefined where nobody can tell. */
  readonly since?:
    | ((savedAt: Date | undefined) => Promise<{ readonly changed: ReadonlySet<string> } | undefined>)
    | undefined;
  readonly only?: PlanPolicy["only"];
  readonly from?: PlanPolicy["from"];
  /** Decide, and make nothing: a step that would be made gives rows of which at most the keys are known. */
  readonly isDryRun?: boolean | undefined;
}

export const STEP_OPTIONS = [
  "checkpointManager",
  "onStale",
  "onUnknown",
  "onEvent",
  "confirm",
  "signal",
  ...ASKING_OPTIONS,
] as const;

export type OnProgress = (done: number, total?: number) => void;

/** What a step is told while it makes its rows. */
export interface MakeContext {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal | undefined;
  /** A row that should be there could not be made: the step goes on without it. */
  readonly onMissing: (key: string) => void;
  /** Something that is only known once rows are made, for the fingerprint; it decides nothing. */
  readonly note: (facts: Readonly<Record<string, unknown>>) => void;
  /** Opened when first asked for; not to be used after the rows are saved. */
  readonly answers: () => Promise<Answers>;
  /** Rows that were made elsewhere, by key: they stay, and the others are made. */
  readonly adopted: ReadonlyMap<string, unknown> | undefined;
}

export interface StepWork<R> extends RunStepOptions {
  /** Also the name of its checkpoint. */
  readonly step: string;
  /** undefined: any JSON. */
  readonly type: RowType<R> | undefined;
  readonly fingerprint: StepFingerprint;
  /** What of it only the rows say. */
  readonly fingerprintOf?: ((rowHash: string) => Partial<StepFingerprint>) | undefined;
  /** How many units of progress there will be, if known. */
  readonly total?: number | undefined;
  readonly make: (context: MakeContext) => Promise<readonly R[]> | AsyncIterable<R>;
  /** Of rows that are made one by one: steps below read all of them, as they are. They come with the fields of their type, in order. */
  readonly keepsRows?: boolean | undefined;
  /** `false`: code of others runs in `make`; see `SaveOptions`. */
  readonly ownRows?: boolean | undefined;
  /** Of rows that were made elsewhere: whether they are of this input, of which the conversations `changed` are not what they were. */
  readonly belongs: (rows: RowSource<R>, changed: ReadonlySet<string>) => Promise<Belonging>;
  /** The field that names a row, where some rows may stay and others be made: see `MakeContext.adopted`. */
  readonly completedBy?: (keyof R & string) | undefined;
  /**
   * Where only the input changed: keys of rows that stay, of those that were made elsewhere and so cannot be made again. undefined where
   * that cannot be told.
   */
  readonly staying?: ((made: StepFingerprint) => Promise<ReadonlySet<string> | undefined>) | undefined;
  /** At least the keys of the rows that would be made; absent where nobody can know them. */
  readonly foresee?: (() => AsyncIterable<R[]>) | undefined;
  /** What is to be known of an input before what was decided is done: more reasons, or a refusal. */
  readonly consider?: ((decision: Decision, stored: CheckpointInfo | undefined) => Promise<Decision>) | undefined;
}
