import type { FileSystem } from "../../src/storage/file-system.js";
import { interceptFileSystem } from "./intercept-file-system.js";
import { seededIndex, seededRandom } from "./random.js";

/**
 * Decides which of several tasks may make its next file system call, one call at a time, by seed. Tasks that wait for something
 * else (a timer, each other) are simply not there to be chosen.
 */
export class Scheduler {
  readonly #random: () => number;
  readonly #waiting: (() => void)[] = [];
  #running = false;
  /** Calls let through so far. */
  turns = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** The same file system for one of the tasks: each of its calls waits for a turn. */
  task(inner: FileSystem): FileSystem {
    return interceptFileSystem(inner, async (_call, run) => {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#start();
      });
      return await run();
    });
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    const turn = (): void => {
      const chosen = this.#waiting.splice(seededIndex(this.#random, this.#waiting.length), 1)[0];
      if (!chosen) {
        this.#running = false;
        return;
      }
      this.turns += 1;
      chosen();
      // After the microtasks of the chosen task, so that its next call competes with the others'.
      setImmediate(turn);
    };
    setImmediate(turn);
  }
}
