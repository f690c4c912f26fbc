import { breather } from "../../math/breathe.js";
import { languageOf } from "./language.js";
import { type NounPhrase, nounPhrasesOf, type WordUse } from "./noun-phrases.js";
import { withoutGreeting } from "./sentences.js";
import { type Casing, casingOf } from "./title-text.js";
import { type Title, titlesOf } from "./titles.js";
import { wordsOf } from "./words.js";

/** One of a group, as it is read for naming. */
export interface Member {
  readonly text: string;
  readonly language: string | undefined;
  readonly stems: ReadonlyMap<string, number>;
  readonly phrases: ReadonlyMap<string, NounPhrase & { weight: number }>;
  readonly titles: readonly Title[];
}

/** What all say that are named against each other, and how. */
export interface Field {
  /** By text. */
  readonly members: ReadonlyMap<string, Member>;
  readonly casing: Casing;
  readonly uses: ReadonlyMap<string, WordUse>;
  /** In how many members, by weight. */
  readonly stems: ReadonlyMap<string, number>;
  readonly phrases: ReadonlyMap<string, number>;
  /** How many members there are, equal ones counted each. */
  readonly size: number;
}

/** What is not in a member's first line counts less than half. */
const LATER_LINE_WEIGHT = 0.4;
/** A stray occurrence elsewhere does not decide. */
const DAMPING = 0.02;

/** Read texts, each once, that are to be named in groups against each other. */
export async function fieldOf(texts: readonly string[], signal?: AbortSignal): Promise<Field> {
  const breathe = breather(signal);
  const uses = new Map<string, WordUse>();
  const members = new Map<string, Member>();
  const stems = new Map<string, number>();
  const phrases = new Map<string, number>();
  for (const text of texts) {
    const member = members.get(text) ?? memberOf(text, uses);
    members.set(text, member);
    for (const [stem, weight] of member.stems) stems.set(stem, (stems.get(stem) ?? 0) + weight);
    for (const [key, { weight }] of member.phrases) phrases.set(key, (phrases.get(key) ?? 0) + weight);
    await breathe();
  }
  return { members, casing: casingOf(texts), uses, stems, phrases, size: texts.length };
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
  return { text, language, stems, phrases, titles: titlesOf(withoutGreeting(lines[0]!), language) };
}

export function sumOf(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const count of counts) for (const [key, weight] of count) sum.set(key, (sum.get(key) ?? 0) + weight);
  return sum;
}

/** How much a word or phrase tells of a group: how many say it here, and how many more than elsewhere. */
export function tellingness(count: number, everywhere: number, size: number, fieldSize: number): number {
  const inside = count / size;
  const outside = (everywhere - count) / Math.max(1, fieldSize - size);
  return Math.max(0, Math.sqrt(inside) * Math.log((inside + DAMPING) / (outside + DAMPING)));
}

/** The language that most members are in, as far as it is known. */
export function mainLanguage(members: readonly Member[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { language } of members) if (language) counts.set(language, (counts.get(language) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
