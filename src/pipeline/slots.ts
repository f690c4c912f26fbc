import { concernsAll } from "./retry.js";

/** So many at once, in the order in which they came. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  #trouble: { readonly error: unknown } | undefined;

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * @param work May let the next one begin before it has ended itself.
   * @throws The reason of `signal`, instead of beginning after it was aborted; what `work` threw before, if that concerns all.
   */
  async use<T>(work: (release: () => void) => Promise<T>, signal?: AbortSignal | undefined): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#letNext();
      isHeld = false;
    };
    try {
      signal?.throwIfAborted();
      if (this.#trouble) throw this.#trouble.error;
      return await work(release);
    } catch (error) {
      if (concernsAll(error)) this.#trouble ??= { error };
      throw error;
    } finally {
      release();
    }
  }

  #letNext(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
