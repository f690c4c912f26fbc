/** Runs out where nothing happens for so long while it is running. */
export class Clock {
  readonly #timeoutMs: number;
  readonly #onExpire: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeoutMs: number, onExpire: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onExpire = onExpire;
  }

  /** From now on; also where it was running. */
  start(): void {
    this.stop();
    this.#timer = setTimeout(this.#onExpire, this.#timeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
