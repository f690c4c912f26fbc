import { answerKey } from "../checkpoints/answers/answer-key.js";
import { assertKnownOptions } from "../checkpoints/options.js";
import { Conversation, ConversationSummary } from "../rows/builtin.js";
import { canonicalJson } from "../rows/canonical-json.js";
import type { SummaryQuestionOptions } from "../steps/summary-question.js";
import { askedRows } from "./asked-rows.js";
import { textAsker } from "./asker.js";
import { askerOptions, concurrencyOf, failuresOf } from "./asking-options.js";
import { beforePaying } from "./before-paying.js";
import { belongingOf, keysOf } from "./belonging.js";
import { countQuestions, priced, USUAL_OUTPUT_TOKENS } from "./estimate.js";
import { stepFingerprint } from "./fingerprint.js";
import { flattened, type RowSource, rowsInMemory } from "./row-source.js";
import { type MakeContext, type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type Asked, settingsOf } from "./settings.js";
import { TextSet } from "./text-set.js";

type SummarySettings = Asked<SummaryQuestionOptions>;

export interface SummariseOptions extends StepOptions, SummarySettings {}

/**
 * A summary of each conversation, in its order: what the user wanted, topic, languages, two scores. With a manager, rows that were made
 * from these very conversations are loaded instead of made; with a model, answers that were paid for once are not bought again.
 */
export async function summariseConversations(
  conversations: readonly Conversation[],
  options: SummariseOptions = {},
): Promise<ConversationSummary[]> {
  const own = ["model", "prompt", "extraFields", "maxConversationChars"];
  assertKnownOptions("summarise conversations", options, [...STEP_OPTIONS, ...own]);
  const rows = await summariesOf(rowsInMemory(conversations, Conversation), options);
  return [...(await rows.load(options.signal))];
}

export async function summariesOf(
  conversations: RowSource<Conversation>,
  options: RunStepOptions & SummarySettings,
): Promise<RowSource<ConversationSummary>> {
  const { model, prompt, extraFields, maxConversationChars, ...rest } = options;
  return await runStep<ConversationSummary>({
    ...rest,
    step: "summaries",
    type: ConversationSummary,
    total: conversations.count,
    fingerprint: stepFingerprint(
      "summaries",
      { conversations: await conversations.rowHash() },
      await settingsOf({ steps: { summaries: { model, prompt, extraFields, maxConversationChars } } }),
    ),
    belongs: async (rows) => belongingOf(await keysOf(rows, "chat_id"), await keysOf(conversations, "chat_id")),
    completedBy: "chat_id",
    staying: (made) => unchangedSince(made.inputs["conversations"]!, conversations, options),
    foresee: () => conversations.batches({ columns: ["chat_id"] }) as unknown as AsyncGenerator<ConversationSummary[]>,
    make: (context) => {
      const adopted = context.adopted as ReadonlyMap<string, ConversationSummary> | undefined;
      const open = adopted ? without(conversations, adopted) : conversations;
      const made = () => (model ? asked(open, options, context) : offline(open, context));
      return adopted ? completed(conversations, adopted, made) : made();
    },
  });
}

/** Ids of the conversations that are as they were in an earlier revision, if that is kept. */
async function unchangedSince(
  rowHash: string,
  conversations: RowSource<Conversation>,
  { checkpointManager: manager, signal }: RunStepOptions,
): Promise<Set<string> | undefined> {
  const name = "conversations";
  const earlier = (await manager?.listRevisions(name))?.find((revision) => revision.rowHash === rowHash);
  if (!earlier) return undefined;
  const opened = earlier.current
    ? await manager!.openCheckpoint(name, Conversation, { signal })
    : await manager!.openRevision(name, earlier.id, Conversation, { signal });
  if (!opened) return undefined;
  const before = new TextSet();
  try {
    for await (const row of opened.rows({ signal })) before.add(canonicalJson(row));
  } finally {
    await opened.close();
  }
  const unchanged = new Set<string>();
  for await (const row of flattened(conversations.batches({ signal })))
    if (before.has(canonicalJson(row))) unchanged.add(row.chat_id);
  return unchanged;
}

/** The conversations that have no row yet. */
function without(
  conversations: RowSource<Conversation>,
  adopted: ReadonlyMap<string, unknown>,
): RowSource<Conversation> {
  const source: RowSource<Conversation> = {
    ...conversations,
    count: undefined,
    async *batches(options) {
      for await (const batch of conversations.batches(options))
        yield batch.filter(({ chat_id }) => !adopted.has(chat_id));
    },
    load: async (signal) => {
      const rows: Conversation[] = [];
      for await (const row of flattened(source.batches({ signal }))) rows.push(row);
      return rows;
    },
  };
  return source;
}

/** Rows that were there and rows that were made, in the order of their conversations. */
async function* completed(
  conversations: RowSource<Conversation>,
  adopted: ReadonlyMap<string, ConversationSummary>,
  made: () => Promise<ConversationSummary[]> | AsyncGenerator<ConversationSummary>,
): AsyncGenerator<ConversationSummary> {
  const rest = (async function* () {
    yield* await made();
  })();
  try {
    let next = await rest.next();
    for await (const { chat_id } of flattened(conversations.batches({ columns: ["chat_id"] }))) {
      const row = adopted.get(chat_id);
      if (row) yield row;
      else if (!next.done && next.value.chat_id === chat_id) {
        yield next.value;
        next = await rest.next();
      }
    }
    // What counts the failures comes after the last row.
    while (!next.done) next = await rest.next();
  } finally {
    await rest.return(undefined);
  }
}

async function offline(
  conversations: RowSource<Conversation>,
  { signal, onProgress }: MakeContext,
): Promise<ConversationSummary[]> {
  const { summariseStep } = await import("../steps/summarise-step.js");
  return await summariseStep(await conversations.load(signal), { signal, onProgress });
}

async function* asked(
  conversations: RowSource<Conversation>,
  { model, prompt, extraFields, maxConversationChars, ...options }: RunStepOptions & SummarySettings,
  context: MakeContext,
): AsyncGenerator<ConversationSummary> {
  const { summaryQuestions, summaryRow } = await import("../steps/summary-question.js");
  const questions = await summaryQuestions({ prompt, extraFields, maxConversationChars });
  await model!.ready?.();
  const answers = await context.answers();
  const all = () => flattened(conversations.batches({ signal: context.signal }));
  const { id } = model!;
  const before = beforePaying(async () => {
    const questionOf = (conversation: Conversation) => {
      const { prompt, schema } = questions.of(conversation);
      return { text: prompt, key: answerKey({ model: id, prompt, schema }) };
    };
    const counting = { answers, outputTokens: USUAL_OUTPUT_TOKENS };
    const counted = await countQuestions(all(), conversations.count, questionOf, counting);
    return priced("summaries", id, counted, options.budget);
  }, options);
  const ask = textAsker(model!, askerOptions("summaries", options, { answers, before }));
  let cut = 0;
  yield* askedRows(
    all(),
    {
      concurrency: concurrencyOf(options),
      failures: failuresOf("summaries", options, conversations.count),
      keyOf: ({ chat_id }) => chat_id,
      ask: async (conversation) => {
        const question = questions.of(conversation);
        if (question.leftOutChars > 0) cut++;
        const reply = await ask(question);
        return reply.failure ? reply : { value: summaryRow(conversation, reply.value) };
      },
    },
    context,
  );
  if (cut > 0) context.note({ cut: `${cut} conversations were longer than what is sent` });
}
