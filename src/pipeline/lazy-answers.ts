import { AnswerStore } from "../checkpoints/answers/answer-store.js";
import { Answers } from "../checkpoints/answers/answers.js";
import { type AnswerLimits, collectReleased } from "../checkpoints/answers/collect-answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { onUnheard } from "../checkpoints/listener.js";
import type { Storage } from "../storage/storage.js";
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
  #stores: Promise<AnswerStore[]> | undefined;
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
    for (const store of (await this.#stores?.catch(() => [])) ?? []) await store.close();
    if (this.#isDue) await this.#collect();
  }

  /** Housekeeping: that it fails takes nothing from what was made. */
  async #collect(): Promise<void> {
    const { answers, answerLimits, checkpointManager: manager, onEvent, signal } = this.#place;
    if (answerLimits === false || !manager?.enabled || signal?.aborted) return;
    const limits = { ...answerLimits, signal };
    try {
      const [storage] = await manager.storages({ signal });
      if (!storage) return;
      if (answers) await answers.collect(storage, limits);
      else await collectReleased(storage, storage, { ...limits, ifDue: true });
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
    const { answers, checkpointManager: manager, signal } = this.#place;
    if (answers) return answers;
    const storages = manager?.enabled ? await manager.storages({ signal }) : [];
    this.#stores = openAll(storages);
    const [store, ...others] = await this.#stores;
    return new Answers(store, { others });
  }
}

/** Of other copies what can be read: that one of them does not work is said where rows are saved. */
async function openAll([first, ...others]: readonly Storage[]): Promise<AnswerStore[]> {
  if (!first) return [];
  const stores = [await AnswerStore.open(first)];
  for (const storage of others) {
    const store = await AnswerStore.open(storage, { readOnly: true }).catch(() => undefined);
    if (store && store.size > 0) stores.push(store);
    else await store?.close();
  }
  return stores;
}
