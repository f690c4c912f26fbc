/**
 * Writes conversations.jsonl beside this file: what people might say to an AI assistant, invented, from a fixed seed.
 *
 *   node examples/generate-conversations.mjs            rewrites it
 *   node examples/generate-conversations.mjs --check    exits 1 unless it already is what would be written
 *
 * The words are in sample/material/. No phrase of theirs may occur in more than 2 % of the conversations, or nothing is written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Chooser } from "./sample/chooser.mjs";
import { readIntents } from "./sample/read-intents.mjs";
import { fourGramsOf, LARGEST_SHARE, occurrencesOf, phrasesOf } from "./sample/repetition.mjs";
import { writeConversation, writeScript } from "./sample/write-conversation.mjs";

const SEED = 20250106;
const OUTPUT = new URL("conversations.jsonl", import.meta.url);

const FIRST_DAY = Date.UTC(2025, 0, 6);
const DAYS = 182;
const MICROSECONDS_PER_DAY = 86_400_000_000;
/** So many of the scripts in other languages are played twice, with other values. */
const PERCENT_PLAYED_TWICE = 40;

/** @returns {{ chat_id: string, created_at: string, messages: object[], metadata: object }[]} in the order of time */
export function generateConversations({ seed = SEED } = {}) {
  const { intents, shared } = readIntents();
  const chooser = new Chooser(seed);
  const context = { intents, shared, chooser };
  const written = intents.flatMap((intent) => {
    const scripts = intent.scripts.flatMap((script) =>
      chooser.chance(PERCENT_PLAYED_TWICE) ? [script, script] : [script],
    );
    const foreign = scripts.map((script) => ({
      language: script.language,
      turns: writeScript(intent, script, context),
    }));
    const english = Array.from({ length: intent.size - foreign.length }, () => ({
      language: "en",
      ...writeConversation(intent, context),
    }));
    return [...foreign, ...english].map((one) => ({ ...one, intent: intent.name }));
  });
  const starts = written.map(() => startTime(chooser)).sort((a, b) => a - b);
  return chooser.shuffled(written).map((one, index) => asRow(one, starts[index], chooser));
}

function asRow({ intent, language, turns, complained = false }, start, chooser) {
  let time = start;
  const messages = turns.map(({ role, content }, index) => {
    if (index > 0) time += role === "user" ? between(chooser, 12, 540) : between(chooser, 2, 25);
    return { created_at: isoOf(time), role, content };
  });
  const rating = chooser.chance(42) ? { rating: complained ? 1 + chooser.below(3) : 3 + chooser.below(3) } : {};
  const channel = chooser.weighted({ web: 6, mobile: 4, api: 1 });
  const plan = chooser.weighted({ free: 3, pro: 2 });
  return {
    chat_id: uuid(chooser),
    created_at: isoOf(start),
    messages,
    metadata: { intent, language, channel, plan, ...rating },
  };
}

/** Microseconds from the first day; more by day than by night. */
function startTime(chooser) {
  const hour = Math.max(chooser.below(24), chooser.below(24));
  return chooser.below(DAYS) * MICROSECONDS_PER_DAY + (hour * 3600 + chooser.below(3600)) * 1e6 + chooser.below(1e6);
}

const between = (chooser, low, high) => (low + chooser.below(high - low)) * 1e6 + chooser.below(1e6);

/** As Kura writes times: microseconds, no offset. */
function isoOf(microseconds) {
  const milliseconds = new Date(FIRST_DAY + Math.floor(microseconds / 1000)).toISOString().slice(0, -1);
  return milliseconds + String(microseconds % 1000).padStart(3, "0");
}

function uuid(chooser) {
  const digits = Array.from({ length: 32 }, () => chooser.below(16).toString(16));
  digits[12] = "4";
  digits[16] = "89ab"[chooser.below(4)];
  return digits.join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Every literal phrase of the material, as lower-case words. */
export const generatorPhrases = () => phrasesOf(readIntents());

export const toJsonl = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

function main(flags) {
  const rows = generateConversations();
  const [phrases, fourGrams] = [occurrencesOf(generatorPhrases(), rows), fourGramsOf(rows)];
  const tooOften = [...phrases, ...fourGrams].filter(([, count]) => count > LARGEST_SHARE * rows.length);
  if (tooOften.length > 0) {
    const list = tooOften.map(([text, count]) => `"${text}" in ${count}`).join(", ");
    throw new Error(`Cannot write the sample: of ${rows.length} conversations, ${list}; say it differently in some`);
  }
  const text = toJsonl(rows);
  if (!flags.includes("--check")) writeFileSync(OUTPUT, text);
  else if (readFileSync(OUTPUT, "utf8") !== text) {
    console.error(
      "conversations.jsonl is not what the generator writes; run: node examples/generate-conversations.mjs",
    );
    process.exitCode = 1;
    return;
  }
  console.log(`${rows.length} conversations, ${Buffer.byteLength(text)} bytes`);
  for (const [name, [[found, count]]] of Object.entries({ phrase: phrases, "four words": fourGrams })) {
    console.log(`commonest ${name}: "${found}" in ${count}, ${((100 * count) / rows.length).toFixed(1)} %`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
