import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { adjustedMutualInformation } from "../../src/math/ami.js";
import { kMeans } from "../../src/math/k-means.js";
import { matrixFromRows, normalizeRows } from "../../src/math/matrix.js";
import type { Conversation } from "../../src/rows/builtin.js";

interface Generator {
  generateConversations(options?: { seed?: number }): Conversation[];
  generatorPhrases(): string[];
  toJsonl(rows: readonly Conversation[]): string;
}
interface Repetition {
  occurrencesOf(phrases: readonly string[], conversations: readonly Conversation[]): [string, number][];
  fourGramsOf(conversations: readonly Conversation[]): [string, number][];
  wordsOf(text: string): string[];
}

const script = new URL("../../examples/generate-conversations.mjs", import.meta.url);
const { generateConversations, generatorPhrases, toJsonl } = (await import(script.href)) as Generator;
const { occurrencesOf, fourGramsOf, wordsOf } = (await import(
  new URL("sample/repetition.mjs", script).href
)) as Repetition;

const committed = readFileSync(new URL("conversations.jsonl", script), "utf8");
const lines = committed.trimEnd().split("\n");
const rows = lines.map((line) => JSON.parse(line) as Conversation);
const limit = Math.floor(0.02 * rows.length);
const countBy = (textOf: (row: Conversation) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(textOf(row), (counts.get(textOf(row)) ?? 0) + 1);
  return counts;
};
const intentOf = ({ metadata }: Conversation): string => String(metadata["intent"]);
const languageOf = ({ metadata }: Conversation): string => String(metadata["language"]);

it("writes the committed bytes again", () => {
  expect(toJsonl(generateConversations()) === committed).toBe(true);
  expect(execFileSync(process.execPath, [fileURLToPath(script), "--check"], { encoding: "utf8" })).toContain(
    `${rows.length} conversations`,
  );
});

it("writes something else from another seed", () => {
  const other = generateConversations({ seed: 7 });
  expect(other).toHaveLength(rows.length);
  const known = new Set(rows.map(({ messages }) => JSON.stringify(messages.map(({ content }) => content))));
  const repeated = other.filter(({ messages }) => known.has(JSON.stringify(messages.map(({ content }) => content))));
  expect(repeated.length).toBeLessThan(0.15 * rows.length);
});

it("has at least 600 conversations of several turns, over at least 30 intents of 8 to 35", () => {
  const turnsOf = ({ messages }: Conversation) => messages.filter(({ role }) => role === "user").length;
  expect(rows.filter((row) => turnsOf(row) >= 2).length).toBeGreaterThanOrEqual(600);
  const sizes = [...countBy(intentOf).values()];
  expect(sizes.length).toBeGreaterThanOrEqual(30);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(8);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(35);
});

it("is about a tenth not English, in many intents", () => {
  const foreign = rows.filter((row) => languageOf(row) !== "en");
  expect(foreign.length / rows.length).toBeGreaterThan(0.08);
  expect(foreign.length / rows.length).toBeLessThan(0.12);
  expect([...countBy(languageOf).keys()]).toEqual(expect.arrayContaining(["en", "es", "fr", "de", "pt", "ja", "it"]));
  expect(new Set(foreign.map(intentOf)).size).toBeGreaterThanOrEqual(20);
});

