import type { TitleKind } from "./titles.js";
import { wordsOf } from "./words.js";

/** How the words of a corpus are spelled inside sentences: "SQL", "Japan", "iPhone". */
export type Casing = ReadonlyMap<string, string>;

/** A spelling with capitals is kept where at least this share of the uses has it. */
const CAPITAL_SHARE = 0.5;
/** Capitals at more than this share of the words make a heading. */
const HEADING_SHARE = 0.7;
const FEWEST_IN_HEADING = 3;
const PLAIN_WEIGHT = 0.2;
const SENTENCE_END = /\n|(?<=[.!?…。！？])\s+/u;
const BEGINS_SENTENCE = /(?:^|[.!?:…。！？"“«(\n]\s*)$/u;

export function casingOf(texts: Iterable<string>): Casing {
  const forms = new Map<string, Map<string, number>>();
  for (const text of texts) for (const sentence of text.split(SENTENCE_END)) countForms(sentence, forms);
  return new Map([...forms].map(([lower, counts]) => [lower, bestForm(lower, counts)]));
}

/**
 * Headings, which have a capital at every word, and shouts say nothing. A sentence without any capital inside says little: many people
 * write so whatever the word.
 */
function countForms(sentence: string, forms: Map<string, Map<string, number>>): void {
  if (sentence === sentence.toUpperCase()) return;
  const weight = sentence.slice(1) === sentence.slice(1).toLowerCase() ? PLAIN_WEIGHT : 1;
  const all = wordsOf(sentence);
  const capitals = all.filter(({ start }) => /^\p{Lu}/u.test(sentence.charAt(start))).length;
  const isHeading = all.length >= FEWEST_IN_HEADING && capitals > all.length * HEADING_SHARE;
  for (const { lower, start, end, isStop } of all) {
    const form = sentence.slice(start, end);
    const isFirst = BEGINS_SENTENCE.test(sentence.slice(Math.max(0, start - 3), start));
    if (isStop || (isCapitalised(form) && (isHeading || isFirst))) continue;
    const counts = forms.get(lower) ?? new Map<string, number>();
    forms.set(lower, counts.set(form, (counts.get(form) ?? 0) + weight));
  }
}

/** "Sheets", but not "SQL" or "iPhone". */
function isCapitalised(form: string): boolean {
  return /^\p{Lu}[^\p{Lu}]*$/u.test(form);
}

function bestForm(lower: string, counts: ReadonlyMap<string, number>): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let best = lower;
  let most = 0;
  for (const [form, count] of counts) {
    if (form === lower || count < total * CAPITAL_SHARE || (isShouted(form) && count < FEWEST_SHOUTED)) continue;
    if (count > most || (count === most && form < best)) [best, most] = [form, count];
  }
  return best;
}

/** Acronyms are short, or said often. */
function isShouted(form: string): boolean {
  return /^\p{Lu}{5,}/u.test(form);
}

const FEWEST_SHOUTED = 3;

/** Languages, countries and days as English spells them; people rarely do. */
let properNames: ReadonlyMap<string, string> | undefined;

function properName(lower: string): string | undefined {
  properNames ??= new Map(namesOfLanguagesAndRegions().map((name) => [name.toLowerCase(), name]));
  return properNames.get(lower);
}

function namesOfLanguagesAndRegions(): string[] {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  const languages = new Intl.DisplayNames("en", { type: "language", fallback: "none" });
  const regions = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
  return [...days, ...codes.flatMap((code) => [languages.of(code), regions.of(code.toUpperCase())])].filter(
    (name) => name !== undefined && /^\p{Lu}\p{Ll}{3,}$/u.test(name),
  ) as string[];
}

/** Words as the corpus spells them; function words as they are. */
export function recase(text: string, casing: Casing): string {
  let out = "";
  let from = 0;
  for (const { lower, start, end, isStop } of wordsOf(text)) {
    const form = text.slice(start, end);
    const usual = isStop ? functionWord(form, lower) : spelled(lower, casing);
    out += text.slice(from, start) + usual;
    from = end;
  }
  return out + text.slice(from);
}

/** "it" as a shout is the word; "IT" in a sentence is a thing. */
function functionWord(form: string, lower: string): string {
  if (/^i(?:['’]|$)/.test(lower)) return `I${form.slice(1).toLowerCase()}`;
  return /^\p{Lu}{2}$/u.test(form) ? form : lower;
}

function spelled(lower: string, casing: Casing): string {
  const usual = casing.get(lower) ?? lower;
  return usual === lower ? (properName(lower) ?? lower) : usual;
}

/** "user" though it begins with a vowel, "hour" though it does not. */
const AN = /^(?:hour|honest|heir|honou?r|[aeiou](?!ni(?:t|q|v|f)|se|sa|ti|ro|ne|wu)|[AEFHILMNORSX](?:[A-Z]|\b))/;
const PEOPLE = new Set(
  "wife husband mother father mom mum dad son daughter sister brother parents family friend friends girlfriend boyfriend partner boss manager kid kids child children baby grandmother grandfather grandma grandpa colleague colleagues team cat dog aunt uncle niece nephew".split(
    " ",
  ),
);
const UNCOUNTED = new Set(
  "access advice baggage cash clothing code content credit data documentation education electricity equipment experience feedback furniture hair health help history homework income information insurance internet java javascript knowledge luggage mail money music paperwork permission progress python research rice sleep software sql storage time traffic training typescript water weight wifi wi-fi work writing skin stuff text identity".split(
    " ",
  ),
);

/** A name for many from the words of one: "cancel my subscription" becomes "Cancel a subscription". */
export function titleText(text: string, kind: TitleKind, casing: Casing): string {
  const general = text
    .replace(/^(\p{L}+) (?:me|us) (?=\S)/iu, "$1 ")
    .replace(
      /(?<![\p{L}\p{N}])(?:my|our|your) (?!own\b)(?=(\p{L}[\p{L}\p{N}'’&.-]*)((?: \p{L}[\p{L}\p{N}'’&.-]*)*))/giu,
      (_, first: string, rest: string, offset: number) =>
        articleFor(first, rest, kind === "act" || (offset > 0 && !/^\S+ $/.test(text.slice(0, offset)))),
    );
  return capitalised(recase(general, casing));
}

function articleFor(first: string, rest: string, wanted: boolean): string {
  if (PEOPLE.has(first.toLowerCase())) return "my ";
  if (!wanted) return "";
  // The noun is the last of the words of content that follow.
  const words = [first];
  for (const word of rest.trim().split(" ")) {
    if (word === "" || wordsOf(word)[0]?.isStop !== false) break;
    words.push(word);
  }
  const noun = words.at(-1)!.toLowerCase();
  if (/[^s]s$/.test(noun) && !/(?:us|is|news)$/.test(noun)) return "";
  if (UNCOUNTED.has(noun) || UNCOUNTED.has(first.toLowerCase())) return "";
  return AN.test(first) ? "an " : "a ";
}

export function capitalised(text: string): string {
  return text.replace(/^[^\p{L}]*\p{Ll}(?![\p{L}]*\p{Lu})/u, (start) => start.toUpperCase());
}
