/** The split that is wanted, or the only one, or "train"; undefined where there is none such. */
export function usualSplit(names: readonly string[], wanted: string | undefined): string | undefined {
  const chosen = wanted ?? (names.length === 1 ? names[0] : "train");
  return chosen !== undefined && names.includes(chosen) ? chosen : undefined;
}
