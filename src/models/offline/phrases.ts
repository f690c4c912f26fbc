import { type Word, wordsOf } from "./words.js";

/** One to three words that belong together, function words between them not counted. */
export interface Phrase {
  /** Equal for phrases of the same words, whatever their form and order of function words. */
  readonly key: string;
  readonly stems: readonly string[];
  /** As it stands in the text. */
  readonly surface: string;
}

const MOST_WORDS = 3;
/** Function words that may stand inside a phrase: "terms of service", "log in to the account". */
const MOST_STOPS_INSIDE = 2;

/** Every phrase of a sentence; those that cross a comma, a bracket or the like are none. */
export function phrasesOf(sentence: string): Phrase[] {
  const words = wordsOf(sentence);
  const phrases: Phrase[] = [];
  for (let from = 0; from < words.length; from++) {
    if (words[from]!.isStop) continue;
    const inside: Word[] = [];
    let stops = 0;
    for (let to = from; to < words.length && inside.length < MOST_WORDS; to++) {
      if (to > from && !/^[\s'’-]*$/.test(sentence.slice(words[to - 1]!.end, words[to]!.start))) break;
      if (words[to]!.isStop) {
        if (++stops > MOST_STOPS_INSIDE) break;
        continue;
      }
      inside.push(words[to]!);
      stops = 0;
      const stems = inside.map((word) => word.stem);
      if (new Set(stems).size < stems.length) break;
      phrases.push({ key: stems.join(" "), stems, surface: sentence.slice(words[from]!.start, words[to]!.end).replace(/\s+/g, " ") });
    }
  }
  return phrases;
}
