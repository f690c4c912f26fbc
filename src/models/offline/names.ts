import { createHash } from "node:crypto";
import { languageOf } from "./language.js";
import { isNounLike, type NounPhrase, nounPhrasesOf, type WordUse } from "./noun-phrases.js";
import { shorten, withoutGreeting } from "./sentences.js";
import { type Casing, capitalised, casingOf, recase, titleText } from "./title-text.js";
import { type Title, titlesOf } from "./titles.js";
import { wordsOf } from "./words.js";

/*
 * Names of groups: of all that was asked for in a group, the piece whose words many members say and few others do, by class-based
 * tf-idf (Grootendorst 2022). It was said by a person, so it reads like one; only possessives and capitals are changed.
 */

/** Raised whenever the same groups would be named otherwise. */
export const NAMER_ID = "offline/c-tf-idf-2";

export interface Group {
  /** What each member is about, the most telling line first: a request, then a summary. */
  readonly members: readonly string[];
  /** For naming a group of groups. */
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly name: string;
  /** Positions in the `members` of the whole. */
  readonly members: readonly number[];
}

export interface GroupName {
  /** Distinct among the groups that were named together, ignoring case. */
  readonly name: string;
  readonly description: string;
  /** ASCII, words joined by "_", never empty. */
  readonly slug: string;
}

/** What is not in a member's first line counts less than half. */
const LATER_LINE_WEIGHT = 0.4;
/** A stray occurrence elsewhere does not decide. */
const DAMPING = 0.02;
const EXAMPLES = 2;
const EXAMPLE_LENGTH = 110;

interface Member {
  readonly text: string;
  readonly language: string | undefined;
  readonly stems: ReadonlyMap<string, number>;
  readonly phrases: ReadonlyMap<string, NounPhrase & { weight: number }>;
  readonly titles: readonly Title[];
}

/** What the groups that are named together say, and how. */
interface Field {
  readonly casing: Casing;
  readonly uses: ReadonlyMap<string, WordUse>;
  readonly stems: ReadonlyMap<string, number>;
  readonly phrases: ReadonlyMap<string, number>;
  readonly size: number;
}

interface Tag {
  readonly text: string;
  readonly stems: readonly string[];
  readonly key: string;
  readonly share: number;
  readonly score: number;
}

/** Name groups against each other. */
export function nameGroups(groups: readonly Group[]): GroupName[] {
  const uses = new Map<string, WordUse>();
  const read = new Map<string, Member>();
  const members = groups.map(({ members }) =>
    members.map((text) => read.get(text) ?? remember(read, text, memberOf(text, uses))),
  );
  const all = members.flat();
  const field: Field = {
    casing: casingOf(all.map(({ text }) => text)),
    uses,
    stems: sumOf(all.map(({ stems }) => stems)),
    phrases: sumOf(all.map(({ phrases }) => new Map([...phrases].map(([key, { weight }]) => [key, weight])))),
    size: all.length,
  };
  const taken = new Set<string>();
  return groups.map((group, index) => {
    const own = members[index]!;
    const language = mainLanguage(own);
    const speakers = own.filter((member) => member.language === language);
    const tags = tagsOf(speakers, field);
    const candidates = group.parts
      ? parentNames(
          group.parts.map((part) => ({ name: part.name, members: part.members.map((at) => own[at]!) })),
          tags,
          field,
        )
      : baseNames(speakers, tags, field);
    const name = firstFree(candidates, tags, taken, own);
    return { name, description: describe(own, tags), slug: slugOf(name) };
  });
}

function remember(read: Map<string, Member>, text: string, member: Member): Member {
  read.set(text, member);
  return member;
}

function memberOf(text: string, uses: Map<string, WordUse>): Member {
  const lines = text.split("\n");
  const language = languageOf(text.slice(0, 400));
  const stems = new Map<string, number>();
  const phrases = new Map<string, NounPhrase & { weight: number }>();
  lines.map(withoutGreeting).forEach((line, at) => {
    const weight = at === 0 ? 1 : LATER_LINE_WEIGHT;
    for (const { stem, isStop } of wordsOf(line)) if (!isStop && !stems.has(stem)) stems.set(stem, weight);
    const isGerman = language === "german" && /\p{Ll} \p{Lu}/u.test(line);
    for (const phrase of nounPhrasesOf(line, uses)) {
      // German writes every noun with a capital.
      if (phrases.has(phrase.key) || (isGerman && !/\p{Lu}[^\s]*$/u.test(phrase.surface))) continue;
      phrases.set(phrase.key, { ...phrase, weight });
    }
  });
  return { text, language, stems, phrases, titles: titlesOf(lines[0] ?? "", language) };
}

