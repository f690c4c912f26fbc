import { CallError } from "../errors.js";

interface Waiting<I, O> {
  readonly input: I;
  readonly resolve: (output: O) => void;
  readonly reject: (error: unknown) => void;
}

/** So long a batch that is not full waits for company. A call takes a hundred times that. */
const LINGER_MS = 2;

/**
 * Puts what is asked for one by one into calls for many. A batch that fails for good is halved, so that one bad input does not take the
 * others with it.
 */
export class Batcher<I, O> {
  readonly #size: number;
  readonly #call: (inputs: readonly I[]) => Promise<readonly O[]>;
  #waiting: Waiting<I, O>[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param call Gives an output per input, in their order. */
  constructor(size: number, call: (inputs: readonly I[]) => Promise<readonly O[]>) {
    this.#size = size;
    this.#call = call;
  }

  load(input: I): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      if (this.#waiting.length >= this.#size) this.#flush();
      else this.#timer ??= setTimeout(() => this.#flush(), LINGER_MS);
    });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting.splice(0, this.#size);
    if (batch.length > 0) void this.#run(batch);
  }

  async #run(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const outputs = await this.#call(batch.map(({ input }) => input));
      if (outputs.length !== batch.length)
        throw new CallError("final", "wrong count", `${batch.length} were asked for, ${outputs.length} came`);
      batch.forEach(({ resolve }, index) => {
        resolve(outputs[index]!);
      });
    } catch (error) {
      if (batch.length > 1 && error instanceof CallError && error.kind === "final") {
        const half = batch.length >> 1;
        await Promise.all([this.#run(batch.slice(0, half)), this.#run(batch.slice(half))]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}
