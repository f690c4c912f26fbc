import { UnwritableAnswersError } from "../../errors.js";
import type { Usage } from "../../models/model.js";
import type { Storage } from "../../storage/storage.js";
import type { Answer, AnswerValue, Outcome } from "./answer.js";
import { assertKey } from "./answer-line.js";
import type { AnswerStore } from "./answer-store.js";
import { type AnswerLimits, collectReleased } from "./collect-answers.js";
import { PackedKeys, writeKeyList } from "./key-list.js";
import { projectId } from "./project-id.js";

export interface Question<V extends AnswerValue> {
  /** @see answerKey */
  readonly key: string;
  /**
   * Makes the call. What it returns is kept, a failure too: one that would come again. What it throws is not kept, and rejects for all who
   * asked. `signal` aborts when all of them have gone; there is none if the first has none to go by.
   */
  readonly call: (signal: AbortSignal | undefined) => Promise<Outcome<V>>;
  readonly chatId?: string | undefined;
  /** Under which name it is counted. */
  readonly step?: string | undefined;
  /** Make the call again if all that is known is a failure: once for a key. */
  readonly retryFailed?: boolean | undefined;
  /** What else counts as a failure, of what is known. */
  isFailure?(value: V): Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/** How often a step asked, and what came of it. */
export interface Tally {
  /** Calls made whose outcome was kept. */
  readonly paid: number;
  /** Answered without a call, or by one that somebody else had made already; a failure that is kept is an answer, too. */
  readonly reused: number;
  /** Those of the paid whose key had been paid before: a failure tried again, an answer that was damaged. */
  readonly rebought: number;
  /** As `spent` was told: those of every call. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

type Counts = { -readonly [C in keyof Tally]: Tally[C] };

const nothing = (): Counts => ({ paid: 0, reused: 0, rebought: 0, inputTokens: 0, outputTokens: 0 });

interface Flight {
  readonly answer: Promise<Answer>;
  /** Making one costs more than the rest of a flight, so only where it can be needed. */
  readonly abort: AbortController | undefined;
  askers: number;
}

/**
 * Asks, and pays for nothing twice: from the store, else by joining the same call in flight, else by a call whose outcome is kept before
 * anybody is told. One for each store, for all that ask in a process.
 */
export class Answers {
  readonly #store: AnswerStore | undefined;
  readonly #others: readonly AnswerStore[];
  readonly #flights: Map<string, Flight>;
  readonly #retried: Set<string>;
  readonly #tallies = new Map<string, Counts>();
  readonly #whole: Answers | undefined;
  /** Of all that was answered; undefined where nobody asks for it. */
  readonly #asked: PackedKeys | undefined;

  /**
   * @param store Undefined where there is nowhere to keep answers: then nothing is paid.
   * @param others What was kept in other copies while the store's was away: what is found there is kept in the store too. @internal
   * @param whole What this is a part of. @internal
   */
  constructor(
    store: AnswerStore | undefined,
    { others = [], whole }: { others?: readonly AnswerStore[]; whole?: Answers } = {},
  ) {
    this.#store = store;
    this.#others = whole ? whole.#others : others;
    this.#whole = whole;
    this.#flights = whole ? whole.#flights : new Map();
    this.#retried = whole ? whole.#retried : new Set();
    this.#asked = whole && new PackedKeys();
  }

