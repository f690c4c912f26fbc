import { type Field, type Member, tellingness } from "./field.js";
import { isNounLike, type NounPhrase } from "./noun-phrases.js";
import { recase } from "./title-text.js";
import { wordsOf } from "./words.js";

/** A thing that a group is about. */
export interface Tag {
  readonly text: string;
  readonly stems: readonly string[];
  readonly key: string;
  readonly share: number;
  readonly score: number;
}

/** Things that a group is about, the most telling first. */
export function tagsOf(members: readonly Member[], { uses, phrases, size, casing }: Field, title = ""): Tag[] {
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

/** What a group is already named by is what it is about. */
const TITLED_WEIGHT = 3;
/** A phrase that is mostly a piece of longer ones is a piece. */
const WHOLE_SHARE = 0.3;
/** Two words say more than one; three are often an accident. */
const TAG_LENGTH_WEIGHT = [0, 1, 1.35, 1.2];

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

/** "One, two and three". */
export function listOf(texts: readonly string[], language: string | undefined): string {
  const and = AND[language ?? "english"];
  if (texts.length < 2) return texts.join("");
  return and ? `${texts.slice(0, -1).join(", ")} ${and} ${texts.at(-1)}` : texts.join("、");
}
