import { isStopWord } from "./stop-words.js";

/** A word where it stands in its text. */
export interface Word {
  /** As it stands there, in lower case. */
  readonly lower: string;
  /** Lower-case, without plural endings: the same for forms of one word, not always a word itself. */
  readonly stem: string;
  readonly start: number;
  readonly end: number;
  readonly isStop: boolean;
}

/** Letters and digits, with what holds technical names together: w&b, c++, node.js, top-k, don't. */
const WORD = /[\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*(?:['’&./@+-][\p{L}\p{N}_]+)*(?:\+\+|#)?/gu;
/** Scripts that do not put spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const HIRAGANA_ONLY = /^[\p{Script=Hiragana}ー]+$/u;

let segmenter: Intl.Segmenter | undefined;

export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(WORD)) {
    const found = match[0];
    if (UNSPACED.test(found)) words.push(...segment(found, match.index));
    else words.push(wordAt(found, match.index));
  }
  return words;
}

/** Of the words that say something, each once. */
export function stemsOf(text: string): string[] {
  return [...new Set(wordsOf(text).flatMap(({ isStop, stem }) => (isStop ? [] : [stem])))];
}

function segment(text: string, offset: number): Word[] {
  segmenter ??= new Intl.Segmenter("ja", { granularity: "word" });
  return [...segmenter.segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment: found, index }) => {
      // Particles and endings of Japanese are short and in Hiragana; what stands for a topic is mostly not.
      const isStop = HIRAGANA_ONLY.test(found)
        ? found.length <= 4
        : found.length === 1 && !/\p{Script=Han}/u.test(found);
      const lower = found.toLowerCase();
      return { lower, stem: lower, start: offset + index, end: offset + index + found.length, isStop };
    });
}

function wordAt(found: string, start: number): Word {
  const lower = found.toLowerCase().replaceAll("’", "'");
  const stem = stemOf(lower);
  const isStop =
    isStopWord(lower.replace(/'s$/, "")) ||
    (lower.length === 1 && !/\p{L}/u.test(lower)) ||
    lower.length === 1 ||
    /^[\d.,/_-]+$/.test(lower);
  return { lower, stem, start, end: start + found.length, isStop };
}

/** English plurals and possessives only: enough to bring "invoices" and "invoice" together, too little to join strangers. */
export function stemOf(word: string): string {
  const bare = word.replace(/'s?$/, "");
  if (bare.length < 4 || !/^[a-z-]+$/.test(bare)) return bare;
  if (bare.endsWith("ies") && bare.length > 4) return `${bare.slice(0, -3)}y`;
  if (/(?:ss|us|is|ous)$/.test(bare)) return bare;
  if (/(?:ches|shes|sses|xes|zes)$/.test(bare)) return bare.slice(0, -2);
  return bare.endsWith("s") ? bare.slice(0, -1) : bare;
}
