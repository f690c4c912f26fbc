/** A message as the sentences a person reads: without code, tables, quoted logs and markup. */
export function sentencesOf(text: string): string[] {
  return proseOf(text)
    .split(/\n+/)
    .flatMap(splitLine)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\p{L}{2}/u.test(sentence));
}

/** Text without code fences, links and markup. */
export function proseOf(text: string): string {
  return withoutFences(text)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/https?:\/\/\S+|www\.\S+/g, " ")
    .replace(/^\s*(?:[|+].*[|+]|[-=_*~#]{3,})\s*$/gm, "\n")
    .replace(/^\s*(?:#{1,6}|[-*•>]|\d+[.)])\s+/gm, "\n")
    .replace(/[*`~\\]{1,3}|(?<![\p{L}\p{N}])_{1,3}|_{1,3}(?![\p{L}\p{N}_])/gu, "");
}

const GREETING =
  /^(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|hola|buen[oa]s (?:días|tardes|noches)|bonjour|bonsoir|salut|hallo|guten (?:tag|morgen|abend)|olá|oi|bo[am] (?:dia|tarde|noite)|ciao|buongiorno|buonasera|hoi|hej|cześć|merhaba|здравствуйте|привет)(?: (?:there|all|team|everyone))?[,.! –-]+(?=\p{L})/iu;

/** "Hello Anna!", "Dear Ms. Miller,". */
const ADDRESS = /^(?:[Dd]ear )?(?:(?:Mr|Mrs|Ms|Dr|Prof)\.? )?\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)?[,!:] *(?=\p{L})/u;

/** A sentence from where it says something. */
export function withoutGreeting(sentence: string): string {
  const greeting = GREETING.exec(sentence)?.[0] ?? "";
  const rest = sentence.slice(greeting.length);
  return /[\p{L}]\s+$/u.test(greeting) || /^dear /i.test(rest) ? rest.replace(ADDRESS, "") : rest;
}

/** "Hello Anna!" and nothing else. */
export function isGreeting(sentence: string): boolean {
  return /^\P{L}*(?:\p{L}+\P{L}*){0,2}$/u.test(sentence) && GREETING.test(sentence);
}

/** Pasted without a fence: symbols that prose has few of. */
export function isCode(sentence: string): boolean {
  return (
    CODE_LINE.test(sentence) ||
    (sentence.match(/[=(){}[\]<>;|_\\]|::|"[:,]/g)?.length ?? 0) > sentence.length * CODE_SHARE
  );
}

const CODE_SHARE = 0.05;
const CODE_LINE =
  /^\s*(?:(?:def|class|function|func|fn|public|private|static|if|for|while|switch) [^?]*[({:]\s*$|(?:import|from|const|let|var|return|#include|using|package) \S+(?: (?:import|=|from) .*|;)?$)/;

export function withoutFences(text: string): string {
  return text.replace(/```[\s\S]*?(?:```|$)/g, "\n");
}

export function splitLine(line: string): string[] {
  // After a full stop, question or exclamation mark that ends a word of two letters or more, or a full-width one.
  return line.split(/(?<=[\p{L}\p{N})"'»][\p{L}\p{N})"'»][.!?]+["'»)]?)\s+|(?<=[。！？])/u);
}

/** The longest beginning of a text that ends with a word and has at most `length` characters, with an ellipsis if it was cut. */
export function shorten(text: string, length: number): string {
  const clean = text.replace(/\s+/g, " ").trim();
  if (clean.length <= length) return clean;
  const cut = clean.slice(0, length - 1);
  const end = cut.lastIndexOf(" ");
  return `${(end > length / 2 ? cut.slice(0, end) : cut.replace(/[\ud800-\udbff]$/, "")).replace(/[\s,;:.–-]+$/, "")}…`;
}
