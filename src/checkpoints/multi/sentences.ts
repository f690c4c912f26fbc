import type { Copy } from "./copy.js";
import type { CopyState } from "./copy-state.js";
import type { Survey } from "./survey.js";

/** How a copy is, as the end of a sentence that begins with its name. */
export function sentenceOf(state: CopyState, { newest }: Pick<Survey, "newest">): string {
  const what = newest?.isDeletion ? "the deletion" : "revision";
  const latest = newest ? `${what} ${newest.revision.id}, which is the newest` : "anything that says how new it is";
  switch (state) {
    case "good":
      return `has ${latest}`;
    case "absent":
      return newest ? `does not have ${latest}` : "has nothing of this name";
    case "behind":
      return `is behind: it does not have ${latest}`;
    case "diverged":
      return `has diverged: something was saved or deleted here that ${latest}, was not made from`;
    case "damaged":
      return "is damaged";
    case "unversioned":
      return "has a file that another program saved: nothing says how new it is, so it is left as it is; adopt it, or remove it";
    case "failed":
      return "does not answer";
  }
}

/** Who has something, as the beginning of a sentence that says what: `"a" and "b" have`. */
export function haveIt(copies: readonly Copy[]): string {
  const labels = copies.map(({ label }) => `"${label}"`);
  const [last, ...others] = labels.reverse();
  return others.length === 0 ? `${last} has` : `${others.reverse().join(", ")} and ${last} have`;
}
