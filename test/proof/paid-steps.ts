import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import type { TextModel } from "../../src/models/model.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { summariseConversations } from "../../src/pipeline/summarise-conversations.js";
import { type Conversation, ConversationSummary } from "../../src/rows/builtin.js";
import { type RowType, rowType } from "../../src/rows/row-type.js";
import type { Storage } from "../../src/storage/storage.js";
import type { Item } from "./edits.js";
import { ATTEMPTS } from "./scripted-provider.js";

/** Makes what is sent into an answer, or throws. */
export type Call = (sent: string, text: string) => Promise<void>;

export interface PaidRun {
  readonly items: readonly Item[];
  /** Of the prompt, the model, the function: 0 to 2. */
  readonly version: number;
  readonly call: Call;
  readonly storage: Storage;
  readonly concurrency: number;
  readonly maxFailed: number;
  readonly retryFailed: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Something that pays for each of its rows. */
export interface PaidStep {
  readonly name: string;
  readonly checkpoint: string;
  readonly type: RowType<unknown>;
  /** What decides the answer of a row. */
  sent(item: Item, version: number): string;
  /** The row that it then has, without asking the library. */
  row(item: Item, version: number): object;
  run(run: PaidRun): Promise<unknown>;
}

const Reply = rowType({
  name: "replies",
  key: "id",
  columns: [
    { name: "id", type: "text" },
    { name: "reply", type: "text" },
    { name: "score", type: "float64" },
    { name: "vector", type: "vector" },
  ],
});

const replyOf = (item: Item, version: number) => ({
  id: item.id,
  reply: `version ${version}: ${item.text}`,
  score: item.text.length / 4,
  vector: Float32Array.of(version, item.tag.length / 3),
});

export const MAP: PaidStep = {
  name: "resumableMap",
  checkpoint: "replies",
  type: Reply as RowType<unknown>,
  sent: (item, version) => JSON.stringify([version, item.id, item.text, item.tag]),
  row: replyOf,
  run: ({ items, version, call, storage, ...options }) =>
    resumableMap({
      ...options,
      name: "replies",
      inputs: items,
      key: ({ id }) => id,
      type: Reply,
      version: version === 0 ? undefined : version,
      attempts: ATTEMPTS,
      checkpointManager: new JSONLCheckpointManager(storage),
      fn: async (item) => {
        await call(MAP.sent(item, version), item.text);
        return replyOf(item, version);
      },
    }),
};

const fieldsOf = (sent: string) => ({
  summary: `about ${sent}`,
  request: `request ${sent.length}`,
  topic: "topic",
  languages: ["english"],
  task: "",
  concerning_score: 1 + (sent.length % 5),
  user_frustration: 1,
  assistant_errors: [],
});

const conversationOf = ({ id, text, tag }: Item): Conversation => ({
  chat_id: id,
  created_at: "2025-01-01T00:00:00",
  messages: [{ created_at: "2025-01-01T00:00:00", role: "user", content: `«${text}»` }],
  metadata: { tag },
});

/** Knows the version and the text from what it is sent alone. */
function modelOf(version: number, call: Call): TextModel {
  return {
    id: `test/model-${version === 2 ? "b" : "a"}`,
    async generate({ prompt }) {
      const text = /«([^»]*)»/.exec(prompt)![1]!;
      const sent = `${version === 2 ? 2 : prompt.startsWith(OTHER_PROMPT.slice(0, 5)) ? 1 : 0} ${text}`;
      await call(sent, text);
      return { text: JSON.stringify(fieldsOf(sent)), finish: "stop" };
    },
  };
}

const OTHER_PROMPT = "Other: {% for message in conversation.messages %}{{ message.content }}{% endfor %}";

export const SUMMARIES: PaidStep = {
  name: "summariseConversations",
  checkpoint: "summaries",
  type: ConversationSummary as RowType<unknown>,
  sent: ({ text }, version) => `${version} ${text}`,
  row: (item, version) => ({
    ...fieldsOf(SUMMARIES.sent(item, version)),
    chat_id: item.id,
    metadata: { conversation_turns: 1, tag: item.tag },
    embedding: null,
  }),
  run: ({ items, version, call, storage, ...options }) =>
    summariseConversations(items.map(conversationOf), {
      ...options,
      model: modelOf(version, call),
      prompt: version === 1 ? OTHER_PROMPT : undefined,
      attempts: ATTEMPTS,
      checkpointManager: new JSONLCheckpointManager(storage),
    }),
};
