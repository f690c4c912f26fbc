import type { Conversation, ConversationSummary } from "../../rows/builtin.js";
import { withoutAsking } from "./asking.js";
import { type Corpus, idf, withoutBoilerplate } from "./corpus.js";
import { assistantErrors, concerningScore, frustrationScore } from "./facets.js";
import { languageOf, programmingLanguagesOf } from "./language.js";
import { mask } from "./mask.js";
import { isCommand, isNounLike, type NounPhrase, nounPhrasesOf } from "./noun-phrases.js";
import { isCode, isGreeting, sentencesOf, shorten, withoutFences, withoutGreeting } from "./sentences.js";
import { wordsOf } from "./words.js";

/** Raised whenever the same conversations would be summarised otherwise. */
export const SUMMARISER_ID = "offline/extractive-2";

const TASK_LENGTH = 120;
const SUMMARY_LENGTH = 300;
/** Sentences beside the request. */
const MOST_ADDED = 2;
/** What users say tells more of what they want than what they are answered. */
const USER_WEIGHT = 2;
const REQUEST_LENGTH = 200;
/** This much of a text tells its language. */
const LANGUAGE_LENGTH = 4_000;
/** Beyond this much of a message nothing is looked at: pasted logs and books. */
const MESSAGE_LENGTH = 20_000;

interface Sentence {
  readonly text: string;
  readonly role: string;
  /** Position among the sentences of its role, from 0. */
  readonly at: number;
  /** Position of its message among those of its role, from 0. */
  readonly message: number;
  readonly stems: readonly string[];
}

type Answer = Omit<ConversationSummary, "chat_id" | "metadata" | "embedding">;

/**
 * A summary made of the conversation's own sentences: the request, and what else is most typical of it and least of others. Rough, and
 * honest about it: nothing is in it that was not said.
 */
export function summariseOffline({ messages }: Conversation, corpus: Corpus): Answer {
  const read = messages.map(({ role, content }) => ({ role, text: mask(beginningOfText(content)) }));
  const said = read.map(({ role, text }) => ({ role, text: withoutBoilerplate(withoutFences(text), corpus) }));
  const users = said.filter(({ role }) => role === "user");
  const userText = users.map(({ text }) => text).join("\n");
  const all = read.map(({ text }) => text).join("\n");
  const language = languageOf(userText.slice(0, LANGUAGE_LENGTH)) ?? languageOf(all.slice(0, LANGUAGE_LENGTH));
  const others = said.filter(({ role }) => role !== "user" && role !== "system");
  const sentences = [...sentencesFrom("user", users), ...sentencesFrom("assistant", others)];
  const request = requestOf(sentences, users, language);
  const requestText = shorten(
    (request && withoutGreeting(request.text)) ?? users.find(({ text }) => text.trim() !== "")?.text ?? "",
    REQUEST_LENGTH,
  );
  const topic = topicOf(sentences, request, corpus);
  const languages = [...(language ? [language] : []), ...programmingLanguagesOf(all)];
  const later = users.slice(1).flatMap(({ text }) => sentencesOf(text));
  return {
    summary:
      summaryOf(request, sentences, corpus) ||
      shorten(userText.trim() || others.map(({ text }) => text).join(" "), SUMMARY_LENGTH),
    request: requestText === "" ? null : requestText,
    topic: topic === "" ? null : topic,
    languages: languages.length > 0 ? languages : null,
    task: request ? taskOf(request.text, language) : null,
    concerning_score: concerningScore(userText),
    user_frustration: frustrationScore(users.map(({ text }) => text)),
    assistant_errors: assistantErrors(later),
  };
}

/** Never half of a character. */
function beginningOfText(text: string): string {
  return text.length <= MESSAGE_LENGTH ? text : text.slice(0, MESSAGE_LENGTH).replace(/[\ud800-\udbff]$/, "");
}

function sentencesFrom(role: string, messages: readonly { text: string }[]): Sentence[] {
  return messages
    .flatMap(({ text }, message) => sentencesOf(text).map((sentence) => ({ text: sentence, message })))
    .map(({ text, message }, at) => ({
      text,
      role,
      at,
      message,
      stems: wordsOf(text)
        .filter((word) => !word.isStop)
        .map((word) => word.stem),
    }));
}

/**
 * The sentence that says best what is wanted: it asks, it comes early, it says something. Of a long message, which is mostly pasted,
 * only the beginning and the end are looked at.
 */
