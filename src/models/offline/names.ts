import { shorten } from "./sentences.js";
import { type Phrase, phrasesOf } from "./phrases.js";

/*
 * Names of groups by class-based tf-idf (Grootendorst 2022) over phrases: what many members of a group say and few others do.
 */

/** Raised whenever the same groups would be named otherwise. */
export const NAMER_ID = "offline/c-tf-idf-1";

export interface Group {
  /** What each member is about, most telling part first: a request, a summary. */
  readonly members: readonly string[];
}

export interface GroupName {
  /** Distinct among the groups that were named together, ignoring case. */
  readonly name: string;
  readonly description: string;
  /** ASCII, words joined by "_", never empty. */
  readonly slug: string;
}

const MOST_PARTS = 3;
/** A further part of a name must be said by this share of the members. */
const PART_SHARE = 0.25;
/** Longer phrases say more; a phrase of one word is a topic, of three often an accident. */
const LENGTH_WEIGHT = [0, 1, 1.7, 1.8];
const EXAMPLES = 2;
const EXAMPLE_LENGTH = 110;

interface Scored extends Phrase {
  readonly score: number;
  readonly share: number;
}

/** Name groups against each other. */
export function nameGroups(groups: readonly Group[]): GroupName[] {
  const memberPhrases = groups.map(({ members }) => members.map((member) => uniquePhrases(member)));
  const total = groups.reduce((sum, { members }) => sum + members.length, 0);
  const frequencies = new Map<string, number>();
  for (const members of memberPhrases) for (const phrases of members) for (const key of phrases.keys()) frequencies.set(key, (frequencies.get(key) ?? 0) + 1);
  const taken = new Set<string>();
  return groups.map(({ members }, index) => {
    const scored = scorePhrases(memberPhrases[index]!, frequencies, total);
    const parts = chooseParts(scored);
    const name = distinct(parts, scored, taken, members);
    taken.add(name.toLowerCase());
    return { name, description: describe(members, memberPhrases[index]!, parts), slug: slugOf(parts, name, index) };
  });
}

/** Each phrase of a text once. */
function uniquePhrases(text: string): Map<string, Phrase> {
  const found = new Map<string, Phrase>();
  for (const sentence of text.split("\n")) for (const phrase of phrasesOf(sentence)) if (!found.has(phrase.key)) found.set(phrase.key, phrase);
  return found;
}

function scorePhrases(members: readonly ReadonlyMap<string, Phrase>[], frequencies: ReadonlyMap<string, number>, total: number): Scored[] {
  const counts = new Map<string, number>();
  const surfaces = new Map<string, Map<string, number>>();
  const first = new Map<string, Phrase>();
  for (const phrases of members) {
    for (const phrase of phrases.values()) {
      counts.set(phrase.key, (counts.get(phrase.key) ?? 0) + 1);
      if (!first.has(phrase.key)) first.set(phrase.key, phrase);
      const forms = surfaces.get(phrase.key) ?? new Map<string, number>();
      surfaces.set(phrase.key, forms.set(phrase.surface.toLowerCase(), (forms.get(phrase.surface.toLowerCase()) ?? 0) + 1));
    }
  }
  const fewest = members.length >= 4 ? 2 : 1;
  return [...counts]
    .filter(([, count]) => count >= fewest)
    .map(([key, count]) => {
      const phrase = first.get(key)!;
      const inside = count / members.length;
      const outside = (frequencies.get(key)! - count) / Math.max(1, total - members.length);
      // How much more likely here than elsewhere, damped so that one stray occurrence elsewhere does not decide.
      const lift = Math.log((inside + 0.01) / (outside + 0.01));
      const surface = [...surfaces.get(key)!].sort(([a, x], [b, y]) => y - x || a.length - b.length || (a < b ? -1 : 1))[0]![0];
      return { ...phrase, surface, share: inside, score: Math.sqrt(inside) * lift * LENGTH_WEIGHT[phrase.stems.length]! };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
}

/** The best phrase, and others that add to it. */
function chooseParts(scored: readonly Scored[]): Scored[] {
  const parts: Scored[] = [];
  for (const phrase of scored) {
    if (parts.length === MOST_PARTS) break;
    if (parts.some(({ stems }) => stems.some((stem) => phrase.stems.includes(stem)))) continue;
    if (parts.length > 0 && (phrase.share < PART_SHARE || phrase.score < parts[0]!.score * 0.4)) continue;
    parts.push(phrase);
  }
  return parts;
}

function distinct(parts: readonly Scored[], scored: readonly Scored[], taken: ReadonlySet<string>, members: readonly string[]): string {
  const first = titleOf(parts.map(({ surface }) => surface));
  if (first !== "" && !taken.has(first.toLowerCase())) return first;
  const used = new Set(parts.flatMap(({ stems }) => stems));
  for (const { stems, surface } of scored) {
    if (stems.some((stem) => used.has(stem))) continue;
    const longer = titleOf([...parts.map((part) => part.surface), surface]);
    if (!taken.has(longer.toLowerCase())) return longer;
  }
  const base = first || shorten(members[0]?.split("\n")[0] ?? "", 60) || "Nothing said";
  for (let n = 1; ; n++) {
    const numbered = n === 1 ? base : `${base} (${n})`;
    if (!taken.has(numbered.toLowerCase())) return numbered;
  }
}

/** "a, b and c" with a capital at the beginning; languages other than English get commas only. */
function titleOf(surfaces: readonly string[]): string {
  const english = surfaces.every((surface) => /^[\x20-\x7e]*$/.test(surface));
  const text = english && surfaces.length > 1 ? `${surfaces.slice(0, -1).join(", ")} and ${surfaces.at(-1)}` : surfaces.join(", ");
  return text.replace(/^\P{L}*\p{Ll}/u, (start) => start.toUpperCase());
}

function describe(members: readonly string[], phrases: readonly ReadonlyMap<string, Phrase>[], parts: readonly Scored[]): string {
  // Members that say most of what names the group stand for it.
  const ranked = members
    .map((member, index) => ({ text: member.split("\n")[0] ?? "", index, score: parts.reduce((sum, part) => sum + (phrases[index]!.has(part.key) ? part.score : 0), 0) }))
    .filter(({ text }) => text.trim() !== "")
    .sort((a, b) => b.score - a.score || a.text.length - b.text.length || a.index - b.index);
  const examples = [...new Set(ranked.map(({ text }) => shorten(text, EXAMPLE_LENGTH)))].slice(0, EXAMPLES);
  const count = `${members.length} ${members.length === 1 ? "conversation" : "conversations"}`;
  if (parts.length === 0) return examples.length === 0 ? `${count} without words.` : `${count}. For example: ${examples.map((example) => `“${example}”`).join(" ")}`;
  return `${count} about ${parts.map(({ surface }) => surface).join(", ")}. For example: ${examples.map((example) => `“${example}”`).join(" ")}`;
}

function slugOf(parts: readonly Scored[], name: string, index: number): string {
  const ascii = (parts.map(({ surface }) => surface).join(" ") || name)
    .normalize("NFKD")
    .replace(/[^\x20-\x7e]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 60)
    .replace(/_+$/, "");
  return ascii || `group_${index + 1}`;
}
