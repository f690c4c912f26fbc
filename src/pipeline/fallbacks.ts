import { onUnheard } from "../checkpoints/listener.js";
import type { Fallback } from "../steps/fallback.js";
import { type AskingOptions, failuresOf } from "./asking-options.js";
import type { OnPipelineEvent } from "./event.js";
import type { MakeContext } from "./run-step.js";

/**
 * Say which questions were not answered, and what was done instead. Their rows are there, so none is missing; the fingerprint counts those
 * that may be answered the next time, and the next run asks again.
 *
 * @throws {TooManyFailuresError} If they are more than `maxFailed`.
 */
export function reportFallbacks(
  step: string,
  fallbacks: readonly Fallback[],
  total: number,
  { context, onEvent, ...options }: AskingOptions & { context: MakeContext; onEvent?: OnPipelineEvent | undefined },
): void {
  const failures = failuresOf(step, options, total);
  for (const { about, reason, detail, final, instead } of fallbacks) {
    failures.add({ key: about, reason: detail ?? reason, final });
    (onEvent ?? onUnheard)({
      type: "warning",
      code: "fallback",
      checkpoint: step,
      message: `${about}: no answer (${detail ?? reason}); ${instead}`,
    });
  }
  const open = fallbacks.filter(({ final }) => !final).length;
  if (open > 0) context.note({ unanswered: open });
}
