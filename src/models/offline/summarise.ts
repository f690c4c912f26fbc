import type { Conversation, ConversationSummary } from "../../rows/builtin.js";
import { type Corpus, idf, withoutBoilerplate } from "./corpus.js";
import { assistantErrors, concerningScore, frustrationScore, taskOf } from "./facets.js";
import { languageOf, programmingLanguagesOf } from "./language.js";
import { mask } from "./mask.js";
import { phrasesOf } from "./phrases.js";
import { sentencesOf, shorten } from "./sentences.js";
import { wordsOf } from "./words.js";

/** Raised whenever the same conversations would be summarised otherwise. */
export const SUMMARISER_ID = "offline/extractive-1";

const SUMMARY_LENGTH = 300;
const REQUEST_LENGTH = 200;
/** Beyond this much of a message nothing is looked at: pasted logs and books. */
const MESSAGE_LENGTH = 20_000;
const TOPIC_PHRASES = 5;

interface Sentence {
  readonly text: string;
  readonly role: string;
  /** Position among the sentences of its role, from 0. */
  readonly at: number;
  readonly stems: readonly string[];
}

type Answer = Omit<ConversationSummary, "chat_id" | "metadata" | "embedding">;

/**
 * A summary made of the conversation's own sentences: the request, and what else is most typical of it and least of others. Rough, and
 * honest about it: nothing is in it that was not said.
 */
export function summariseOffline({ messages }: Conversation, corpus: Corpus): Answer {
  const cleaned = messages.map(({ role, content }) => ({
    role,
    text: mask(withoutBoilerplate(content.slice(0, MESSAGE_LENGTH), corpus)),
  }));
  const users = cleaned.filter(({ role }) => role === "user");
  const userText = users.map(({ text }) => text).join("\n");
  const sentences = [...sentencesFrom("user", users), ...sentencesFrom("assistant", cleaned.filter(({ role }) => role !== "user"))];
  const request = requestOf(sentences) ?? sentences[0];
  const summary = summaryOf(request, sentences, corpus);
  const all = cleaned.map(({ text }) => text).join("\n");
  const language = languageOf(userText) ?? languageOf(all);
  const languages = [...(language ? [language] : []), ...programmingLanguagesOf(all)];
  const topic = topicOf(sentences, corpus);
  const requestText = request && shorten(request.text, REQUEST_LENGTH);
  const later = users.slice(1).flatMap(({ text }) => sentencesOf(text));
  return {
    summary: summary || shorten(userText || all, SUMMARY_LENGTH),
    request: requestText ?? null,
    topic: topic === "" ? null : topic,
    languages: languages.length > 0 ? languages : null,
    task: requestText ? taskOf(requestText) : null,
    concerning_score: concerningScore(userText),
    user_frustration: frustrationScore(users.map(({ text }) => text)),
    assistant_errors: assistantErrors(later),
  };
}

function sentencesFrom(role: string, messages: readonly { text: string }[]): Sentence[] {
  return messages
    .flatMap(({ text }) => sentencesOf(text))
    .map((text, at) => ({ text, role, at, stems: wordsOf(text).filter((word) => !word.isStop).map((word) => word.stem) }));
}

const ASKING =
  /[?？]|\b(?:how|what|why|which|where|when|can you|could you|help|need|want|looking for|trying to|please|is there|is it|should i|write|explain|show|give|make|find|cómo|qué|quiero|necesito|puedes|comment|pourquoi|je veux|pouvez|wie|warum|kannst|brauche|möchte|como|preciso|quero|pode|come|perché|vorrei|hoe|jak|hur|nasıl)\b|ください|ですか|教えて|たい/iu;

/** The first sentence of the user's that asks and says something; failing that the first that says something. */
function requestOf(sentences: readonly Sentence[]): Sentence | undefined {
  const said = sentences.filter(({ role, stems }) => role === "user" && stems.length >= 2).slice(0, 8);
  return said.find(({ text, at }) => at < 5 && ASKING.test(text)) ?? said[0];
}

/** The request, and the sentence that adds most to it, in the order in which they were said. */
function summaryOf(request: Sentence | undefined, sentences: readonly Sentence[], corpus: Corpus): string {
  if (!request) return "";
  const counts = new Map<string, number>();
  for (const { stems } of sentences) for (const stem of new Set(stems)) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const scored = sentences
    .filter((sentence) => sentence !== request && sentence.stems.length >= 3)
    .map((sentence) => {
      const distinct = [...new Set(sentence.stems)];
      const weight = distinct.reduce((sum, stem) => sum + idf(stem, corpus) * Math.log(1 + counts.get(stem)!), 0);
      const place = 1 / (1 + 0.15 * sentence.at);
      return { sentence, score: (weight / Math.sqrt(4 + sentence.stems.length)) * place * (sentence.role === "user" ? 1.5 : 1) };
    })
    .sort((a, b) => b.score - a.score);
  let text = shorten(request.text, SUMMARY_LENGTH);
  for (const { sentence } of scored.slice(0, 2)) {
    if (text.length + sentence.text.length >= SUMMARY_LENGTH) continue;
    text += `${/[.!?…。！？:]$/.test(text) ? "" : "."} ${sentence.text}`;
  }
  return text;
}

/** Phrases that are frequent here and rare elsewhere. */
function topicOf(sentences: readonly Sentence[], corpus: Corpus): string {
  const scores = new Map<string, { surface: string; score: number; stems: readonly string[] }>();
  for (const { text, role, at } of sentences.slice(0, 200)) {
    for (const { key, stems, surface } of phrasesOf(text)) {
      const rarity = stems.reduce((sum, stem) => sum + idf(stem, corpus), 0) / stems.length;
      const score = rarity * (role === "user" ? 2 : 1) * (1 / (1 + 0.05 * at)) * (stems.length > 1 ? 1.3 : 1);
      const before = scores.get(key);
      scores.set(key, { surface: before?.surface ?? surface, stems, score: (before?.score ?? 0) + score });
    }
  }
  const chosen: { surface: string; stems: readonly string[] }[] = [];
  for (const phrase of [...scores.values()].sort((a, b) => b.score - a.score || (a.surface < b.surface ? -1 : 1))) {
    if (chosen.length === TOPIC_PHRASES) break;
    if (chosen.some(({ stems }) => stems.some((stem) => phrase.stems.includes(stem)))) continue;
    chosen.push(phrase);
  }
  return chosen.map(({ surface }) => surface.toLowerCase()).join(", ");
}
