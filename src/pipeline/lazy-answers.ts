import { AnswerStore } from "../checkpoints/answers/answer-store.js";
import { Answers } from "../checkpoints/answers/answers.js";
import { type AnswerLimits, collectReleased } from "../checkpoints/answers/collect-answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { onUnheard } from "../checkpoints/listener.js";
import type { OnPipelineEvent } from "./event.js";

export interface AnswersPlace {
  /** Default: those below the manager's directory. Without either, nothing is paid. */
  answers?: Answers | undefined;
  /** How long answers are kept that no kept revision was made of; `false`: for ever. */
  answerLimits?: AnswerLimits | false | undefined;
  checkpointManager?: BaseCheckpointManager | undefined;
  onEvent?: OnPipelineEvent | undefined;
  signal?: AbortSignal | undefined;
}

/** Answers that are opened when something is first asked: there may be millions, and where nothing is to be made none is needed. */
export class LazyAnswers {
  readonly #place: AnswersPlace;
  #store: Promise<AnswerStore | undefined> | undefined;
  #answers: Promise<Answers> | undefined;
  #isDue = false;

  constructor(place: AnswersPlace) {
    this.#place = place;
  }

  open(): Promise<Answers> {
    this.#answers ??= this.#open();
    return this.#answers;
  }

  /** A revision was saved that was made of answers: earlier ones may need theirs no more. */
  saved(): void {
    this.#isDue = true;
  }

  /** Those that were given stay open. */
  async close(): Promise<void> {
    const store = await this.#store?.catch(() => undefined);
    await store?.close();
    if (this.#isDue) await this.#collect();
  }

  /** Housekeeping: that it fails takes nothing from what was made. */
  async #collect(): Promise<void> {
    const { answers, answerLimits, checkpointManager: manager, onEvent, signal } = this.#place;
    if (answerLimits === false || !manager?.enabled || !manager.storage || signal?.aborted) return;
    const limits = { ...answerLimits, signal };
    try {
      if (answers) await answers.collect(manager.storage, limits);
      else await collectReleased(manager.storage, manager.storage, { ...limits, ifDue: true });
    } catch (error) {
      if (signal?.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      (onEvent ?? onUnheard)({
        type: "warning",
        code: "answers-not-collected",
        checkpoint: "",
        message: `Answers that are needed no more were not dropped: ${why}`,
      });
    }
  }

  async #open(): Promise<Answers> {
    const { answers, checkpointManager: manager } = this.#place;
    if (answers) return answers;
    if (!manager?.enabled || !manager.storage) return new Answers(undefined);
    this.#store = AnswerStore.open(manager.storage);
    return new Answers(await this.#store);
  }
}
