import { AnswerStore } from "../checkpoints/answers/answer-store.js";
import { Answers } from "../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";

export interface AnswersPlace {
  /** Default: those below the manager's directory. Without either, nothing is paid. */
  answers?: Answers | undefined;
  checkpointManager?: BaseCheckpointManager | undefined;
}

/** Answers that are opened when something is first asked: there may be millions, and where nothing is to be made none is needed. */
export class LazyAnswers {
  readonly #place: AnswersPlace;
  #store: Promise<AnswerStore | undefined> | undefined;
  #answers: Promise<Answers> | undefined;

  constructor(place: AnswersPlace) {
    this.#place = place;
  }

  open(): Promise<Answers> {
    this.#answers ??= this.#open();
    return this.#answers;
  }

  /** Those that were given stay open. */
  async close(): Promise<void> {
    const store = await this.#store?.catch(() => undefined);
    await store?.close();
  }

  async #open(): Promise<Answers> {
    const { answers, checkpointManager: manager } = this.#place;
    if (answers) return answers;
    if (!manager?.enabled || !manager.storage) return new Answers(undefined);
    this.#store = AnswerStore.open(manager.storage);
    return new Answers(await this.#store);
  }
}
