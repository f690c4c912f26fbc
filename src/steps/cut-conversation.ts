import type { Conversation } from "../rows/builtin.js";

export interface CutConversation {
  readonly conversation: Conversation;
  /** Characters of messages that are not in it; 0 if it is whole. */
  readonly leftOutChars: number;
}

/**
 * A conversation that fits a model's window: of one that is longer than `maxChars` (all contents together, in UTF-16 units) the first and
 * the last half of that many are kept, as what was wanted is said first, and what came of it last. Where something is missing, it says so.
 */
export function cutConversation(conversation: Conversation, maxChars: number): CutConversation {
  const chars = conversation.messages.reduce((sum, { content }) => sum + content.length, 0);
  if (chars <= maxChars) return { conversation, leftOutChars: 0 };
  const headEnd = Math.ceil(maxChars / 2);
  const tailStart = chars - Math.floor(maxChars / 2);
  let start = 0;
  const parts = conversation.messages.map((message) => {
    const { content } = message;
    const head = content.slice(0, before(content, headEnd - start));
    const tail = content.slice(after(content, tailStart - start));
    start += content.length;
    return { message, head, tail, missing: content.length - head.length - tail.length };
  });
  const leftOutChars = parts.reduce((sum, { missing }) => sum + missing, 0);
  const first = parts.find(({ missing }) => missing > 0);
  const messages = parts
    .filter((part) => part === first || part.missing < part.message.content.length || part.missing === 0)
    .map((part) => {
      const marker = part === first ? `[${leftOutChars} characters are left out here]` : "";
      return { ...part.message, content: [part.head, marker, part.tail].filter((text) => text !== "").join("\n") };
    });
  return { conversation: { ...conversation, messages }, leftOutChars };
}

/** The nearest place at or before `at`, and after it, that is inside the text and does not divide a surrogate pair. */
function before(text: string, at: number): number {
  const place = Math.min(Math.max(at, 0), text.length);
  return dividesPair(text, place) ? place - 1 : place;
}

function after(text: string, at: number): number {
  const place = Math.min(Math.max(at, 0), text.length);
  return dividesPair(text, place) ? place + 1 : place;
}

function dividesPair(text: string, at: number): boolean {
  return at > 0 && at < text.length && /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1));
}
