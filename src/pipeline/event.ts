import type { CheckpointEvent } from "../checkpoints/event.js";
import type { Decision } from "./plan.js";
import type { StepName } from "./step.js";

/** What a run says while it works, in this order for each step: decision, step-start, progress…, step-end. */
export type PipelineEvent =
  | { readonly type: "decision"; readonly decision: Decision }
  | { readonly type: "step-start"; readonly step: StepName; readonly total: number | undefined }
  | { readonly type: "progress"; readonly step: StepName; readonly done: number; readonly total: number | undefined }
  | {
      readonly type: "step-end";
      readonly step: StepName;
      readonly rows: number;
      readonly reused: boolean;
      readonly seconds: number;
    }
  | CheckpointEvent;

export type OnPipelineEvent = (event: PipelineEvent) => void;
