import type { Decision } from "../pipeline/plan.js";

const WORDS = {
  next: { make: "makes it", reuse: "reuses it", adopt: "adopts it" },
  past: { make: "made", reuse: "reused", adopt: "adopted" },
} as const;

export function actionWord(action: Decision["action"], tense: keyof typeof WORDS): string {
  return WORDS[tense][action];
}

/** Why, in a few words; empty where there is nothing to explain. */
export function reasonOf({ because, reasons }: Decision): string {
  if (reasons.length > 0) return reasons.join("; ");
  return because === "missing" ? "there was none" : because === "fresh" ? "nothing changed" : "";
}
