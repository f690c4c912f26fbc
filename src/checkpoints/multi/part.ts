import { AsyncResource } from "node:async_hooks";
import { UnknownOutcomeError } from "../../errors.js";
import type { Agreement, NewRevision } from "../agreement.js";
import type { RevisionState } from "../revision-state.js";
import { Clock } from "./clock.js";
import type { Copy } from "./copy.js";
import { deferred } from "./deferred.js";

export interface Written {
  readonly rows: number;
  readonly rowHash: string;
}

/** `isUnknown`: it may have published, although it did not say so. */
type End<T> = { readonly value: T } | { readonly error: unknown; readonly isUnknown: boolean };

/** In which a copy that is well takes back what it has written. */
const STOP_MS = 2_000;

/** What one copy is asked to do under an agreement, which is its part. */
export type Work<T> = (part: Part<T>) => Promise<T>;

/**
 * The part that one copy has in a change of several. Its clock runs while it is its turn: not while it waits for other writers, for rows,
 * or for the other copies.
 */
export class Part<T> implements Agreement {
  readonly copy: Copy;
  readonly #isPatient: boolean;
  readonly #stop = new AbortController();
  readonly clock: Clock;
  readonly #found = deferred<RevisionState>();
  readonly #plan = deferred<NewRevision>();
  readonly #written = deferred<Written>();
  readonly #go = deferred<void>();
  readonly #ended = deferred<void>();
  #finished: Promise<unknown> = Promise.resolve();
  #isPublishing = false;
  #isStalled = false;
  /** Where what it waits for may run, so that it cannot wait for the copy in turn; known when it has begun. */
  scope: AsyncResource | undefined;
  /** How it ended; undefined as long as it takes part. */
  end: End<T> | undefined;

  /** @param isPatient Whether it may wait for another writer. */
  constructor(copy: Copy, isPatient = true) {
    this.copy = copy;
    this.#isPatient = isPatient;
    this.clock = new Clock(copy.timeoutMs, () => {
      this.#isStalled = true;
      this.fail(copy.stalled());
    });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  start(work: Work<T>): void {
    this.clock.start();
    // A manager may throw before it has a promise to give.
    this.#finished = (async () => await work(this))().then(
      (value) => this.#settle(this.#isPublishing ? { value } : { error: notAsked(this.copy), isUnknown: true }),
      (error: unknown) => this.#settle({ error, isUnknown: error instanceof UnknownOutcomeError }),
    );
  }

  waiting(forWhat: string): void {
    this.clock.stop();
    if (!this.#isPatient && !this.scope)
      this.fail(new Error(`"${this.copy.label}" is being written by ${forWhat}, which is not waited for`));
  }

  async decide(found: RevisionState): Promise<NewRevision> {
    this.clock.stop();
    this.scope = new AsyncResource("kura.copy");
    this.#found.resolve(found);
    const plan = await this.#plan.promise;
    this.clock.start();
    return plan;
  }

  async publish(written: Written): Promise<void> {
    this.clock.stop();
    this.#written.resolve(written);
    await this.#go.promise;
    this.#isPublishing = true;
    this.clock.start();
  }

  /** What stands there; undefined where it failed before it could say. */
  begun(): Promise<RevisionState | undefined> {
    return Promise.race([this.#found.promise, this.#ended.promise.then(() => undefined)]);
  }

  go(revision: NewRevision): void {
    this.#plan.resolve(revision);
  }

  written(): Promise<Written | undefined> {
    return Promise.race([this.#written.promise, this.#ended.promise.then(() => undefined)]);
  }

  goPublish(): void {
    this.#go.resolve();
  }

  ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** It takes no part any more, and undoes what it did if it can. */
  fail(error: unknown): void {
    this.#settle({ error, isUnknown: this.#isPublishing });
    this.#plan.reject(error);
    this.#go.reject(error);
    this.#stop.abort(error);
  }

  /** It has let go of its lock, or is not waited for. Who has stopped waits for no copy that hangs. */
  async finished({ isStopped = false } = {}): Promise<void> {
    if (this.#isStalled) return;
    const waited = deferred<void>();
    const waitMs = isStopped ? Math.min(STOP_MS, this.copy.timeoutMs) : this.copy.timeoutMs;
    const clock = new Clock(waitMs, () => waited.resolve());
    clock.start();
    await Promise.race([this.#finished, waited.promise]);
    clock.stop();
  }

  #settle(end: End<T>): void {
    if (this.end) return;
    this.clock.stop();
    this.end = end;
    this.#ended.resolve();
  }
}

function notAsked({ label }: Copy): Error {
  return new Error(`the manager of "${label}" saved without asking which revision and when, as a copy has to`);
}
