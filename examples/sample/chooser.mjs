/** Seeded choices that spread evenly: of several texts, one of the least used so far. Integers only, so every platform agrees. */
export class Chooser {
  #state;
  /** @type {Map<string, number>} how often each text was chosen */
  uses = new Map();

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0 || 1;
  }

  /** A 32-bit integer (xorshift32, Marsaglia 2003, with a multiplied output). */
  #bits() {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return Math.imul(this.#state, 0x9e3779b1) >>> 0;
  }

  /** An integer in [0, count). */
  below(count) {
    return Math.floor((this.#bits() / 4294967296) * count);
  }

  /** True in `percent` of 100 cases. */
  chance(percent) {
    return this.below(10_000) < percent * 100;
  }

  /** @template T @param {readonly T[]} things @returns {T} */
  any(things) {
    return things[this.below(things.length)];
  }

  /** `{ name: weight }` to one of the names. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [name, weight] of entries) {
      if (left < weight) return name;
      left -= weight;
    }
    throw new Error("Cannot choose: the weights are empty");
  }

  /**
   * One of the things whose text was chosen least often, and counts it.
   * @template T @param {readonly T[]} things @param {(thing: T) => string} textOf @returns {T}
   */
  leastUsed(things, textOf) {
    const usesOf = (thing) => this.uses.get(textOf(thing)) ?? 0;
    const fewest = Math.min(...things.map(usesOf));
    const chosen = this.any(things.filter((thing) => usesOf(thing) === fewest));
    this.uses.set(textOf(chosen), fewest + 1);
    return chosen;
  }

  /** @template T @param {readonly T[]} things @returns {T[]} a shuffled copy */
  shuffled(things) {
    const copy = [...things];
    for (let last = copy.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [copy[last], copy[other]] = [copy[other], copy[last]];
    }
    return copy;
  }
}
