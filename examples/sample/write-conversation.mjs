import { ANSWER_MANNERS, laidOut, typedBy, USER_MANNERS } from "./manner.mjs";
import { fill } from "./template.mjs";

const MOST_MESSAGES = 10;
/** How often a conversation has so many exchanges: a question and its answer. */
const EXCHANGES = { 1: 10, 2: 25, 3: 34, 4: 21, 5: 10 };
const CHANCE_OF_END = 38;
const CHANCE_OF_SILENCE_AFTER_END = 35;
const CHANCE_OF_CHANGED_SUBJECT = 5;
/** That a user tells more than the question. */
const CHANCE_OF_CIRCUMSTANCES = 80;
/** That advice follows the first answer, or a later one. */
const CHANCE_OF_ADVICE = { first: 75, later: 30 };

/** @typedef {{ role: "user" | "assistant", content: string }} Turn */

/**
 * One English conversation of an intent.
 * @param {import("./read-intents.mjs").Intent} intent
 * @param {{ intents: readonly import("./read-intents.mjs").Intent[], shared: import("./read-intents.mjs").Intent,
 *   chooser: import("./chooser.mjs").Chooser }} context
 * @returns {{ turns: Turn[], complained: boolean }}
 */
export function writeConversation(intent, { intents, shared, chooser }) {
  const situation = leastUsedSituation(intent, chooser);
  const write = writer(intent, { shared, chooser });
  const turns = [];
  const advice = [...intent.advice];
  const say = (user, answers, chanceOfAdvice = 0) => {
    turns.push({ role: "user", content: write.user(user) });
    if (answers.length === 0) return;
    const answer = write.answer(one(answers, chooser));
    const more =
      advice.length > 0 && chooser.chance(chanceOfAdvice) ? takeLeastUsed(advice, (text) => text, chooser) : undefined;
    turns.push({ role: "assistant", content: more ? write.joined(answer, write.answer(more)) : answer });
  };

  const opening = [one(situation.openings, chooser)];
  if (intent.circumstances.length > 0 && chooser.chance(CHANCE_OF_CIRCUMSTANCES)) {
    opening.splice(chooser.below(3) === 0 ? 0 : 1, 0, one(intent.circumstances, chooser));
  }
  say(opening.map(ended).join(" "), situation.answers, CHANCE_OF_ADVICE.first);
  const length = Number(chooser.weighted(EXCHANGES));
  const nearest = chooser.shuffled(situation.more).slice(0, 2);
  const others = [...intent.more];
  let complained = false;
  while (turns.length / 2 < length && nearest.length + others.length > 0) {
    const next = nearest.shift() ?? takeLeastUsed(others, ({ text }) => text, chooser);
    // Who complains twice in a row is a caricature.
    if (next.complaint && complained) continue;
    complained ||= next.complaint;
    say(next.text, next.replies, CHANCE_OF_ADVICE.later);
  }

  const hasRoom = turns.length < MOST_MESSAGES;
  if (hasRoom && length > 1 && chooser.chance(CHANCE_OF_CHANGED_SUBJECT)) {
    const other = chooser.any(intents.filter(({ name }) => name !== intent.name));
    turns.push(...changedSubject(other, { shared, chooser, manners: write.manners }));
  } else if (hasRoom && intent.ends.length > 0 && chooser.chance(CHANCE_OF_END)) {
    const { text, replies } = chooser.leastUsed(intent.ends, (end) => end.text);
    say(text, chooser.chance(CHANCE_OF_SILENCE_AFTER_END) ? [] : replies);
  }
  return { turns, complained };
}

/** What another sentence may follow. */
const ended = (text, index, { length }) => (index === length - 1 || /[.!?:`)"]$/.test(text) ? text : `${text}.`);

/** The same person asks about something else. */
function changedSubject(intent, { shared, chooser, manners }) {
  const { openings, answers } = leastUsedSituation(intent, chooser);
  const write = writer(intent, { shared, chooser, manners });
  const bridge = one(shared.values.get("bridge"), chooser);
  return [
    { role: "user", content: write.user(`${bridge} ${continued(bridge, one(openings, chooser))}`) },
    { role: "assistant", content: write.answer(one(answers, chooser)) },
  ];
}

/**
 * A conversation in another language, as its script has it, at times without the last word.
 * @param {import("./read-intents.mjs").Intent} intent
 * @param {import("./read-intents.mjs").Script} script
 */
export function writeScript(intent, { turns }, { shared, chooser }) {
  const write = writer(intent, {
    shared,
    chooser,
    manners: { user: "careful", answer: chooser.weighted(ANSWER_MANNERS) },
  });
  // An odd last turn is a word of thanks.
  const length = turns.length % 2 === 1 && chooser.chance(40) ? turns.length - 1 : turns.length;
  return turns.slice(0, length).map((text, index) => {
    const template = one([text], chooser);
    if (index % 2 === 0) return { role: "user", content: write.user(template) };
    return { role: "assistant", content: write.answer(template) };
  });
}

/** Behind a bridge that ends no sentence, a common word loses its capital. */
const continued = (bridge, text) =>
  /[.:]$/.test(bridge) || !/^(?!I\b)[A-Z][a-z]*\b/.test(text) ? text : text[0].toLowerCase() + text.slice(1);

function writer(
  intent,
  { shared, chooser, manners = { user: chooser.weighted(USER_MANNERS), answer: chooser.weighted(ANSWER_MANNERS) } },
) {
  const values = (name) => {
    const found = intent.values.get(name) ?? shared.values.get(name);
    if (!found) throw new Error(`Cannot fill {${name}} in ${intent.name}: no such list`);
    return found;
  };
  const scope = { values, bound: new Map(), chooser };
  return {
    manners,
    user: (template) => typedBy(fill(template, scope), manners.user, chooser),
    answer: (template) => laidOut(fill(template, scope), manners.answer, chooser),
    // Behind the end of a letter or a list, prose would run on.
    joined: (answer, advice) =>
      `${answer}${manners.answer === "prose" && !answer.includes("\n") ? " " : "\n\n"}${advice}`,
  };
}

/** Removes what it returns. */
function takeLeastUsed(things, textOf, chooser) {
  const chosen = chooser.leastUsed(things, textOf);
  things.splice(things.indexOf(chosen), 1);
  return chosen;
}

const leastUsedSituation = ({ situations }, chooser) =>
  chooser.leastUsed(situations, ({ openings }) => `situation ${openings[0]}`);
const one = (texts, chooser) => chooser.leastUsed(texts, (text) => text);
