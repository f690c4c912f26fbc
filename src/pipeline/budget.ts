import { BudgetError } from "../errors.js";
import type { Usage } from "../models/model.js";
import type { Price } from "../models/prices.js";

export type PriceOf = (model: string) => Price | undefined;

/** What a run spends, and the most that it may. Calls under way count by what they were thought to cost. */
export class Budget {
  readonly #maxCost: number;
  readonly #priceOf: PriceOf;
  #spent = 0;
  #reserved = 0;

  /**
   * @param maxCost In US dollars; `Infinity` only counts.
   * @throws {RangeError} If it is negative.
   */
  constructor(maxCost: number, priceOf: PriceOf) {
    if (!(maxCost >= 0)) throw new RangeError(`Cannot spend at most ${maxCost}: maxCost is a number >= 0`);
    this.#maxCost = maxCost;
    this.#priceOf = priceOf;
  }

  /** What tokens of a model cost, in US dollars; undefined where no price is known. */
  costOf(model: string, usage: Usage): number | undefined {
    const price = this.#priceOf(model);
    return price && costOf(usage, price);
  }

  /** Of what the models said they used, in US dollars. Models without a known price count nothing. */
  get spent(): number {
    return this.#spent;
  }

  /**
   * Set aside what a call may cost; what is returned is to be called with what it used, or nothing, when it has ended.
   *
   * @throws {BudgetError} If that is more than is left, or no price is known and there is a limit to keep.
   */
  reserve(model: string, expected: Usage): (used: Usage | undefined) => void {
    const price = this.#priceOf(model);
    if (!price) {
      if (this.#maxCost === Number.POSITIVE_INFINITY) return () => {};
      throw new BudgetError(this.#spent, this.#maxCost, `no price is known for ${model}`);
    }
    const reserved = costOf(expected, price);
    const committed = this.#spent + this.#reserved;
    if (committed + reserved > this.#maxCost) throw new BudgetError(committed, this.#maxCost);
    this.#reserved += reserved;
    return (used) => {
      this.#reserved -= reserved;
      // A call that broke off may have been paid for all the same: it counts as it was expected to.
      this.#spent += costOf(used ?? expected, price);
    };
  }
}

function costOf({ inputTokens = 0, outputTokens = 0 }: Usage, { input, output }: Price): number {
  return (inputTokens * input + outputTokens * output) / 1e6;
}
