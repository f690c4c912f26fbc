import { type Word, wordsOf } from "./words.js";

/** One to three words that belong together and name a thing, as far as their neighbours tell. */
export interface NounPhrase {
  /** Equal for phrases of the same words, whatever their form. */
  readonly key: string;
  readonly stems: readonly string[];
  /** As it stands in the text. */
  readonly surface: string;
  /** Not a piece of a longer one. */
  readonly isWhole: boolean;
}

/** How often a word stands where nouns, verbs or adjectives do. */
export interface WordUse {
  noun: number;
  verb: number;
  adjective: number;
}

const MOST_WORDS = 3;
const setOf = (words: string) => new Set(words.split(/\s+/));

const BEFORE_NOUNS =
  setOf(`a an the my your our his their these those some any each every another of for with in on about from by at into between without via using per
  un una el la los las mi tu su de del con para por en sobre sin une le les du des mon ma mes ton votre d l avec pour sur dans sans ein eine einen einem einer der die das den dem
  meine mein meinen meiner ihre für mit von im zum zur bei ohne auf über um uma o os as meu minha seu do da dos das com em no na sem il lo gli i mio mia di della dello dei con per su
  het een mijn uw van voor met op zonder`);
const BEFORE_VERBS =
  setOf(`to i we you he she it they who can could will would should must may might shall don't doesn't didn't can't cannot won't wouldn't couldn't how do does did not please
  let's never puedo quiero cómo se je peux comment ne pas ich kann posso quero como eu non ik kan`);
const BEFORE_ADJECTIVES =
  setOf(`is are was were be been being am very so too really still more most quite always it's i'm that's isn't aren't wasn't
  es está son muy est sont très ist sind sehr é são muito è sono molto zeer erg`);
/** Between two nouns that are one thing: "terms of service". */
const JOINTS = setOf("of de du des d del della di do da von van");

/** At the beginning of a sentence these ask for something; the thing comes after them. */
const IMPERATIVES =
  setOf(`add analyze analyse answer apply arrange ask avoid brainstorm build calculate change check choose clean compare complete compose configure connect convert correct create
  debug define delete describe design develop discuss download draft draw edit enable estimate evaluate explain extract fill find fix format generate give guess guide help identify implement improve
  include increase insert install integrate invent list locate log make merge migrate modify move open optimise optimize organise organize outline paraphrase parse pick plan prepare print proofread prove
  provide put rank read recommend reduce remove rename rephrase replace reset resolve retrieve return reverse review rewrite run save schedule select send set share shorten show simplify solve sort split
  start stop suggest sum summarise summarize swap switch take tell test track train transfer transform translate troubleshoot turn understand uninstall unlock unsubscribe update upgrade upload use
  validate verify view visualise visualize walk write cancel`);

/** Nouns that alone name nothing. */
const VAGUE =
  setOf(`day time week month year hour minute back row difference example number name people person friend work kid rest reading problem issue question step type kind part list case point idea place end side top
  bottom thing stuff way lot bit set order line level order form case fact reason result place piece pair version value amount total beginner page item día tag jour dia`);

/**
 * The noun phrases of a text and every shorter phrase inside them; `uses` is told where words were seen.
 */
export function nounPhrasesOf(text: string, uses?: Map<string, WordUse>): NounPhrase[] {
  const words = wordsOf(text);
  const found: NounPhrase[] = [];
  for (let from = 0; from < words.length; from++) {
    if (isFunction(words[from]!)) continue;
    let to = from + 1;
    while (to < words.length && !isFunction(words[to]!) && areNeighbours(words[to - 1]!, words[to]!, text)) to++;
    const run = nounsOf(words, from, to, text, uses);
    found.push(...phrasesIn(run, text), ...joined(words, run, to, text));
    from = to - 1;
  }
  return found;
}

/** Some words are articles in one language and content in another: "die". */
function isFunction({ isStop, lower }: Word): boolean {
  return isStop || BEFORE_NOUNS.has(lower);
}

