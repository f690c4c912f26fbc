import type { SyncedCopy, SyncReport } from "../checkpoints/multi/sync-checkpoint.js";

/** What is said of a copy, and the checkpoints of which that is. */
export interface Reason {
  readonly copy: string;
  readonly reason: string;
  readonly checkpoints: string[];
}

/** One for each copy and reason, of those that are wanted. */
export function byReason(reports: readonly SyncReport[], isWanted: (copy: SyncedCopy) => boolean): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const { checkpoint, copies } of reports) {
    for (const one of copies.filter(isWanted)) {
      const { copy, reason = "" } = one;
      const key = JSON.stringify([copy, reason]);
      const known = reasons.get(key) ?? { copy, reason, checkpoints: [] };
      reasons.set(key, known);
      known.checkpoints.push(checkpoint);
    }
  }
  return [...reasons.values()];
}