function requestOf(
  sentences: readonly Sentence[],
  messages: readonly { text: string }[],
  language: string | undefined,
): Sentence | undefined {
  let best: Sentence | undefined;
  let most = Number.NEGATIVE_INFINITY;
  const users = sentences.filter(({ role }) => role === "user");
  for (let message = 0; message < Math.min(messages.length, REQUEST_MESSAGES); message++) {
    const own = users.filter((sentence) => sentence.message === message);
    const isLong = messages[message]!.text.length > PASTED_LENGTH;
    own.forEach((sentence, at) => {
      if (sentence.stems.length === 0 || (isLong && at >= 3 && at < own.length - 2)) return;
      const isPasted = isLong && at > 0 && at < own.length - 2;
      const isAsking = asks(sentence.text, language, isPasted);
      const place = at === 0 && isLong ? 1.5 : at < 3 || !isLong ? -0.3 * at : -1.5;
      const substance = sentence.stems.length >= 2 && !isCode(sentence.text) ? 0 : -1.5;
      const score =
        (isAsking ? 2 : 0) + place + substance - LATER_MESSAGE_COST * message - (sentence.text.length > 250 ? 0.5 : 0);
      if (score <= most) return;
      best =
        isAsking || isLong
          ? withContext(sentence, own[at - 1])
          : beginningOf(own.slice(at).filter(({ stems }) => stems.length > 0));
      most = score;
    });
  }
  return best;
}

/** Who does not ask tells what is the matter, and seldom in one sentence. */
function beginningOf(sentences: readonly Sentence[]): Sentence {
  const first = sentences[0]!;
  let text = first.text;
  let taken = 1;
  for (const { text: next } of sentences.slice(1)) {
    if (text.length + next.length + 2 > REQUEST_LENGTH) break;
    text = `${endedSentence(text)} ${next}`;
    taken++;
  }
  return { ...first, text, stems: sentences.slice(0, taken).flatMap(({ stems }) => stems) };
}

/** "How can I fix it?" says nothing without the sentence before. */
function withContext(sentence: Sentence, before: Sentence | undefined): Sentence {
  const isClear = sentence.stems.length > 2 && !/\b(?:it|this|that|them|these|those)\b/i.test(sentence.text);
  if (
    !before ||
    isClear ||
    before.stems.length === 0 ||
    isGreeting(before.text) ||
    before.text.length + sentence.text.length > REQUEST_LENGTH
  )
    return sentence;
  return {
    ...sentence,
    text: `${endedSentence(before.text)} ${sentence.text}`,
    at: before.at,
    stems: [...before.stems, ...sentence.stems],
  };
}

