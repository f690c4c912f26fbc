import { countOf } from "./count-of.js";

/** More kinds than this are not told apart: names of fields come from the file. */
const MAX_KINDS = 50;

interface Tally {
  count: number;
  readonly first: string;
}

/** What a caller should know and need not stop for. Counted while reading, told once at the end. */
export class Warnings {
  readonly #tallies = new Map<string, Tally>();
  #untold = false;

  /**
   * @param notes What was made up, changed or left out in one conversation.
   * @param place Of it, such as "line 3".
   */
  add(notes: ReadonlySet<string>, place: string): void {
    for (const what of notes) {
      const tally = this.#tallies.get(what);
      if (tally) tally.count++;
      else if (this.#tallies.size < MAX_KINDS) this.#tallies.set(what, { count: 1, first: place });
      else this.#untold = true;
    }
  }

  /** One sentence for each kind, in the order in which they were first met. */
  messages(): string[] {
    const told = [...this.#tallies].map(
      ([what, { count, first }]) =>
        `${what}: ${countOf(count, "conversation")}, ${count === 1 ? "" : "the first "}at ${first}`,
    );
    return this.#untold ? [...told, `more than these ${MAX_KINDS} kinds of things were changed or left out`] : told;
  }
}
