import type { Finding } from "../checkpoints/finding.js";
import type { Copies } from "./copies.js";
import { makeAnew, outOption } from "./directory.js";
import { formatOf } from "./formats.js";
import { spellBytes, spellCount, textTable } from "./spell.js";

/** What was found of one part of a copy. */
export interface Found extends Omit<Finding, "part" | "revision" | "rows" | "state"> {
  readonly copy: string;
  /** Empty of what is wrong with a copy as a whole: there is none (`absent`), or it does not answer (`failed`). */
  readonly name: string;
  readonly state: Finding["state"] | "absent" | "failed";
  readonly format?: string;
  readonly part: Finding["part"] | "answers" | "list" | "model";
  readonly revision?: string | undefined;
  readonly rows?: number | undefined;
}

/** What was found, for people: a table, what is wrong with each part and what works, and a sentence. */
export function foundLines(found: readonly Found[], { copies, deep }: { copies: Copies; deep: boolean }): string[] {
  if (found.length === 0) return [`"${copies.location}" has no checkpoints`];
  const where = (label: string) => (copies.areSeveral ? [label] : []);
  const rows = found.map(({ copy, name, format, part, split, revision, state, rows, bytes }) => [
    ...where(copy),
    name,
    format ?? "",
    partText({ part, split, revision }),
    rows === undefined ? "" : spellCount(rows),
    bytes === undefined ? "" : spellBytes(bytes),
    state,
  ]);
  const lines = textTable([[...where("copy"), "name", "format", "part", "rows", "size", "state"], ...rows], {
    right: copies.areSeveral ? [4, 5] : [3, 4],
  });
  for (const one of found) {
    const problem = problemOf(one, found);
    if (problem.length > 0) lines.push("", ...problem);
  }
  return [...lines, "", summaryOf(found, deep)];
}

/** What is wrong with it, and what works. */
function problemOf(one: Found, found: readonly Found[]): string[] {
  const { state, path, copy, part, problem, wayOut } = one;
  switch (state) {
    case "damaged": {
      // To adopt what is damaged, or to make it again, would be to lose what another copy has.
      const isOnly = wayOut !== undefined && !otherCopyOf(one, found);
      const what = `${path} is damaged: ${problem}${isOnly ? `; ${wayOut}` : ""}`;
      return part === "current" ? [what, ...waysOut(one, found)] : [what];
    }
    case "missing":
      return [`${path} is missing: ${problem === undefined ? "" : `${problem}; `}${wayBack(one, found)}`];
    case "unchecked":
      return [`${path} could not be checked: ${problem}`];
    case "failed":
      return [`"${copy}" does not answer: ${problem}`];
    case "absent":
      return [`there is no directory "${copy}": kura sync makes it`];
    default:
      return [];
  }
}

function partText({ part, split, revision }: Pick<Found, "part" | "split" | "revision">): string {
  switch (part) {
    case "current":
      return split === undefined ? "" : `split ${split}`;
    case "revision":
    case "manifest":
      return `${part} ${revision}`;
    default:
      return part;
  }
}

function summaryOf(found: readonly Found[], deep: boolean): string {
  const count = (state: Found["state"]) => found.filter((one) => one.state === state).length;
  const how = deep ? "every byte was hashed and every row decoded" : "every byte was hashed";
  const bad = [
    ...(count("damaged") > 0
      ? [`${count("damaged")} of ${found.length} ${count("damaged") === 1 ? "is" : "are"} damaged`]
      : []),
    ...(count("unchecked") > 0 ? [`${count("unchecked")} could not be checked`] : []),
    ...(count("failed") > 0 ? [`${count("failed")} ${count("failed") === 1 ? "does" : "do"} not answer`] : []),
  ];
  const unknown = [
    ...(count("unverified") > 0 ? [`${count("unverified")} unverified: nothing says what was saved`] : []),
    ...(count("displaced") > 0
      ? [`${count("displaced")} displaced: saved by others, or damaged when a save took its place`]
      : []),
  ];
  const first = `${bad.length === 0 ? "Nothing is damaged" : bad.join(", ")}: ${how}.`;
  return [first, ...unknown.map((what) => `${what}.`)].join(" ");
}

export const isWhole = (one: Found): boolean => one.part === "current" && one.state === "whole";

/** The same checkpoint, whole, in another copy. */
function otherCopyOf({ copy, name }: Pick<Found, "copy" | "name">, found: readonly Found[]): Found | undefined {
  return found.find((one) => one.copy !== copy && one.name === name && isWhole(one));
}

/** How rows are had back of which none stand. */
function wayBack(one: Found, found: readonly Found[]): string {
  const whole = otherCopyOf(one, found);
  if (whole) return `${whole.path} is whole: kura sync brings this copy up`;
  const earlier = keptOf(one, found, "whole") ?? keptOf(one, found, "displaced");
  return earlier ? `${restoring(one, earlier, found)} has revision ${earlier.revision} back` : KEPT;
}

const KEPT = "what is left of it is kept when something is saved there";

/** What works, in the words that are to be typed. */
function waysOut(one: Found, found: readonly Found[]): string[] {
  const earlier = keptOf(one, found, "whole");
  const otherFormat = mineOf(one, found).find((other) => other.format !== one.format && isWhole(other));
  const otherCopy = otherCopyOf(one, found);
  const anew = makeAnew(one.name);
  return [
    ...(earlier ? [`${restoring(one, earlier, found)} has the revision before back`] : []),
    ...(otherFormat ? [`${otherFormat.path} is whole: the same checkpoint in another format`] : []),
    ...(otherCopy ? [`${otherCopy.path} is whole: kura sync --check brings this copy up`] : []),
    ...(anew === undefined || otherCopy ? [] : [anew]),
  ];
}

/** The same checkpoint in the same copy, in any format. */
function mineOf({ copy, name }: Found, found: readonly Found[]): Found[] {
  return found.filter((other) => other.copy === copy && other.name === name);
}

/** The latest earlier revision that is so. */
function keptOf(one: Found, found: readonly Found[], state: "whole" | "displaced"): Found | undefined {
  return mineOf(one, found).find(
    (other) => other.format === one.format && other.part === "revision" && other.state === state,
  );
}

function restoring(one: Found, { revision, state }: Found, found: readonly Found[]): string {
  const { name, copy, format } = one;
  const isOne = mineOf(one, found).every((other) => other.format === format);
  const formatOption = isOne ? "" : ` --format ${formatOf({ format: format! })}`;
  const revisionOption = state === "displaced" ? ` --revision ${revision}` : "";
  return `kura restore ${name}${revisionOption}${formatOption}${outOption(copy)}`;
}
