import { withoutAsking } from "./asking.js";
import type { AskKind } from "./asking-patterns.js";
import { areNeighbours, isCommand, isImperative } from "./noun-phrases.js";
import { splitLine } from "./sentences.js";
import { type Word, wordsOf } from "./words.js";

/** A clause is a state of affairs told as a whole sentence; what people add about themselves is mostly told so. */
export type TitleKind = AskKind | "clause";

/** A piece of what somebody asked for that could be the name of it. */
export interface Title {
  readonly text: string;
  readonly kind: TitleKind;
  /** From the first clause of what was asked. */
  readonly isFirst: boolean;
  /** Of its content words, each once. */
  readonly stems: readonly string[];
}

const MOST_CHARACTERS = 64;
const MOST_WORDS = 10;
/** Of a long request the beginning says what it is. */
const MOST_SENTENCES = 4;

/** Where a sentence turns to something else. */
const TURN =
  /[;:,]\s+|\s[-–—]+\s|\s+(?=(?:but|because|bc|cuz|since|although|though|whereas|and (?:i|it|we|my|he|she|they|how|what|want|wanted|now|then|need))\b)|[、，；：]/iu;
/** Nothing ends in front of these: they belong to the verb before them, or begin what it is about. */
const NEEDED = new Set("that me you him us them it myself yourself itself".split(" "));
const PARTICLES = new Set(["in", "out", "up", "off", "on", "down", "back", "away", "over"]);
/** What goes on behind these belongs to what is before them. */
const GOES_ON = new Set("of de du des d del della di do da von van vom between".split(" "));

/** Every beginning of every clause that could stand alone, from the first word of content to the end of a phrase. */
export function titlesOf(request: string, language?: string): Title[] {
  const clauses = splitLine(request)
    .slice(0, MOST_SENTENCES)
    .flatMap((sentence) => sentence.split(TURN).filter((clause, at) => at === 0 || !LOST_SUBJECT.test(clause)))
    .flatMap((clause) => splitAtAsking(clause, language));
  return clauses.flatMap((clause, at) => titlesOfClause(clause, language, at === 0));
}

/** "Tengo una tabla y necesito la última fila": what comes second is what is wanted. */
function splitAtAsking(clause: string, language: string | undefined): string[] {
  const [before, ...rest] = clause.split(AND);
  const after = clause.slice(before!.length).replace(AND, "");
  return rest.length > 0 && withoutAsking(after, language).kind !== "state" ? [before!, after] : [clause];
}

/** In the middle of a sentence no question begins so: who is spoken of stands before. */
const LOST_SUBJECT =
  /^(?:and |or |but )?(?:is|are|was|were|am|has|have|had|does|did|will|would|can|could)(?![\p{L}'’])/iu;

const AND = /\s+(?:y|e|et|und|en|mas|pero|mais|aber|maar|ma|но|и)\s+/u;

function titlesOfClause(clause: string, language: string | undefined, isFirst: boolean): Title[] {
  const { text, kind: asked } = withoutAsking(clause, language);
  const words = wordsOf(text);
  const kind = kindOf(asked, words);
  const start = kind === "question" ? 0 : words.findIndex((word) => !LEADING.has(word.lower));
  if (start < 0 || words.length === 0 || (kind !== "act" && LEANS_BACK.has(words[start]!.lower))) return [];
  if (kind === "clause" && VERBS.has(words[start]!.lower)) return [];
  let needsAll = NEEDS_ITS_END.test(text) || kind === "clause";
  const titles: Title[] = [];
  const stems = new Set<string>();
  for (let at = start; at < Math.min(words.length, start + MOST_WORDS); at++) {
    const word = words[at]!;
    if (at > start && SUBORDINATE.has(word.lower)) needsAll = true;
    if (!word.isStop) stems.add(word.stem);
    if (stems.size === 0 || !endsPhrase(words, at, start, text) || (needsAll && at < words.length - 1)) continue;
    const span = text.slice(words[start]!.start, word.end).replace(/\s+/g, " ");
    if (span.length > MOST_CHARACTERS) break;
    if (/\bbetween\b(?!.*\b(?:and|or)\b)/i.test(span) || !isBalanced(span)) continue;
    titles.push({ text: span, kind, isFirst, stems: [...stems] });
  }
  return titles;
}

function kindOf(asked: AskKind, words: readonly Word[]): TitleKind {
  if (asked !== "state" || words.length === 0) return asked;
  if (isCommand(words)) return "act";
  return isSaid(words) ? "clause" : "state";
}

/** Nothing quoted, bracketed or formula-like is cut in the middle. */
function isBalanced(span: string): boolean {
  return (
    !/["“”«»<>=|\\{}[\]]|(?:^|\s)['‘]/.test(span) &&
    (span.match(/\(/g)?.length ?? 0) === (span.match(/\)/g)?.length ?? 0)
  );
}

/** What begins with these hangs on something that is not there. */
const LEANS_BACK = new Set(
  "in on at of to for from by with without behind under over into between and or but nor yet only even still just also than as if en de con por para sin although though because since while until unless not no dans sur avec sans pour auf bei mit von zu em com sem su di per senza".split(
    " ",
  ),
);

/** Whether this is a sentence, which says nothing without its end, and not the name of a thing: it has a verb in the middle. */
function isSaid(words: readonly Word[]): boolean {
  return words.some(({ lower }, at) => {
    if (VERBS.has(lower)) return true;
    if (at === 0) return false;
    return (
      (lower.endsWith("s") && isImperative(lower.slice(0, -1))) ||
      (lower.endsWith("ed") && words[at + 1]?.isStop !== false)
    );
  });
}

const VERBS = new Set(
  "is it's its i'm i've isn't are aren't was wasn't were weren't am be been has hasn't have haven't had hadn't does doesn't do don't did didn't can cant can't cannot could couldn't will wont won't would wouldn't should shouldn't must may might says gets keeps wants needs goes comes got went i you he she it we they".split(
    " ",
  ),
);

/** What follows these is a sentence of its own, not to be cut in the middle. */
const SUBORDINATE = new Set(
  "when while if that which who whose because until unless although as than whether where how why what so".split(" "),
);
/** Cut short, these have no verb: "how interest is calculated". */
const NEEDS_ITS_END = /^(?:how|why|when|where|whether|if|who|which|what)\b/i;

const LEADING = new Set(
  "a an the my our your his her their this that these those some any un una el la los las mi une le les l ma mon mes ein eine einen die der das den meine mein meinen um uma o os as meu minha il lo gli mio mia het een mijn".split(
    " ",
  ),
);

/** Whether a phrase that began at `start` can end with this word: what follows is no part of it. */
function endsPhrase(words: readonly Word[], at: number, start: number, text: string): boolean {
  const next = words[at + 1];
  const isLast = !next || !areNeighbours(words[at]!, next, text);
  if (words[at]!.isStop) {
    // "log in": the particle belongs to the verb, unless a thing follows: "hours in Kyoto".
    if (at === start || !PARTICLES.has(words[at]!.lower) || words[at - 1]!.isStop) return false;
    return isLast || LEANS_BACK.has(next.lower);
  }
  if (isLast) return true;
  if (
    !next.isStop ||
    GOES_ON.has(next.lower) ||
    NEEDED.has(next.lower) ||
    LEADING.has(next.lower) ||
    /^\d/.test(next.lower)
  )
    return false;
  const after = words[at + 2];
  return !PARTICLES.has(next.lower) || (after !== undefined && !LEANS_BACK.has(after.lower));
}
