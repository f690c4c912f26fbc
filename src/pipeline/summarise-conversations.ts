import { answerKey } from "../checkpoints/answers/answer-key.js";
import { assertKnownOptions } from "../checkpoints/options.js";
import { flattened } from "../checkpoints/row-access.js";
import type { TextModel } from "../models/model.js";
import { Conversation, ConversationSummary } from "../rows/builtin.js";
import type { SummaryQuestionOptions } from "../steps/summary-question.js";
import { askedRows } from "./asked-rows.js";
import { askedAtOnce, textAsker } from "./asker.js";
import { askerOptions, concurrencyOf, failuresOf } from "./asking-options.js";
import { beforePaying } from "./before-paying.js";
import { belongingOf, keysOf } from "./belonging.js";
import { completed, without } from "./complete-summaries.js";
import { sinceRows, sinceSaved } from "./earlier-conversations.js";
import { countQuestions, priced, USUAL_OUTPUT_TOKENS } from "./estimate.js";
import { stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type MakeContext, type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type Asked, type Settings, settingsOf } from "./settings.js";

export interface SummariseOptions extends StepOptions, Asked<SummaryQuestionOptions> {}

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
  const { model, prompt, extraFields, maxConversationChars, ...rest } = options;
  const settings = await settingsOf({ steps: { summaries: { model, prompt, extraFields, maxConversationChars } } });
  const source = rowsInMemory(conversations, Conversation);
  const since = (savedAt: Date | undefined) => sinceSaved(savedAt, source, rest);
  const rows = await summariesOf(source, settings, { ...rest, since });
  return [...(await rows.load(options.signal))];
}

export async function summariesOf(
  conversations: RowSource<Conversation>,
  { steps, models, questions }: Settings,
  options: RunStepOptions,
): Promise<RowSource<ConversationSummary>> {
  return await runStep<ConversationSummary>({
    ...options,
    step: "summaries",
    type: ConversationSummary,
    total: conversations.count,
    fingerprint: stepFingerprint(
      "summaries",
      { conversations: await conversations.rowHash() },
      { models: { summary: models.summaries }, options: { ...questions.summaries } },
    ),
    belongs: async (rows, changed) =>
      belongingOf(await keysOf(rows, "chat_id"), await keysOf(conversations, "chat_id"), changed),
    completedBy: "chat_id",
    keepsRows: true,
    staying: async (made) => (await sinceRows(made.inputs["conversations"]!, conversations, options))?.unchanged,
    foresee: () => conversations.batches({ columns: ["chat_id"] }) as unknown as AsyncGenerator<ConversationSummary[]>,
    make: (context) => {
      const adopted = context.adopted as ReadonlyMap<string, ConversationSummary> | undefined;
      const open = adopted ? without(conversations, adopted) : conversations;
      const { model, ...question } = steps.summaries;
      const made = () => (model ? asked(open, { ...options, ...question, model }, context) : offline(open, context));
      return adopted ? completed(conversations, adopted, made) : made();
    },
  });
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
  {
    model,
    prompt,
    extraFields,
    maxConversationChars,
    ...options
  }: RunStepOptions & SummaryQuestionOptions & { model: TextModel },
  context: MakeContext,
): AsyncGenerator<ConversationSummary> {
  const { summaryQuestions, summaryRow } = await import("../steps/summary-question.js");
  const { renderConversation } = await import("../steps/rendering.js");
  const { Renderings } = await import("../models/prompts/prompt.js");
  const questions = await summaryQuestions({ prompt, extraFields, maxConversationChars });
  await model.ready?.();
  const answers = await context.answers();
  const { id } = model;
  const before = beforePaying(async () => {
    const renderings = new Renderings();
    const questionOf = (conversation: Conversation) => {
      const { prompt: render, schema } = questions.of(conversation);
      const text = render();
      if (prompt !== undefined) renderings.add(renderConversation(conversation), text);
      return { text, key: answerKey({ model: id, prompt: text, schema }) };
    };
    const counting = { answers, outputTokens: USUAL_OUTPUT_TOKENS, signal: context.signal };
    const counted = await countQuestions(conversations, questionOf, counting);
    if (prompt !== undefined) renderings.assertDiffer(prompt, "conversations");
    return priced("summaries", id, counted, options.budget);
  }, options);
  const ask = textAsker(model, askerOptions("summaries", options, { answers, before }));
  let cut = 0;
  yield* askedRows(
    flattened(conversations.batches({ signal: context.signal })),
    {
      concurrency: askedAtOnce(concurrencyOf(options)),
      failures: failuresOf("summaries", options, conversations.count),
      onEvent: options.onEvent,
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