const ASKS_LAST = new Set(["japanese", "korean", "chinese"]);
const REQUEST_MESSAGES = 3;
/** More than asking is worth: what is asked later mostly follows from what came first. */
const LATER_MESSAGE_COST = 2.5;
const PASTED_LENGTH = 600;
const WANTING =
  /^(?:\S+\s+){0,4}(?:need|want|wants|looking|like|give|show|tell|explain|what|what's|describe|recommend|suggest|seeking|provide)\b/i;

/** Pasted text is full of headings that read like commands. */
function asks(sentence: string, language: string | undefined, isPasted: boolean): boolean {
  if (/[?？؟]["”)]?\s*$/.test(sentence)) return true;
  if (isCode(sentence)) return false;
  const { text, kind } = withoutAsking(sentence, language);
  if (kind === "act" || kind === "question") return true;
  if (language !== "english") return kind === "thing" || (ASKS_LAST.has(language ?? "") && text !== sentence.trim());
  return kind === "thing" ? WANTING.test(sentence) : !isPasted && isCommand(wordsOf(text));
}

/** The request, and the sentences that stand best for the whole conversation, in the order in which they were said. */
function summaryOf(request: Sentence | undefined, sentences: readonly Sentence[], corpus: Corpus): string {
  if (!request) return "";
  const whole = weighed(
    sentences.flatMap(({ stems }) => stems),
    corpus,
  );
  const scored = sentences
    .filter(
      ({ text, stems }) => !isCode(text) && stems.length >= 3 && !quotes(request.text, text) && !corpus.stock.has(text),
    )
    .map((sentence) => ({
      sentence,
      score: likeness(weighed(sentence.stems, corpus), whole) * (sentence.role === "user" ? USER_WEIGHT : 1),
    }))
    .sort((a, b) => b.score - a.score);
  const chosen = [{ ...request, text: shorten(request.text, SUMMARY_LENGTH) }];
  let length = request.text.length;
  for (const { sentence } of scored) {
    if (chosen.length > MOST_ADDED) break;
    if (length + sentence.text.length + 2 > SUMMARY_LENGTH) continue;
    length += sentence.text.length + 2;
    chosen.push(sentence);
  }
  return chosen
    .sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || a.at - b.at)
    .map(({ text }) => endedSentence(text))
    .join(" ");
}

/** tf-idf; what no other conversation says stands for nothing. */
function weighed(stems: readonly string[], corpus: Corpus): Map<string, number> {
  const counts = new Map<string, number>();
  for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  for (const [stem, count] of counts) {
    if ((corpus.frequencies.get(stem) ?? 0) < 2) counts.delete(stem);
    else counts.set(stem, (1 + Math.log(count)) * idf(stem, corpus));
  }
  return counts;
}

/** Cosine, but for the length of `whole`. */
function likeness(part: ReadonlyMap<string, number>, whole: ReadonlyMap<string, number>): number {
  let product = 0;
  let square = 0;
  for (const [stem, weight] of part) {
    product += weight * (whole.get(stem) ?? 0);
    square += weight * weight;
  }
  return square === 0 ? 0 : product / Math.sqrt(square);
}

const ROLES = ["user", "assistant"];
function endedSentence(sentence: string): string {
  const text = withoutGreeting(sentence).replace(/[\s,;:–-]+$/u, "");
  return `${text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase())}${/[.!?…。！？؟।)\]"”]$/u.test(text) ? "" : "."}`;
}

/** Whether one text stands in another, whatever its greeting and its first letter. */
function quotes(text: string, sentence: string): boolean {
  return text.toLowerCase().includes(withoutGreeting(sentence).toLowerCase());
}

/** What is to be done, where the request says so. */
function taskOf(request: string, language: string | undefined): string | null {
  if (language !== "english") return null;
  const clause = request
    .split(/(?<=[.?!])\s+|[;:,]\s+(?=(?:i|we|it|my)\b)/i)
    .map((part) => withoutAsking(part, language));
  const act = clause.find(
    ({ kind, text }) =>
      (kind === "act" || isCommand(wordsOf(text))) && wordsOf(text).filter(({ isStop }) => !isStop).length > 1,
  );
  return act ? `The task is to ${shorten(act.text.charAt(0).toLowerCase() + act.text.slice(1), TASK_LENGTH)}.` : null;
}

/** The thing that is most talked of here and least elsewhere, with a second one where that adds to it. */
function topicOf(sentences: readonly Sentence[], request: Sentence | undefined, corpus: Corpus): string {
  const scores = new Map<string, { phrase: NounPhrase; score: number }>();
  for (const sentence of sentences.slice(0, MOST_TOPIC_SENTENCES)) {
    const isRequested = request !== undefined && quotes(request.text, sentence.text);
    if (!isRequested && isCode(sentence.text)) continue;
    const place = isRequested ? REQUESTED : (sentence.role === "user" ? 1.5 : 0.7) / (1 + 0.1 * sentence.at);
    for (const phrase of nounPhrasesOf(sentence.text)) {
      if (!phrase.isWhole || !isNounLike(phrase, corpus.uses)) continue;
      const rarity = phrase.stems.reduce((sum, stem) => sum + idf(stem, corpus), 0) / phrase.stems.length;
      const known = phrase.stems.every((stem) => (corpus.frequencies.get(stem) ?? 0) > 1) ? 1.3 : 1;
      const entry = scores.get(phrase.key) ?? { phrase, score: 0 };
      scores.set(phrase.key, entry);
      entry.score += place * rarity * known * (phrase.stems.length > 1 ? 1.4 : 1);
    }
  }
  const [first, ...others] = [...scores.values()].sort(
    (a, b) => b.score - a.score || (a.phrase.key < b.phrase.key ? -1 : 1),
  );
  if (!first) return "";
  const second = others.find(
    ({ phrase, score }) => score > 0.5 * first.score && !phrase.stems.some((stem) => first.phrase.stems.includes(stem)),
  );
  return [first, ...(second ? [second] : [])].map(({ phrase }) => phrase.surface).join(", ");
}

const MOST_TOPIC_SENTENCES = 60;
/** Beyond what repetition elsewhere adds up to. */
const REQUESTED = 20;
