import { withoutAsking } from "./asking.js";
import type { Member } from "./field.js";
import { shorten } from "./sentences.js";
import { listOf, type Tag } from "./tags.js";
import { capitalised } from "./title-text.js";
import { stemsOf } from "./words.js";

const EXAMPLES = 2;
const EXAMPLE_LENGTH = 110;

/** How many, about what, and examples in the members' own words. */
export function describeGroup(members: readonly Member[], tags: readonly Tag[]): string {
  const about: Tag[] = [];
  for (const tag of tags) {
    if (about.length === 3) break;
    if (tag.share >= 0.2 && !about.some(({ stems }) => stems.some((stem) => tag.stems.includes(stem)))) about.push(tag);
  }
  const ranked = members
    .map((member) => ({
      text: member.text.split("\n")[0] ?? "",
      score: tags.slice(0, 8).reduce((sum, { key, score }) => sum + (member.phrases.has(key) ? score : 0), 0),
    }))
    .filter(({ text }) => text.trim() !== "")
    .sort((a, b) => b.score - a.score || a.text.length - b.text.length || (a.text < b.text ? -1 : 1));
  const distinct = new Map(ranked.reverse().map(({ text }) => [stemsOf(text).sort().join(" "), text]));
  const examples = [...distinct.values()]
    .reverse()
    .slice(0, EXAMPLES)
    .map((text) => shorten(withoutReport(text), EXAMPLE_LENGTH))
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

/** "The user's overall request for the assistant is to find a table": to the point. */
function withoutReport(text: string): string {
  return /^the (?:users?|conversation|task)\b/i.test(text) ? capitalised(withoutAsking(text).text) : text;
}
