import type { Decision } from "../pipeline/plan.js";
import { textTable } from "./spell.js";

const WORDS = {
  next: { make: "makes it", reuse: "reuses it", adopt: "adopts it", refuse: "stops here", skip: "leaves it" },
  past: { make: "made", reuse: "reused", adopt: "adopted", refuse: "refused", skip: "left" },
} as const;

export function actionWord(action: Decision["action"], tense: keyof typeof WORDS): string {
  return WORDS[tense][action];
}

/** Why, in a few words; empty where there is nothing to explain. */
export function reasonOf({ because, reasons }: Decision): string {
  if (reasons.length > 0) return reasons.join("; ");
  return because === "missing" ? "there was none" : because === "fresh" ? "nothing changed" : "";
}

/** What the next run does with each step, with a heading. */
export function decisionTable(decisions: readonly Decision[]): string[] {
  const rows = decisions.map(({ step, action, because, reasons }) => [
    step,
    because,
    actionWord(action, "next"),
    reasons.join("; "),
  ]);
  return textTable([["step", "stored", "next run", "why"], ...rows]);
}