/** Of the content words `from` to `to`, those that name a thing: all but a verb in front. */
function nounsOf(
  words: readonly Word[],
  from: number,
  to: number,
  text: string,
  uses: Map<string, WordUse> | undefined,
): readonly Word[] {
  const before = from > 0 && areNeighbours(words[from - 1]!, words[from]!, text) ? words[from - 1]!.lower : undefined;
  const run = words.slice(from, to);
  // In the middle of a sentence a capital begins a name; in German, any noun.
  const isName = before !== undefined && /\p{Lu}/u.test(text[run[0]!.start]!);
  if (isName) count(uses, run[0]!, "noun");
  if (before === undefined ? IMPERATIVES.has(run[0]!.lower) : BEFORE_VERBS.has(before) && !isName) {
    count(uses, run[0]!, "verb");
    if (run.length > 1) count(uses, run.at(-1)!, "noun");
    return run.slice(1);
  }
  if (before !== undefined && BEFORE_ADJECTIVES.has(before)) {
    count(uses, run[0]!, "adjective");
    return [];
  }
  if (before !== undefined && BEFORE_NOUNS.has(before)) count(uses, run.at(-1)!, "noun");
  return run;
}

function count(uses: Map<string, WordUse> | undefined, { stem }: Word, as: keyof WordUse): void {
  if (!uses) return;
  const use = uses.get(stem) ?? { noun: 0, verb: 0, adjective: 0 };
  use[as]++;
  uses.set(stem, use);
}

function phrasesIn(run: readonly Word[], text: string): NounPhrase[] {
  const found: NounPhrase[] = [];
  for (let from = 0; from < run.length; from++) {
    for (let to = from + 1; to <= Math.min(run.length, from + MOST_WORDS); to++) {
      const stems = run.slice(from, to).map(({ stem }) => stem);
      if (new Set(stems).size < stems.length) break;
      found.push({
        key: stems.join(" "),
        stems,
        surface: surfaceOf(text, run[from]!, run[to - 1]!),
        isWhole: from === 0 && to === run.length,
      });
    }
  }
  return found;
}

/** "terms of service", from its end on: the run before the joint, and what follows it. */
function joined(words: readonly Word[], run: readonly Word[], to: number, text: string): NounPhrase[] {
  const [joint, next, after] = [words[to], words[to + 1], words[to + 2]];
  const last = run.at(-1);
  if (!last || !joint || !next || next.isStop || !JOINTS.has(joint.lower)) return [];
  if (!areNeighbours(last, joint, text) || !areNeighbours(joint, next, text) || last.stem === next.stem) return [];
  const ends = after && !after.isStop && areNeighbours(next, after, text) ? [next, after] : [next];
  return ends.map((end) => {
    const stems = [last.stem, ...ends.slice(0, ends.indexOf(end) + 1).map(({ stem }) => stem)];
    return { key: stems.join(" "), stems, surface: surfaceOf(text, last, end), isWhole: end === ends.at(-1) };
  });
}

function surfaceOf(text: string, first: Word, last: Word): string {
  return text.slice(first.start, last.end).replace(/\s+/g, " ");
}

export function areNeighbours(left: Word, right: Word, text: string): boolean {
  return /^[\s'’&-]*$/.test(text.slice(left.end, right.start));
}

/** Whether a phrase can stand alone as the name of a thing, from how its words are used elsewhere. */
export function isNounLike({ stems, surface }: NounPhrase, uses: ReadonlyMap<string, WordUse>): boolean {
  const last = uses.get(stems.at(-1)!);
  if (/[^\p{Script=Latin}\p{N}\p{P}\s]/u.test(surface)) return true;
  if (/ly$/i.test(surface) || (stems.length === 1 && IMPERATIVES.has(stems[0]!)))
    return (last?.noun ?? 0) > 2 * (last?.verb ?? 0) + 2;
  if (stems.length === 1 && VAGUE.has(stems[0]!)) return false;
  if (stems.length === 1) return last !== undefined && last.noun > 0 && last.noun >= last.verb + last.adjective;
  const first = uses.get(stems[0]!);
  if (/ed |(?:ed|ing)$/.test(surface) && (last?.noun ?? 0) < 2 * ((last?.verb ?? 0) + (last?.adjective ?? 0)) + 2)
    return false;
  return (
    last !== undefined &&
    last.noun > 0 &&
    last.noun >= last.verb + last.adjective &&
    (first === undefined || first.verb <= first.noun + 1)
  );
}

export function isImperative(word: string): boolean {
  return IMPERATIVES.has(word);
}

/** "Build a shed", but not "build takes hours". */
export function isCommand([first, second]: readonly Word[]): boolean {
  return first !== undefined && isImperative(first.lower) && !(second && FINITE.test(second.lower));
}

const FINITE =
  /^(?:is|isn't|isnt|are|was|were|has|had|does|doesn't|doesnt|did|didn't|takes|took|keeps|kept|gets|got|fails|failed|makes|made|seems|goes|went|gives|says|won't|can't|will|would)$/;
