/** How one person types, and how one answer is laid out. Both are chosen once per conversation. */

export const USER_MANNERS = { careful: 50, lower: 24, hasty: 13, phone: 9, loud: 4 };
export const ANSWER_MANNERS = { numbered: 3, dashed: 3, prose: 4 };

const ABBREVIATIONS = new Map(
  Object.entries({
    you: "u",
    your: "ur",
    please: "pls",
    because: "bc",
    thanks: "thx",
    with: "w/",
    are: "r",
    people: "ppl",
    though: "tho",
  }),
);
/** Code in backticks is pasted, not typed. */
const PASTED = /(```[\s\S]*?```|`[^`\n]+`)/;

/**
 * @param {string} text
 * @param {keyof typeof USER_MANNERS} manner
 * @param {import("./chooser.mjs").Chooser} chooser
 */
export function typedBy(text, manner, chooser) {
  if (manner === "careful") return text;
  const typed = text.split(PASTED).map((part, index) => (index % 2 === 1 ? part : typePart(part, manner, chooser)));
  return typed.join("");
}

function typePart(part, manner, chooser) {
  if (manner === "loud") return loudest(part, chooser);
  if (manner === "hasty")
    return part.replace(/\p{L}{5,}/gu, (word) => (chooser.chance(7) ? misspelt(word, chooser) : word));
  const lower = part.toLowerCase().replace(/\.(?=\s*$)/, "");
  if (manner === "lower")
    return lower.replace(/(?<=\w)'(?=(?:s|t|m|re|ve|ll|d)\b)/g, () => (chooser.chance(70) ? "" : "'"));
  return lower.replace(/[a-z]+/g, (word) => ABBREVIATIONS.get(word) ?? word);
}

/** Now and then one sentence is shouted. */
function loudest(part, chooser) {
  if (part.trim() === "" || chooser.chance(60)) return part;
  const sentences = part.split(/(?<=[.!?])\s+/);
  const at = chooser.below(sentences.length);
  return sentences
    .map((text, index) => (index === at ? text.toUpperCase().replace(/[.!?]$/, shoutedMark) : text))
    .join(" ");
}

const shoutedMark = (mark) => (mark === "?" ? "??" : "!!");

function misspelt(word, chooser) {
  const at = 1 + chooser.below(word.length - 3);
  const [a, b] = [word[at], word[at + 1]];
  return chooser.chance(50) ? word.slice(0, at) + b + a + word.slice(at + 2) : word.slice(0, at) + word.slice(at + 1);
}

/**
 * `before :: item ;; item :: after` as a numbered list, a dashed one, or plain sentences. Of four items or more, one may be left out.
 * @param {string} text
 * @param {keyof typeof ANSWER_MANNERS} manner
 * @param {import("./chooser.mjs").Chooser} chooser
 */
export function laidOut(text, manner, chooser) {
  const [before, listed, after] = text.split(" :: ");
  if (listed === undefined) return text;
  const all = listed.split(" ;; ");
  const left = all.length >= 4 && chooser.chance(50) ? 1 + chooser.below(all.length - 1) : -1;
  const items = all.filter((_, index) => index !== left);
  if (manner === "prose") return [before, ...items, after].filter(Boolean).join(" ");
  const lines = items.map((item, index) => (manner === "numbered" ? `${index + 1}. ${item}` : `- ${item}`));
  return [before, lines.join("\n"), after].filter(Boolean).join("\n\n");
}
