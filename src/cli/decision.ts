import type { Tally } from "../checkpoints/answers/answers.js";
import type { Decision } from "../pipeline/plan.js";
import { spellCount, textTable } from "./spell.js";

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

/** Answers paid for and not. */
export function callsLine({ paid, reused, rebought }: Tally): string {
  return `${spellCount(paid)} answers paid for, ${spellCount(reused)} reused${rebought > 0 ? `, ${spellCount(rebought)} bought again` : ""}`;
}

/** What the next run does with each step, with a heading. */
export function decisionTable(decisions: readonly Decision[]): string[] {
  const isAsked = decisions.some(({ calls }) => calls !== undefined);
  const rows = decisions.map(({ step, action, because, reasons, calls }) => [
    step,
    because,
    actionWord(action, "next"),
    ...(isAsked ? [calls ? callsLine(calls) : ""] : []),
    reasons.join("; "),
  ]);
  return textTable([["step", "stored", "next run", ...(isAsked ? ["when it was made"] : []), "why"], ...rows]);
}
