import { breather } from "../../math/breathe.js";
import type { Conversation } from "../../rows/builtin.js";
import { nounPhrasesOf, type WordUse } from "./noun-phrases.js";
import { wordsOf } from "./words.js";

/** What is usual in a set of conversations, and so says nothing of any one of them. */
export interface Corpus {
  readonly conversations: number;
  /** In how many conversations a stem occurs. */
  readonly frequencies: ReadonlyMap<string, number>;
  /** Lines, and beginnings of lines up to a colon, that many conversations share: forms that were filled in. */
  readonly boilerplate: ReadonlySet<string>;
  /** Lines that a good many conversations share: stock phrases, which say little of any one of them. */
  readonly stock: ReadonlySet<string>;
  /** What users' words are: nouns, verbs. */
  readonly uses: ReadonlyMap<string, WordUse>;
}

/** Fewer conversations than this have no usual form. */
const FEWEST = 10;
/** A line that more than this share of the conversations have is a form. */
const BOILERPLATE_SHARE = 0.2;
/** Shared by more than this, a line is a stock phrase. */
const STOCK_SHARE = 0.02;
const FEWEST_SHARING = 3;
/** Of each message, this much tells how words are used. */
const USES_LENGTH = 500;
/** Numbers of distinct lines kept while counting; beyond it those seen once are dropped. */
const MOST_LINES = 500_000;

export async function corpusOf(conversations: Iterable<Conversation>, signal?: AbortSignal): Promise<Corpus> {
  const breathe = breather(signal);
  const frequencies = new Map<string, number>();
  const lines = new Map<string, number>();
  const uses = new Map<string, WordUse>();
  let count = 0;
  for (const { messages } of conversations) {
    await breathe();
    count++;
    const text = messages.map((message) => message.content).join("\n");
    for (const stem of new Set(
      wordsOf(text)
        .filter((word) => !word.isStop)
        .map((word) => word.stem),
    )) {
      frequencies.set(stem, (frequencies.get(stem) ?? 0) + 1);
    }
    for (const { role, content } of messages) if (role === "user") nounPhrasesOf(content.slice(0, USES_LENGTH), uses);
    for (const line of new Set(text.split("\n").flatMap(formsOf))) lines.set(line, (lines.get(line) ?? 0) + 1);
    if (lines.size > MOST_LINES) for (const [line, seen] of lines) if (seen === 1) lines.delete(line);
  }
  const sharedBy = (share: number) =>
    new Set([...lines].filter(([, seen]) => seen >= FEWEST_SHARING && seen > count * share).map(([line]) => line));
  return {
    conversations: count,
    frequencies,
    boilerplate: sharedBy(count >= FEWEST ? BOILERPLATE_SHARE : 1),
    stock: sharedBy(STOCK_SHARE),
    uses,
  };
}

/** A text without the forms that its corpus shares; all of it where nothing else is in it: many people may ask the very same. */
export function withoutBoilerplate(text: string, { boilerplate }: Corpus): string {
  if (boilerplate.size === 0) return text;
  const rest = text
    .split("\n")
    .map((line) => {
      const [whole, label] = formsOf(line);
      if (whole !== undefined && boilerplate.has(whole)) return "";
      return label !== undefined && boilerplate.has(label) ? line.trimStart().slice(label.length) : line;
    })
    .join("\n");
  return /\p{L}/u.test(rest) ? rest : text;
}

/** A line, and its label: up to five words before a colon. */
function formsOf(line: string): string[] {
  const whole = line.trim();
  if (whole === "") return [];
  const label = /^[^:]{2,40}:/.exec(whole)?.[0];
  return label && label.split(/\s+/).length <= 6 ? [whole, label] : [whole];
}

/** How much a stem tells: the logarithm of how few conversations have it. */
export function idf(stem: string, { conversations, frequencies }: Corpus): number {
  return Math.log((1 + conversations) / (1 + (frequencies.get(stem) ?? 0)));
}
