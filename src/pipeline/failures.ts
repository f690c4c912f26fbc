import { TooManyFailuresError } from "../errors.js";

/** A row that could not be made, and why. */
export interface FailedRow {
  readonly key: string;
  readonly reason: string;
  /** Whether the call would fail again: then it is not made again unless told (`retryFailed`). */
  readonly final: boolean;
}

export const DEFAULT_MAX_FAILED = 0.01;

/** The rows of a step that could not be made; up to `maxFailed` of them the step goes on. */
export class Failures {
  readonly rows: FailedRow[] = [];
  readonly step: string;
  readonly #maxFailed: number;
  readonly #total: number | undefined;
  #firstError: unknown;

  /**
   * @param maxFailed A part of all rows where it is below 1, else a number of them.
   * @param total How many rows there will be. Where it is not known, what is put up with is only known at the end.
   */
  constructor(step: string, maxFailed: number, total: number | undefined) {
    if (!(maxFailed >= 0))
      throw new RangeError(`Cannot put up with ${maxFailed} failed rows: maxFailed is a number >= 0`);
    this.step = step;
    this.#maxFailed = maxFailed;
    this.#total = total;
  }

  /**
   * @param error What was thrown, where that was in this run.
   * @throws {TooManyFailuresError} If that is one too many.
   */
  add(row: FailedRow, error?: unknown): void {
    if (this.rows.push(row) === 1) this.#firstError = error;
    if (this.#total !== undefined) this.#assertFew(this.#total);
  }

  /** @throws {TooManyFailuresError} If there are too many of `total`. */
  end(total: number): void {
    this.#assertFew(total);
  }

  /** In words, for people; undefined where there are none. */
  get summary(): string | undefined {
    const [first] = this.rows;
    if (!first) return undefined;
    const final = this.rows.filter((row) => row.final).length;
    const forGood = `; ${final} failed for good: asked for again with retryFailed (--retry-failed) only`;
    return `could not make ${this.rows.length} of the rows; the first is "${first.key}": ${first.reason}${final > 0 ? forGood : ""}`;
  }

  #assertFew(total: number): void {
    const limit = this.#maxFailed < 1 ? Math.floor(this.#maxFailed * total) : this.#maxFailed;
    if (this.rows.length <= limit) return;
    const first = { ...this.rows[0]!, error: this.#firstError };
    throw new TooManyFailuresError(this.step, this.rows.length, limit, first);
  }
}
