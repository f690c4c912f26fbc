import { ASK_PATTERNS, type AskKind, QUESTION } from "./asking-patterns.js";

export interface Ask {
  /** What is asked for, as it was written. */
  readonly text: string;
  readonly kind: AskKind;
}

const MOST_ROUNDS = 8;
const OUTSIDE = /^[\s"'“”‘’«»¿¡()[\]*#>.,;:!?…–—-]+|[\s"“”«»()[\]*.,;:!?？。！…–—-]+$/gu;

/** A clause without what is said around the thing that is asked for: "could you please tell me how to" and the like. */
export function withoutAsking(clause: string, language = "english"): Ask {
  const { beginnings, ending } = ASK_PATTERNS[language] ?? ASK_PATTERNS["english"]!;
  let text = (language === "english" ? withApostrophes(clause) : clause).replace(OUTSIDE, "");
  let kind: AskKind = "state";
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = beginnings.find(([, pattern]) => pattern.test(text));
    if (QUESTION.test(text) && found?.[0] !== "act") return { text, kind: "question" };
    if (!found) break;
    const rest = text.replace(found[1], "");
    if (!/\p{L}{2}/u.test(rest)) break;
    text = rest;
    kind = found[0] ?? kind;
  }
  const end = ending ? text.replace(ending, "") : text;
  return { text: end.trim() || text, kind };
}

/** As it is written with care: "whats" is no word, "its" and "were" are. */
function withApostrophes(text: string): string {
  return text
    .replace(/\b(i)(m|ve|d(?= (?:like|love|prefer|rather)\b))\b/giu, "$1'$2")
    .replace(/\b(what|that|here|there|who|how|where)s\b/giu, "$1's")
    .replace(
      /\b(do|does|did|is|are|was|were|have|has|had|wo|ca|could|would|should)nt\b/giu,
      (_, verb: string) => `${verb}n't`,
    );
}
