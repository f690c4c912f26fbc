import { lsaModel } from "../../src/models/offline/lsa.js";
import type { Cluster, Conversation, ConversationSummary, Embedding } from "../../src/rows/builtin.js";
import { embedStep } from "../../src/steps/embed-step.js";
import { renderSummary } from "../../src/steps/rendering.js";

const AT = "2025-01-01T00:00:00";

/** A conversation of `user` texts, each answered by "Sure.", or of [role, content] pairs. */
export function conversation(
  chat_id: string,
  ...messages: (string | readonly [role: string, content: string])[]
): Conversation {
  const said = messages.flatMap((message) =>
    typeof message === "string"
      ? ([
          ["user", message],
          ["assistant", "Sure."],
        ] as const)
      : [message],
  );
  return {
    chat_id,
    created_at: AT,
    messages: said.map(([role, content]) => ({ created_at: AT, role, content })) as Conversation["messages"],
    metadata: {},
  };
}

export function summary(chat_id: string, text: string, rest: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    summary: text,
    request: null,
    topic: null,
    languages: null,
    task: null,
    concerning_score: null,
    user_frustration: null,
    assistant_errors: null,
    chat_id,
    metadata: {},
    embedding: null,
    ...rest,
  };
}

export function cluster(id: string, chat_ids: string[], rest: Partial<Cluster> = {}): Cluster {
  return { id, name: id, description: "", slug: id, chat_ids, parent_id: null, count: chat_ids.length, ...rest };
}

/** Vectors of an LSA that is fitted to the corpus, else to the summaries. */
export async function embedded(
  summaries: readonly ConversationSummary[],
  { corpus = summaries.map(renderSummary).sort() }: { corpus?: readonly string[] } = {},
): Promise<Embedding[]> {
  async function* texts() {
    yield* corpus;
  }
  const rows: Embedding[] = [];
  for await (const row of embedStep([summaries], await lsaModel().fit(texts()))) rows.push(row);
  return rows;
}