  /** The same answers, counted also by themselves, which remember what was asked. @internal */
  part(): Answers {
    return new Answers(this.#store, { whole: this });
  }

  /**
   * Keep the list of all that was answered here beside the answers: they are not dropped while a revision names it. Durable when it
   * resolves; undefined where there is nothing to list, or nothing can be kept. @internal
   */
  async keepList(checkpoints: Storage | undefined, step: string): Promise<string | undefined> {
    const storage = this.#store?.listStorage;
    if (!storage || !checkpoints || !this.#asked || this.#asked.count === 0) return undefined;
    const project = await projectId(checkpoints);
    return await writeKeyList(storage, { project, step, at: new Date().toISOString(), keys: this.#asked });
  }

  /** Drop what the checkpoints need no more, if it is time to; see `collectAnswers`. @internal */
  async collect(checkpoints: Storage, limits: AnswerLimits & { signal?: AbortSignal | undefined }): Promise<void> {
    const storage = this.#store?.listStorage;
    if (!storage) return;
    await collectReleased(storage, checkpoints, { ...limits, ifDue: true });
    await this.#store?.refresh();
  }

  /**
   * @throws {UnwritableAnswersError} Instead of making the call, if what it brings could not be kept; after it, if it turned out so.
   */
  async ask<V extends AnswerValue>(question: Question<V>): Promise<Answer<V>> {
    const { key, step = "", signal } = question;
    assertKey(key);
    signal?.throwIfAborted();
    const flying = this.#flights.get(key);
    const answer = await this.#join(key, flying ?? this.#take(question), signal);
    if (flying) this.#count(step, { reused: 1 });
    this.#asked?.add(key);
    return answer as Answer<V>;
  }

  /** Count what a call has used, as soon as that is known: it is paid for, also where no answer comes of it. */
  spent(step: string, { inputTokens = 0, outputTokens = 0 }: Usage): void {
    this.#count(step, { inputTokens, outputTokens });
  }

  /** What is kept of a key: it counts as asked by nobody. @internal */
  async kept(key: string): Promise<Answer | undefined> {
    return this.has(key) ? ((await this.#store?.get(key)) ?? (await this.#fetch(key))) : undefined;
  }

  /** Whether asking would cost no call. A failure that is known counts. */
  has(key: string): boolean {
    return (this.#store?.has(key) ?? false) || this.#others.some((other) => other.has(key));
  }

  /** Of one step, or of all that asked. */
  tally(step?: string): Tally {
    const all = nothing();
    for (const [name, counts] of this.#tallies) if (step === undefined || step === name) add(all, counts);
    return all;
  }

  #take(question: Question<AnswerValue>): Flight {
    const abort = question.signal && new AbortController();
    const flight: Flight = { abort, askers: 0, answer: this.#fly(question, abort?.signal) };
    this.#flights.set(question.key, flight);
    const land = () => this.#leave(question.key, flight);
    flight.answer.then(land, land);
    return flight;
  }

  async #fly(question: Question<AnswerValue>, signal: AbortSignal | undefined): Promise<Answer> {
    const { key, chatId, step = "", retryFailed = false } = question;
    const known = this.has(key);
    const kept = known ? await this.kept(key) : undefined;
    const isRetried = kept && retryFailed && !this.#retried.has(key) && (await isFailed(kept, question));
    if (kept && !isRetried) {
      this.#count(step, { reused: 1 });
      return kept;
    }
    if (!this.#store)
      throw new UnwritableAnswersError("there is nowhere to put them; name a local directory, or a store of answers");
    await this.#store.ready();
    signal?.throwIfAborted();
    const outcome = await question.call(signal);
    const answer: Answer = {
      ...outcome,
      key,
      at: new Date().toISOString(),
      ...(chatId !== undefined && { chatId }),
      ...(step !== "" && { step }),
    };
    await this.#store.put(answer);
    if (retryFailed) this.#retried.add(key);
    this.#count(step, { paid: 1, rebought: known ? 1 : 0 });
    return answer;
  }

  /** From another copy. */
  async #fetch(key: string): Promise<Answer | undefined> {
    for (const other of this.#others) {
      const answer = await other.get(key);
      if (!answer) continue;
      await this.#store?.put(answer);
      return answer;
    }
    return undefined;
  }

  /** The flight's answer, unless this asker goes first. The last to go ends the flight. */
  #join(key: string, flight: Flight, signal: AbortSignal | undefined): Promise<Answer> {
    flight.askers += 1;
    if (!signal) return flight.answer;
    return new Promise((resolve, reject) => {
      const gone = () => {
        reject(signal.reason);
        flight.askers -= 1;
        if (flight.askers > 0) return;
        this.#leave(key, flight);
        flight.abort?.abort(signal.reason);
      };
      signal.addEventListener("abort", gone, { once: true });
      flight.answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", gone));
    });
  }

  #leave(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #count(step: string, more: Partial<Tally>): void {
    const counts = this.#tallies.get(step) ?? nothing();
    this.#tallies.set(step, counts);
    add(counts, more);
    if (this.#whole) this.#whole.#count(step, more);
  }
}

async function isFailed<V extends AnswerValue>(kept: Answer<V>, { isFailure }: Question<V>): Promise<boolean> {
  return kept.failure ? true : ((await isFailure?.(kept.value)) ?? false);
}

function add(counts: Counts, more: Partial<Tally>): void {
  counts.paid += more.paid ?? 0;
  counts.reused += more.reused ?? 0;
  counts.rebought += more.rebought ?? 0;
  counts.inputTokens += more.inputTokens ?? 0;
  counts.outputTokens += more.outputTokens ?? 0;
}
