import { CorruptCheckpointError } from "../../errors.js";
import { type Copy, errorOf } from "./copy.js";
import type { CopyState } from "./copy-state.js";
import type { Survey } from "./survey.js";

export interface CopyReport {
  /** The manager's location and format. */
  readonly copy: string;
  /** After a save: `good` where it was saved. */
  readonly state: CopyState;
  /** Id; undefined where there is none. */
  readonly revision: string | undefined;
  readonly error?: Error | undefined;
}

/** @param failures What was found out by reading. */
export function reportsOf(
  { sightings }: Survey,
  failures: readonly { readonly copy: Copy; readonly error: Error }[] = [],
): CopyReport[] {
  return sightings.map(({ copy, state, found, error }) => {
    const failure =
      failures.find((one) => one.copy === copy)?.error ?? (state === "failed" ? errorOf(error) : undefined);
    const isDamaged = failure instanceof CorruptCheckpointError;
    return {
      copy: copy.label,
      state: failure ? (isDamaged ? "damaged" : "failed") : state,
      revision: found?.revision?.id,
      ...(failure && { error: failure }),
    };
  });
}
