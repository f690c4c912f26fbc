import type { UsualSplit } from "./format.js";

/** Of what a dataset has several of: the one that is wanted, or the only one, or the usual one; undefined where there is none such. */
export function usualName(names: readonly string[], wanted: string | undefined, usual: string): string | undefined {
  const chosen = wanted ?? (names.length === 1 ? names[0] : usual);
  return chosen !== undefined && names.includes(chosen) ? chosen : undefined;
}

/** What is read of several where nobody said which is meant. */
export function usualSplit(
  names: readonly string[],
  wanted: string | undefined,
  chosen: string,
): UsualSplit | undefined {
  if (wanted !== undefined || names.length === 1) return undefined;
  return { name: chosen, others: names.filter((name) => name !== chosen) };
}

/** What people call the split that they mean if they name none. */
export const USUAL_SPLIT = "train";
