import type { JsonSchema } from "../models/model.js";
import { compilePrompt, customPrompt } from "../models/prompts/prompt.js";
import { SUMMARY_FIELDS, SUMMARY_PROMPT } from "../models/prompts/summary.js";
import { jsonReader } from "../models/read-json.js";
import type { Conversation, ConversationSummary, Message } from "../rows/builtin.js";
import { canonicalJson } from "../rows/canonical-json.js";
import { parsePlain } from "../rows/lossless-json.js";
import type { TextQuestion } from "./asking.js";
import { cutConversation } from "./cut-conversation.js";

export interface SummaryQuestionOptions {
  /** A Jinja template in the place of ours; it must use `conversation`. */
  prompt?: string | undefined;
  /** What else is to be asked, by name, as JSON Schema with a description; the answers go into `metadata`. Asked in the order of names. */
  extraFields?: Readonly<Record<string, JsonSchema>> | undefined;
  /** Longer conversations are cut (see `cutConversation`); 100,000 characters, which are about 25,000 tokens of English. */
  maxConversationChars?: number | undefined;
}

/** What a model says of a conversation. `extra`: the answers to `extraFields`. */
export type SummaryFields = Omit<ConversationSummary, "chat_id" | "metadata" | "embedding"> & {
  readonly extra: Readonly<Record<string, unknown>>;
};

export interface SummaryQuestion extends TextQuestion<SummaryFields> {
  readonly chatId: string;
  /** Characters of the conversation that are not in the prompt; 0 if it is whole. */
  readonly leftOutChars: number;
}

export interface SummaryQuestions {
  /** All that decides the questions besides the conversations, for a fingerprint: JSON. */
  readonly madeFrom: {
    readonly prompt: string;
    readonly maxConversationChars: number;
    readonly extraFields?: Readonly<Record<string, JsonSchema>>;
  };
  of(conversation: Conversation): SummaryQuestion;
}

/**
 * What to ask of conversations.
 *
 * @throws {TypeError} If the template cannot be read or never uses the conversation, or an extra field has the name of another one.
 * @throws {RangeError} If `maxConversationChars` is no integer >= 100.
 */
export async function summaryQuestions({
  prompt: template,
  extraFields: given = {},
  maxConversationChars = 100_000,
}: SummaryQuestionOptions = {}): Promise<SummaryQuestions> {
  if (!Number.isInteger(maxConversationChars) || maxConversationChars < 100)
    throw new RangeError(`Cannot use ${maxConversationChars} as maxConversationChars: an integer >= 100 is needed`);
  // In one order: neither a key nor a fingerprint knows another, and a model might answer otherwise.
  const extraFields = parsePlain(canonicalJson(given)) as Readonly<Record<string, JsonSchema>>;
  const taken = Object.keys(extraFields).find((name) => Object.hasOwn(SUMMARY_FIELDS, name) || RESERVED.includes(name));
  if (taken !== undefined) throw new TypeError(`Cannot ask for extra field "${taken}": there is one of that name`);
  const prompt = template === undefined ? SUMMARY_PROMPT : customPrompt(template);
  const properties = { ...SUMMARY_FIELDS, ...extraFields };
  const schema = { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
  const [render, readJson] = await Promise.all([compilePrompt(prompt, ["conversation"]), jsonReader(schema)]);
  const extras = Object.entries(extraFields);
  const extra_fields = extras.map(([name, { description }]) => ({ name, description: description ?? "" }));
  const read = (text: string): SummaryFields => {
    const answer = readJson(text);
    const fields = pick(answer, Object.keys(SUMMARY_FIELDS)) as unknown as Omit<SummaryFields, "extra">;
    assertText("summary", fields.summary);
    assertScore("concerning_score", fields.concerning_score!);
    assertScore("user_frustration", fields.user_frustration!);
    return { ...fields, extra: pick(answer, Object.keys(extraFields)) };
  };
  return {
    madeFrom: { prompt: prompt.id, maxConversationChars, ...(extras.length > 0 && { extraFields }) },
    of(whole) {
      const { conversation, leftOutChars } = cutConversation(whole, maxConversationChars);
      const shown = template === undefined ? { messages: conversation.messages.map(wordsOf) } : conversation;
      return {
        prompt: () => render({ conversation: shown, extra_fields }),
        schema,
        read,
        chatId: whole.chat_id,
        leftOutChars,
      };
    },
  };
}

/** All that our own template shows: what else there is would be made into values of the template for nothing. */
function wordsOf({ role, content }: Message): { role: string; content: string } {
  return { role, content };
}

/** Names that Kura's rows have besides. */
const RESERVED = ["chat_id", "metadata", "embedding", "conversation_turns"];

/** The row of a conversation. `metadata`: the number of turns, what the conversation has, what was asked besides; the later wins, as in Kura. */
export function summaryRow(
  { chat_id, messages, metadata }: Conversation,
  { extra, ...fields }: SummaryFields,
): ConversationSummary {
  // One shape for all rows: of one that is spread from an answer every field would be looked up by its name, a hundred thousand times in a sort.
  return {
    summary: fields.summary,
    request: fields.request,
    topic: fields.topic,
    languages: fields.languages,
    task: fields.task,
    concerning_score: fields.concerning_score,
    user_frustration: fields.user_frustration,
    assistant_errors: fields.assistant_errors,
    chat_id,
    metadata: { conversation_turns: messages.length, ...metadata, ...extra },
    embedding: null,
  };
}

function pick(answer: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, answer[name]]));
}

function assertText(name: string, value: string): void {
  if (value.trim() === "") throw new Error(`The answer does not fit: ${name} is empty`);
}

function assertScore(name: string, value: number): void {
  if (value < 1 || value > 5) throw new Error(`The answer does not fit: ${name} is ${value}, not 1 to 5`);
}
