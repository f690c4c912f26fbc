import { piecesOf } from "./template.mjs";

/** No wording of the generator may occur in a larger share of the conversations. */
export const LARGEST_SHARE = 0.02;

/** Fewer words than this are no phrase. */
const PHRASE_WORDS = 3;
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’]\p{L}+)*/gu;

/** Lower-case words without punctuation. */
export const wordsOf = (text) => text.toLowerCase().match(WORD) ?? [];

/**
 * Every literal text of three words or more that the generator can emit, as its words with spaces between, once each.
 * @param {{ intents: readonly import("./read-intents.mjs").Intent[], shared: import("./read-intents.mjs").Intent }} material
 */
export function phrasesOf({ intents, shared }) {
  const templates = [...intents, shared].flatMap(
    ({ situations, circumstances, advice, more, ends, scripts, values }) => [
      ...circumstances,
      ...advice,
      ...situations.flatMap(({ openings, answers }) => [...openings, ...answers]),
      ...[...situations.flatMap((situation) => situation.more), ...more, ...ends].flatMap(({ text, replies }) => [
        text,
        ...replies,
      ]),
      ...scripts.flatMap(({ turns }) => turns),
      ...[...values.values()].flat(),
    ],
  );
  const phrases = templates.flatMap(piecesOf).map(wordsOf);
  return [...new Set(phrases.filter(({ length }) => length >= PHRASE_WORDS).map((words) => words.join(" ")))];
}

/**
 * In how many conversations each phrase occurs, most first.
 * @param {readonly { messages: readonly { content: string }[] }[]} conversations
 * @param {readonly string[]} phrases as `phrasesOf` gives them
 * @returns {[phrase: string, conversations: number][]}
 */
export function occurrencesOf(phrases, conversations) {
  // A phrase is looked for only where its first three words stand: thousands of phrases in a megabyte of text.
  const byStart = new Map();
  for (const phrase of phrases) {
    const start = phrase.split(" ", PHRASE_WORDS).join(" ");
    byStart.set(start, [...(byStart.get(start) ?? []), phrase]);
  }
  return count(conversations, (words) =>
    words.flatMap((_, at) => {
      const candidates = byStart.get(words.slice(at, at + PHRASE_WORDS).join(" ")) ?? [];
      return candidates.filter((phrase) => words.slice(at, at + phrase.split(" ").length).join(" ") === phrase);
    }),
  );
}

/** In how many conversations each run of four words occurs, most first. */
export function fourGramsOf(conversations) {
  return count(conversations, (words) => words.slice(3).map((_, at) => words.slice(at, at + 4).join(" ")));
}

function count(conversations, findIn) {
  const counts = new Map();
  for (const { messages } of conversations) {
    const found = new Set(messages.flatMap(({ content }) => findIn(wordsOf(content))));
    for (const text of found) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