function sumOf(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const count of counts) for (const [key, weight] of count) sum.set(key, (sum.get(key) ?? 0) + weight);
  return sum;
}

/** How much a word or phrase tells of a group: how many say it here, and how many more than elsewhere. */
function tellingness(count: number, everywhere: number, size: number, fieldSize: number): number {
  const inside = count / size;
  const outside = (everywhere - count) / Math.max(1, fieldSize - size);
  return Math.max(0, Math.sqrt(inside) * Math.log((inside + DAMPING) / (outside + DAMPING)));
}

/** Things that a group is about, the most telling first. */
function tagsOf(members: readonly Member[], { uses, phrases, size, casing }: Field, title = ""): Tag[] {
  const titleStems = new Set(wordsOf(title).map(({ stem }) => stem));
  const isTitled = (stems: readonly string[]) => stems.every((stem) => titleStems.has(stem));
  const found = new Map<string, { phrase: NounPhrase; count: number; whole: number; forms: Map<string, number> }>();
  for (const member of members) {
    for (const [key, phrase] of member.phrases) {
      const entry = found.get(key) ?? { phrase, count: 0, whole: 0, forms: new Map<string, number>() };
      found.set(key, entry);
      entry.count += phrase.weight;
      if (phrase.isWhole) entry.whole += phrase.weight;
      const form = phrase.surface.toLowerCase();
      entry.forms.set(form, (entry.forms.get(form) ?? 0) + 1);
    }
  }
  const fewest = members.length >= 4 ? 1.5 : 0;
  return [...found.values()]
    .filter(
      ({ phrase, count, whole }) =>
        (count >= fewest || isTitled(phrase.stems)) && whole >= count * WHOLE_SHARE && isNounLike(phrase, uses),
    )
    .map(({ phrase, count, forms }) => {
      const form = [...forms].sort(([a, x], [b, y]) => y - x || a.length - b.length || (a < b ? -1 : 1))[0]![0];
      const score =
        tellingness(count, phrases.get(phrase.key)!, members.length, size) *
        TAG_LENGTH_WEIGHT[phrase.stems.length]! *
        (isTitled(phrase.stems) ? TITLED_WEIGHT : 1);
      return { text: recase(form, casing), stems: phrase.stems, key: phrase.key, share: count / members.length, score };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
}

/** A phrase that is mostly a piece of longer ones is a piece. */
const TITLED_WEIGHT = 3;
const WHOLE_SHARE = 0.3;
/** Two words say more than one; three are often an accident. */
const TAG_LENGTH_WEIGHT = [0, 1, 1.35, 1.2];

/** Candidates, best first. */
function baseNames(members: readonly Member[], tags: readonly Tag[], field: Field): string[] {
  const counts = sumOf(members.map(({ stems }) => stems));
  const values = new Map(
    [...counts].map(([stem, count]) => [stem, tellingness(count, field.stems.get(stem)!, members.length, field.size)]),
  );
  const best = Math.max(1e-9, ...values.values());
  const worthOf = (stem: string) => (values.get(stem) ?? 0) / best;
  const repeated = new Map<string, number>();
  for (const { titles } of members)
    for (const key of new Set(titles.map(({ stems }) => stems.join(" "))))
      repeated.set(key, (repeated.get(key) ?? 0) + 1);
  const scored = members
    .flatMap(({ titles }) => titles)
    .map((title) => ({
      title,
      score:
        titleScore(title, worthOf) +
        REPEATED * Math.log2(repeated.get(title.stems.join(" "))!) +
        COVERAGE * coverageOf(title, members, worthOf),
    }))
    .filter(({ score }) => score > 0)
    .sort(
      (a, b) =>
        b.score - a.score || a.title.text.length - b.title.text.length || (a.title.text < b.title.text ? -1 : 1),
    );
  const names = scored.map(({ title }) => titleText(title.text, title.kind, field.casing));
  const list = listOfTags(members, tags);
  const isTold =
    scored[0] !== undefined &&
    (members.length < 4 || list === "" || coverageOf(scored[0].title, members, worthOf) >= ENOUGH);
  return [
    ...new Set([...(isTold ? [] : [list]), ...names, list, ...tags.slice(0, 3).map(({ text }) => capitalised(text))]),
  ].filter((name) => name !== "");
}

/** The share of members that say one of the title's telling words. */
function coverageOf({ stems }: Title, members: readonly Member[], worthOf: (stem: string) => number): number {
  const telling = stems.filter((stem) => worthOf(stem) >= 0.5);
  return members.filter((member) => telling.some((stem) => member.stems.has(stem))).length / members.length;
}

/** Below this share a title speaks for too few: the group is named by several things. */
const ENOUGH = 0.5;
const REPEATED = 0.1;
const COVERAGE = 1;

/** "One, two and three": things of which most members mention one, each chosen for those that mention none before it. */
function listOfTags(members: readonly Member[], tags: readonly Tag[]): string {
  const chosen: Tag[] = [];
  let left = members;
  while (chosen.length < 3 && left.length > 0) {
    let best: Tag | undefined;
    let most = 0;
    for (const tag of tags.slice(0, MOST_TAGS)) {
      if (chosen.some(({ stems }) => stems.some((stem) => tag.stems.includes(stem)))) continue;
      const gain = (tag.score / Math.sqrt(tag.share)) * left.filter(({ phrases }) => phrases.has(tag.key)).length;
      if (gain > most) [best, most] = [tag, gain];
    }
    if (!best || left.filter(({ phrases }) => phrases.has(best.key)).length < Math.max(2, members.length * 0.1)) break;
    const { key } = best;
    chosen.push(best);
    left = left.filter(({ phrases }) => !phrases.has(key));
  }
  return capitalised(
    listOf(
      chosen.map(({ text }) => text),
      mainLanguage(members),
    ),
  );
}

const MOST_TAGS = 40;
const WORD_COST = 0.4;
const KIND_COST = { act: 0, thing: 0, state: 0.1, experience: 0.6, question: 0.3, clause: 0.8 } as const;

function titleScore({ text, kind, isFirst, stems }: Title, worthOf: (stem: string) => number): number {
  let score = stems.reduce((sum, stem) => sum + worthOf(stem) - WORD_COST, 0) - KIND_COST[kind];
  if (stems.length === 1) score -= 0.3;
  // What does not ask is of what was asked only where it comes first.
  if (!isFirst && kind !== "act" && kind !== "thing" && kind !== "question") score -= 0.6;
  if (text.split(" ").length > 8) score -= 0.2;
  score -=
    0.4 *
    (text.match(/\b(?:it|this|that|these|those|them|they|he|she|him|her|his|i|me|you|we|us|here|there)\b/gi)?.length ??
      0);
  // "My strong side", "makes me nervous": what somebody says of himself is not what he asks for.
  if (kind === "clause" && /\b(?:my|our)\b/i.test(text)) score -= 0.3;
  score -= 0.2 * (text.match(/\d+/g)?.length ?? 0);
  return score;
}

/** "Head: one, two and three": what most parts share, then what the largest parts are about. */
function parentNames(
  parts: readonly { name: string; members: readonly Member[] }[],
  tags: readonly Tag[],
  field: Field,
): string[] {
  const ordered = [...parts].sort((a, b) => b.members.length - a.members.length);
  const head = tags.find(
    ({ key, share, score }) =>
      share >= 0.3 &&
      score >= tags[0]!.score * 0.5 &&
      ordered.filter(({ members }) => members.filter(({ phrases }) => phrases.has(key)).length >= members.length * 0.2)
        .length >= Math.max(2, ordered.length * 0.6),
  );
  const used = new Set(head?.stems);
  const own: Tag[] = [];
  for (const part of ordered) {
    if (own.length === 3) break;
    const tag = tagsOf(part.members, field, part.name).find(({ stems }) => !stems.some((stem) => used.has(stem)));
    if (!tag) continue;
    own.push(tag);
    for (const stem of tag.stems) used.add(stem);
  }
  const list = listOf(
    own.map(({ text }) => text),
    mainLanguage(ordered.flatMap(({ members }) => members)),
  );
  const both = head ? (list === "" ? head.text : `${head.text}: ${list}`) : list;
  return [capitalised(both), ...tags.slice(0, 3).map(({ text }) => capitalised(text))].filter((name) => name !== "");
}

const AND: Readonly<Record<string, string>> = {
  english: "and",
  spanish: "y",
  french: "et",
  german: "und",
  portuguese: "e",
  italian: "e",
  dutch: "en",
  polish: "i",
  swedish: "och",
  turkish: "ve",
  russian: "и",
};

function listOf(texts: readonly string[], language: string | undefined): string {
  const and = AND[language ?? "english"];
  if (texts.length < 2) return texts.join("");
  return and ? `${texts.slice(0, -1).join(", ")} ${and} ${texts.at(-1)}` : texts.join("、");
}

function mainLanguage(members: readonly Member[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { language } of members) if (language) counts.set(language, (counts.get(language) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** The best candidate that no sibling has; where all are taken, with what else sets the group apart. */
function firstFree(
  candidates: readonly string[],
  tags: readonly Tag[],
  taken: Set<string>,
  members: readonly Member[],
): string {
  const base =
    candidates[0] ??
    (shorten(
      members
        .find(({ text }) => text.trim() !== "")
        ?.text.trim()
        .split("\n")[0] ?? "",
      60,
    ) ||
      "Nothing said");
  const baseStems = new Set(stemsOf(base).split(" "));
  const further = tags
    .filter(({ stems }) => !stems.some((stem) => baseStems.has(stem)))
    .map(({ text }) => `${base}: ${text}`);
  const named = [base, ...further, ...candidates.slice(1)].find((name) => !taken.has(stemsOf(name)));
  const name = named ?? numberedName(base, taken);
  taken.add(named === undefined ? name.toLowerCase() : stemsOf(name));
  return name;
}

function numberedName(base: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number++) if (!taken.has(`${base} (${number})`.toLowerCase())) return `${base} (${number})`;
}

/** Names of the same words are the same name. */
function stemsOf(name: string): string {
  const stems = wordsOf(name)
    .filter(({ isStop }) => !isStop)
    .map(({ stem }) => stem);
  return stems.length > 0 ? [...new Set(stems)].sort().join(" ") : name.toLowerCase();
}

function describe(members: readonly Member[], tags: readonly Tag[]): string {
  const about: Tag[] = [];
  for (const tag of tags) {
    if (about.length === 3) break;
    if (tag.share >= 0.2 && !about.some(({ stems }) => stems.some((stem) => tag.stems.includes(stem)))) about.push(tag);
  }
  const ranked = members
    .map((member, index) => ({
      text: member.text.split("\n")[0] ?? "",
      index,
      score: tags.slice(0, 8).reduce((sum, { key, score }) => sum + (member.phrases.has(key) ? score : 0), 0),
    }))
    .filter(({ text }) => text.trim() !== "")
    .sort((a, b) => b.score - a.score || a.text.length - b.text.length || a.index - b.index);
  const distinct = new Map(ranked.reverse().map(({ text }) => [stemsOf(text), text]));
  const examples = [...distinct.values()]
    .reverse()
    .slice(0, EXAMPLES)
    .map((text) => shorten(text, EXAMPLE_LENGTH))
    .map((example) => `“${example}”`);
  const count = `${members.length} ${members.length === 1 ? "conversation" : "conversations"}`;
  const subject =
    about.length > 0
      ? `${count} about ${listOf(
          about.map(({ text }) => text),
          "english",
        )}.`
      : examples.length > 0
        ? `${count}.`
        : `${count} without words.`;
  return examples.length > 0 ? `${subject} For example: ${examples.join(" and ")}.` : subject;
}

const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ł: "l",
  þ: "th",
  ð: "d",
  ı: "i",
};

function slugOf(name: string): string {
  const ascii = name
    .toLowerCase()
    .replace(/[ßæœøđłþðı]/g, (letter) => LETTERS[letter]!)
    .normalize("NFKD")
    .replace(/[^\x20-\x7e]/g, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 60)
    .replace(/_+$/, "");
  return /[a-z]{2}/.test(ascii) ? ascii : `cluster_${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