it("is written as Kura writes conversations", () => {
  const time = /^2025-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/;
  rows.forEach((row, index) => {
    expect(JSON.stringify(row)).toBe(lines[index]);
    expect(Object.keys(row)).toEqual(["chat_id", "created_at", "messages", "metadata"]);
    expect(row.chat_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(row.messages.length).toBeGreaterThanOrEqual(2);
    expect(row.messages.length).toBeLessThanOrEqual(10);
    const times = [row.created_at, ...row.messages.map(({ created_at }) => created_at)];
    expect(times).toEqual([...times].sort());
    row.messages.forEach((message, turn) => {
      expect(Object.keys(message)).toEqual(["created_at", "role", "content"]);
      expect(message.created_at).toMatch(time);
      expect(message.role).toBe(turn % 2 === 0 ? "user" : "assistant");
      expect(message.content.trim()).not.toBe("");
    });
  });
  expect(new Set(rows.map(({ chat_id }) => chat_id)).size).toBe(rows.length);
});

it("repeats no phrase of the generator in more than 2 % of the conversations", () => {
  const phrases = generatorPhrases();
  const found = occurrencesOf(phrases, rows);
  expect(found.filter(([, count]) => count > limit)).toEqual([]);
  // The count means something only if the phrases are those that the file is made of.
  expect(phrases.length).toBeGreaterThan(1000);
  expect(found.length).toBeGreaterThan(0.9 * phrases.length);
});

it("goes on in a small letter behind a bridge that ends no sentence", () => {
  const bridge = /^(?:Unrelated, but|Oh, and|Switching gears,) (.)/;
  const next = rows.flatMap(({ messages }) => messages.flatMap(({ content }) => bridge.exec(content)?.[1] ?? []));
  expect(next.length).toBeGreaterThan(3);
  expect(next.filter((letter) => /[A-HJ-Z]/.test(letter))).toEqual([]);
});

it("repeats no four words in more than 2 % of the conversations", () => {
  expect(fourGramsOf(rows).filter(([, count]) => count > limit)).toEqual([]);
});

it("counts phrases by conversations, whatever their case and punctuation", () => {
  const [first, second] = [said("The cat, THE CAT sat down.", "the cat sat down"), said("a cat sat")];
  expect(occurrencesOf(["the cat sat", "cat sat down", "sat down the"], [first, second])).toEqual([
    ["cat sat down", 1],
    ["the cat sat", 1],
  ]);
  expect(fourGramsOf([first, first, second])[0]).toEqual(["cat the cat sat", 2]);
});

it("says nothing twice in one conversation", () => {
  const sentencesOf = ({ messages }: Conversation) =>
    messages
      .flatMap(({ content }) => content.toLowerCase().split(/(?<=[.!?])\s+/))
      .filter((text) => wordsOf(text).length >= 5);
  const repeating = rows.filter((row) => new Set(sentencesOf(row)).size < sentencesOf(row).length);
  expect(repeating.map(({ chat_id }) => chat_id)).toEqual([]);
});

it("leaves no hole unfilled and no mark of the material", () => {
  const names = new Set<string>();
  for (const text of materialOf("$")) names.add(/^\$(\w+)/.exec(text)![1]!);
  expect(names.size).toBeGreaterThan(40);
  for (const { content } of rows.flatMap(({ messages }) => messages)) {
    expect(content).not.toMatch(/ (?:::|;;) |\\n|\0/);
    for (const [, name] of content.matchAll(/\{\^?([a-z]+)[2-9]?\}/g)) expect(names).not.toContain(name);
  }
});

it("holds no address or telephone number that could be somebody's", () => {
  const text = rows.flatMap(({ messages }) => messages.map(({ content }) => content)).join("\n");
  const addresses = text.match(/[\w.+-]+@[\w-]+\.[a-z]{2,}/gi) ?? [];
  const numbers = text.match(/\d{3}-\d{3}-\d{4}/g) ?? [];
  expect(addresses.length).toBeGreaterThan(10);
  expect(numbers.length).toBeGreaterThan(5);
  expect(addresses.filter((address) => !/@example\.(?:com|org|net)$/i.test(address))).toEqual([]);
  expect(numbers.filter((number) => !/-555-01\d\d$/.test(number))).toEqual([]);
});

it("is neither easy nor hopeless for a bag of words", async () => {
  const bags = rows.map(({ messages }) => messages.flatMap(({ content }) => wordsOf(content)));
  const spread = new Map<string, number>();
  for (const bag of bags) for (const word of new Set(bag)) spread.set(word, (spread.get(word) ?? 0) + 1);
  const vocabulary = [...spread].filter(([, count]) => count < 0.15 * rows.length).map(([word]) => word);
  const columnOf = new Map(vocabulary.map((word, column) => [word, column]));
  const points = bags.map((bag) => {
    const counts = new Float32Array(vocabulary.length);
    for (const word of bag) {
      const column = columnOf.get(word);
      if (column !== undefined) counts[column]! += 1;
    }
    return counts;
  });
  const { labels } = await kMeans(normalizeRows(matrixFromRows(points)), countBy(intentOf).size, { seed: 1 });
  const agreement = adjustedMutualInformation(rows.map(intentOf), [...labels]);
  expect(agreement).toBeGreaterThan(0.5);
  expect(agreement).toBeLessThan(0.85);
});

function said(...contents: string[]): Conversation {
  const created_at = "2025-01-01T00:00:00.000000";
  const messages = contents.map((content) => ({ created_at, role: "user", content }));
  return { chat_id: "1", created_at, messages, metadata: {} };
}

function materialOf(mark: string): string[] {
  const folder = new URL("sample/material/", script);
  const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  return texts.flatMap((text) => text.split("\n")).filter((line) => line.startsWith(mark));
}
