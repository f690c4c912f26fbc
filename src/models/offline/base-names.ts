import { type Field, type Member, mainLanguage, sumOf, tellingness } from "./field.js";
import { listOf, type Tag } from "./tags.js";
import { capitalised, titleText } from "./title-text.js";
import type { Title } from "./titles.js";

/**
 * Candidates for the name of a group of conversations, best first: pieces of what its members asked for. Where none speaks for most of
 * them, things that they ask about.
 */
export function baseNames(members: readonly Member[], tags: readonly Tag[], field: Field): string[] {
  const counts = sumOf(members.map(({ stems }) => stems));
  const values = new Map(
    [...counts].map(([stem, count]) => [stem, tellingness(count, field.stems.get(stem)!, members.length, field.size)]),
  );
  const best = Math.max(1e-9, ...values.values());
  const worthOf = (stem: string) => (values.get(stem) ?? 0) / best;
  const distinct = new Map<string, { title: Title; times: number }>();
  for (const { titles } of members) {
    for (const title of titles) {
      const entry = distinct.get(title.text) ?? { title, times: 0 };
      distinct.set(title.text, entry);
      entry.times++;
    }
  }
  const scored = [...distinct.values()]
    .map(({ title, times }) => ({ title, score: titleScore(title, worthOf) + REPEATED * Math.log2(times) }))
    .sort(byScore)
    .slice(0, MOST_TITLES)
    .map(({ title, score }) => ({ title, score: score + COVERAGE * coverageOf(title, members, worthOf) }))
    .filter(({ score }) => score > 0)
    .sort(byScore);
  const names = scored.map(({ title }) => titleText(title.text, title.kind, field.casing));
  const list = listOfTags(members, tags);
  const isTold =
    scored[0] !== undefined &&
    (members.length < 4 || list === "" || coverageOf(scored[0].title, members, worthOf) >= ENOUGH);
  return [
    ...new Set([...(isTold ? [] : [list]), ...names, list, ...tags.slice(0, 3).map(({ text }) => capitalised(text))]),
  ].filter((name) => name !== "");
}

function byScore(a: { title: Title; score: number }, b: { title: Title; score: number }): number {
  return b.score - a.score || a.title.text.length - b.title.text.length || (a.title.text < b.title.text ? -1 : 1);
}

/** Coverage is looked at for these only. */
const MOST_TITLES = 200;

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
