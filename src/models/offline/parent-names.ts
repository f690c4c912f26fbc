import { type Field, type Member, mainLanguage } from "./field.js";
import { listOf, type Tag, tagsOf } from "./tags.js";
import { capitalised, recase } from "./title-text.js";
import { stemsOf } from "./words.js";

interface NamedPart {
  readonly name: string;
  readonly members: readonly Member[];
}

const MOST_PARTS = 3;
/** A part's own name joins a list up to this length. */
const PART_NAME_LENGTH = 40;

/**
 * Candidates for the name of a group of groups, best first. "Head: one, two and three": what most parts share, then what the largest
 * parts are about.
 */
export function parentNames(parts: readonly NamedPart[], tags: readonly Tag[], field: Field): string[] {
  const ordered = [...parts].sort((a, b) => b.members.length - a.members.length);
  const head = tags.find((tag) => isShared(tag, tags[0]!.score, ordered));
  const used = new Set(head?.stems);
  const own: string[] = [];
  for (const part of ordered) {
    if (own.length === MOST_PARTS) break;
    const thing = thingOf(part, used, field);
    if (!thing) continue;
    own.push(thing.text);
    for (const stem of thing.stems) used.add(stem);
  }
  const list = listOf(own, mainLanguage(ordered.flatMap(({ members }) => members)));
  const both = head ? (list === "" ? head.text : `${head.text}: ${list}`) : list;
  return [both, ...tags.slice(0, 3).map(({ text }) => text)].filter((name) => name !== "").map(capitalised);
}

/** Whether a tag is about the whole: as telling as any, and said in most parts. */
function isShared({ key, share, score }: Tag, best: number, parts: readonly NamedPart[]): boolean {
  if (share < 0.3 || score < best * 0.5) return false;
  const saying = parts.filter(
    ({ members }) => members.filter(({ phrases }) => phrases.has(key)).length >= members.length * 0.2,
  );
  return saying.length >= Math.max(2, parts.length * 0.6);
}

/** What a part is about besides what is used already: the best of its tags, or its name. */
function thingOf(
  { name, members }: NamedPart,
  used: ReadonlySet<string>,
  field: Field,
): { text: string; stems: readonly string[] } | undefined {
  const tag = tagsOf(members, field, name).find(({ stems }) => !stems.some((stem) => used.has(stem)));
  if (tag) return tag;
  const stems = stemsOf(name);
  const isFree = stems.length > 0 && name.length <= PART_NAME_LENGTH && !stems.some((stem) => used.has(stem));
  return isFree ? { text: recase(name, field.casing), stems } : undefined;
}
