import type { Tally } from "../checkpoints/answers/answers.js";
import type { CheckpointEvent } from "../checkpoints/event.js";
import type { Movement } from "../steps/continue-clusters.js";
import type { Estimate } from "./estimate.js";
import type { Decision } from "./plan.js";

/** What a run says while it works, in this order for each step: decision, step-start, progress and retry…, step-end. */
export type PipelineEvent =
  | { readonly type: "decision"; readonly decision: Decision }
  | { readonly type: "step-start"; readonly step: string; readonly total: number | undefined }
  | { readonly type: "progress"; readonly step: string; readonly done: number; readonly total: number | undefined }
  | {
      /** A call failed in a way that may pass, and is made again after `delayMs`. */
      readonly type: "retry";
      readonly step: string;
      readonly message: string;
      readonly delayMs: number;
    }
  | {
      readonly type: "step-end";
      readonly step: string;
      readonly rows: number;
      readonly reused: boolean;
      readonly seconds: number;
      /** What asking models came to; absent where none was asked. */
      readonly calls?: Tally;
    }
  | {
      /** First, where models are asked: who answers for which step. */
      readonly type: "models";
      readonly models: readonly { readonly step: string; readonly model: string }[];
    }
  | ({
      /** Before a step pays for its first answer. */
      readonly type: "estimate";
    } & Estimate)
  | ({
      /** After a run that continues: how far the clusters are from the earlier ones. */
      readonly type: "moved";
      readonly step: string;
    } & Movement)
  | CheckpointEvent;

export type OnPipelineEvent = (event: PipelineEvent) => void;
