import { answerKey } from "../checkpoints/answers/answer-key.js";
import { findModelState, saveModelState } from "../checkpoints/model-states.js";
import { assertKnownOptions } from "../checkpoints/options.js";
import { flattened } from "../checkpoints/row-access.js";
import type { EmbeddingModel, FittedEmbedding } from "../models/model.js";
import { Conversation, ConversationSummary, Embedding } from "../rows/builtin.js";
import { askedRows } from "./asked-rows.js";
import { askedAtOnce, textsPerCall, vectorAsker } from "./asker.js";
import { askerOptions, concurrencyOf, failuresOf } from "./asking-options.js";
import { beforePaying } from "./before-paying.js";
import { belongingOf, keysOf } from "./belonging.js";
import { countQuestions, priced } from "./estimate.js";
import { continuing, fittedBefore, isFittedBy, type StepFingerprint, stepFingerprint } from "./fingerprint.js";
import { type RowSource, rowsInMemory } from "./row-source.js";
import { type MakeContext, type RunStepOptions, runStep, STEP_OPTIONS, type StepOptions } from "./run-step.js";
import { type Settings, settingsOf } from "./settings.js";
import { soundStep } from "./stored-step.js";

export interface EmbedOptions extends StepOptions {
  /** Default: LSA, fitted to the corpus; no network. */
  model?: EmbeddingModel | undefined;
  /**
   * What was summarised: a model that is made from a corpus learns from whole conversations which words belong together, and much less
   * from their summaries.
   */
  conversations?: readonly Conversation[] | undefined;
}

/** A vector for each summary, in its order, of what it says; ids and metadata are not embedded. */
export async function embedSummaries(
  summaries: readonly ConversationSummary[],
  options: EmbedOptions = {},
): Promise<Embedding[]> {
  assertKnownOptions("embed summaries", options, [...STEP_OPTIONS, "model", "conversations"]);
  const { model, conversations, ...rest } = options;
  const inputs = {
    summaries: rowsInMemory(summaries, ConversationSummary),
    conversations: conversations && rowsInMemory(conversations, Conversation),
  };
  const rows = await embeddingsOf(inputs, await settingsOf({ embeddingModel: model }, options.signal), rest);
  return [...(await rows.load(options.signal))];
}

interface Inputs {
  readonly summaries: RowSource<ConversationSummary>;
  readonly conversations?: RowSource<Conversation> | undefined;
}

export async function embeddingsOf(
  { summaries, conversations }: Inputs,
  { embeddingModel: model }: Pick<Settings, "embeddingModel">,
  options: RunStepOptions,
): Promise<RowSource<Embedding>> {
  const corpus = model.fit ? conversations : undefined;
  const fingerprint = stepFingerprint(
    "embeddings",
    { summaries: await summaries.rowHash(), ...(corpus && { conversations: await corpus.rowHash() }) },
    { models: { embedding: model.id } },
  );
  const earlier = options.continue && model.fit ? await earlierModel(model, options) : undefined;
  return await runStep<Embedding>({
    ...options,
    step: "embeddings",
    type: Embedding,
    total: summaries.count,
    keepsRows: true,
    fingerprint: earlier ? continuing(fingerprint, earlier.made) : fingerprint,
    belongs: async (rows, changed) =>
      belongingOf(await keysOf(rows, "chat_id"), await keysOf(summaries, "chat_id"), changed),
    foresee: () => summaries.batches({ columns: ["chat_id"] }) as unknown as AsyncGenerator<Embedding[]>,
    make: (context) =>
      model.fit
        ? fittedRows(summaries, { ...options, model, corpus, earlier: earlier?.fitted }, context)
        : askedVectors(summaries, { ...options, model }, context),
  });
}

interface EarlierModel {
  readonly fitted: FittedEmbedding;
  /** Of the rows that it has made. */
  readonly made: StepFingerprint;
}

/** The model of the stored vectors, if it was made by this kind of model and its state is there. */
async function earlierModel(
  model: EmbeddingModel,
  { checkpointManager: manager, signal }: RunStepOptions,
): Promise<EarlierModel | undefined> {
  const made = (await soundStep(manager, "embeddings", signal))?.fingerprint as StepFingerprint | undefined;
  if (!manager || !isFittedBy(model.id, made)) return undefined;
  const state = await findModelState(await manager.storages({ signal }), made.state);
  const fitted = state && model.restore?.(state);
  return fitted && { fitted, made };
}

/** Of a model that is made from its corpus. Its state is kept, so that later rows can be put into the same space. */
async function* fittedRows(
  summaries: RowSource<ConversationSummary>,
  {
    model,
    corpus,
    earlier,
    checkpointManager: manager,
  }: RunStepOptions & {
    model: EmbeddingModel;
    corpus: RowSource<Conversation> | undefined;
    earlier: FittedEmbedding | undefined;
  },
  { signal, onProgress, note }: MakeContext,
): AsyncGenerator<Embedding> {
  const { embedStep } = await import("../steps/embed-step.js");
  const { renderConversation, renderSummary } = await import("../steps/rendering.js");
  async function* texts() {
    if (corpus) for await (const batch of corpus.batches({ signal })) yield* batch.map(renderConversation);
    else for await (const batch of summaries.batches({ signal })) yield* batch.map(renderSummary);
  }
  const fitted = earlier ?? (await model.fit!(texts()));
  const [storage] = manager?.enabled ? await manager.storages({ signal }) : [];
  if (storage) note({ state: await saveModelState(storage, fitted.state) });
  if (earlier) note({ models: { embedding: fittedBefore(model.id, fitted.id) } });
  yield* embedStep(summaries.batches({ signal }), fitted, { signal, onProgress });
}

/** Of a model that is asked. */
async function* askedVectors(
  summaries: RowSource<ConversationSummary>,
  { model, ...options }: RunStepOptions & { model: EmbeddingModel },
  context: MakeContext,
): AsyncGenerator<Embedding> {
  const { renderSummary } = await import("../steps/rendering.js");
  const step = "embeddings";
  await model.ready?.();
  const answers = await context.answers();
  const before = beforePaying(async () => {
    const questionOf = (summary: ConversationSummary) => {
      const text = renderSummary(summary);
      return { text, key: answerKey({ model: model.id, text }) };
    };
    const counted = await countQuestions(summaries, questionOf, { answers, outputTokens: 0, signal: context.signal });
    return priced(step, model.id, counted, options.budget);
  }, options);
  const ask = vectorAsker(model, askerOptions(step, options, { answers, before }));
  yield* askedRows(
    flattened(summaries.batches({ signal: context.signal })),
    {
      // Texts, not calls.
      concurrency: askedAtOnce(concurrencyOf(options)) * textsPerCall(model),
      failures: failuresOf(step, options, summaries.count),
      onEvent: options.onEvent,
      keyOf: ({ chat_id }) => chat_id,
      ask: async (summary) => {
        const reply = await ask(renderSummary(summary), summary.chat_id);
        return reply.failure ? reply : { value: { chat_id: summary.chat_id, embedding: reply.value } };
      },
    },
    context,
  );
}
