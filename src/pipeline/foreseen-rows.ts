import { NOT_MADE_YET } from "./plan.js";
import type { RowSource } from "./row-source.js";

/** Somebody has asked what only making the rows tells. */
class NotForeseen extends Error {}

/** Rows that a run would make, of which at most the keys are known. */
export function rowsForeseen<R>(step: string, foresee: (() => AsyncIterable<R[]>) | undefined): RowSource<R> {
  const unknown = () => new NotForeseen(`Nothing is known of the rows that ${step} would have`);
  return {
    count: undefined,
    rowHash: async () => NOT_MADE_YET,
    async *batches() {
      if (!foresee) throw unknown();
      yield* foresee();
    },
    load: async () => {
      throw unknown();
    },
  };
}

/** undefined where it would take rows that are not made yet. */
export async function ifForeseen<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof NotForeseen) return undefined;
    throw error;
  }
}
