import { corpusOf } from "../models/offline/corpus.js";
import { summariseOffline } from "../models/offline/summarise.js";
import type { Conversation, ConversationSummary } from "../rows/builtin.js";

export interface SummariseStepOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total?: number) => void) | undefined;
}

const PAUSE_EVERY = 64;

/**
 * One summary per conversation, in its order. Two passes: what is usual in all conversations is learned first. `metadata` is the
 * conversation's, after `conversation_turns`, as Kura writes it.
 */
export async function summariseStep(
  conversations: readonly Conversation[],
  { signal, onProgress }: SummariseStepOptions,
): Promise<ConversationSummary[]> {
  const corpus = await corpusOf(conversations, signal);
  const rows: ConversationSummary[] = [];
  for (const conversation of conversations) {
    rows.push({
      ...summariseOffline(conversation, corpus),
      chat_id: conversation.chat_id,
      metadata: { conversation_turns: conversation.messages.length, ...conversation.metadata },
      embedding: null,
    });
    if (rows.length % PAUSE_EVERY !== 0) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    onProgress?.(rows.length, conversations.length);
  }
  return rows;
}
