import { wordsOf } from "./words.js";

/** Of a text, this much is read: a pasted book is no conversation. */
const MOST_CHARACTERS = 20_000;

/** Words that say something, and pairs of those that follow each other, with how often. */
export function termsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  let before: string | undefined;
  for (const { stem, isStop } of wordsOf(text.slice(0, MOST_CHARACTERS))) {
    if (isStop) continue;
    add(stem);
    if (before !== undefined) add(`${before} ${stem}`);
    before = stem;
  }
  return counts;
}

/** Counts of terms as tf-idf with a logarithmic count, of length 1. In the order given. */
export function weighed(
  counts: readonly (readonly [term: number, count: number])[],
  weights: Float32Array,
): [number, number][] {
  let square = 0;
  const values = counts.map(([term, count]): [number, number] => {
    const value = (1 + Math.log(count)) * weights[term]!;
    square += value * value;
    return [term, value];
  });
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  return values.map(([term, value]) => [term, value * scale]);
}
