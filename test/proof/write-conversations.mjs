import { createWriteStream, readFileSync } from "node:fs";
import { finished } from "node:stream/promises";

const SAMPLE = new URL("../../examples/conversations.jsonl", import.meta.url);
const CHUNK_ROWS = 1000;
const LONGEST_SENTENCE_CHARS = 200;

/**
 * Writes so many different conversations of four messages as JSON Lines, of sentences of the sample put together anew.
 *
 * @param {string} path
 * @param {number} count
 * @param {() => number} random
 * @returns {Promise<number>} how many bytes
 */
export async function writeConversations(path, count, random) {
  const sentences = sentencesByRole();
  const pick = (from) => from[Math.floor(random() * from.length)];
  const file = createWriteStream(path);
  let bytes = 0;
  for (let start = 0; start < count; start += CHUNK_ROWS) {
    const lines = Array.from({ length: Math.min(CHUNK_ROWS, count - start) }, (_, i) => {
      const messages = ["user", "assistant", "user", "assistant"].map((role, turn) => ({
        created_at: timeOf(start + i, turn),
        role,
        content: `${pick(sentences[role])} ${pick(sentences[role])}`,
      }));
      const row = { chat_id: `chat-${start + i}`, created_at: timeOf(start + i, 0), messages, metadata: {} };
      return `${JSON.stringify(row)}\n`;
    });
    const chunk = Buffer.from(lines.join(""));
    bytes += chunk.length;
    if (!file.write(chunk)) await new Promise((resolve) => file.once("drain", resolve));
  }
  file.end();
  await finished(file);
  return bytes;
}

function sentencesByRole() {
  const sentences = { user: [], assistant: [] };
  for (const line of readFileSync(SAMPLE, "utf8").trimEnd().split("\n")) {
    for (const { role, content } of JSON.parse(line).messages) {
      const found = content.split(/(?<=[.?!])\s+/).filter(({ length }) => length <= LONGEST_SENTENCE_CHARS);
      sentences[role].push(...found);
    }
  }
  return { user: [...new Set(sentences.user)], assistant: [...new Set(sentences.assistant)] };
}

/** A second apart, and a conversation a minute. */
function timeOf(row, turn) {
  return new Date(Date.UTC(2025, 0, 1) + row * 60_000 + turn * 1000).toISOString().slice(0, -1);
}
