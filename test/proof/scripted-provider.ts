import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { CallError } from "../../src/errors.js";

/** How the first calls with a text end; all later ones are answered. */
interface Fate {
  readonly kind: "final" | "transient";
  readonly failures: number;
}

/** Calls for one row at most, in one run. */
export const ATTEMPTS = 2;

export type Settled = "answered" | "refused" | "open";

export interface Expected {
  readonly calls: number;
  readonly settled: Settled;
}

/**
 * The other side of paid calls. Each text has its fate, from a seed; what became of everything that was sent is written down here, apart
 * from anything that the library keeps.
 */
export class ScriptedProvider {
  calls = 0;
  /** Called when a call begins, with how many there were in this run. */
  onCall: (count: number) => void = () => {};
  /** Calls for what had been answered, or had been refused and was not to be asked for again. */
  readonly paidTwice: string[] = [];
  readonly #seed: string;
  readonly #made = new Map<string, number>();
  readonly #settled = new Map<string, Settled>();
  #retriesRefused = false;

  constructor(seed: string) {
    this.#seed = seed;
  }

  beginRun({ retryFailed }: { retryFailed: boolean }): void {
    this.calls = 0;
    this.onCall = () => {};
    this.#retriesRefused = retryFailed;
  }

  /** How many calls one run makes for what is sent if it is not stopped, and how it then stands. */
  expect(sent: string, text: string, { retryFailed }: { retryFailed: boolean }): Expected {
    const settled = this.settled(sent);
    if (settled === "answered" || (settled === "refused" && !retryFailed)) return { calls: 0, settled };
    const { kind, failures } = this.#fateOf(text);
    const made = this.#made.get(sent) ?? 0;
    if (made >= failures) return { calls: 1, settled: "answered" };
    if (kind === "final") return { calls: 1, settled: "refused" };
    const left = failures - made;
    return left < ATTEMPTS ? { calls: left + 1, settled: "answered" } : { calls: ATTEMPTS, settled: "open" };
  }

  settled(sent: string): Settled {
    return this.#settled.get(sent) ?? "open";
  }

  /** Texts of which two rows asked one after the other could come to different ends in one run. */
  isUnsteady(text: string): boolean {
    const { kind, failures } = this.#fateOf(text);
    return kind === "transient" && failures >= ATTEMPTS;
  }

  /** @throws {CallError} As it is the text's fate. */
  async call(sent: string, text: string): Promise<void> {
    const before = this.settled(sent);
    if (before === "answered" || (before === "refused" && !this.#retriesRefused)) this.paidTwice.push(sent);
    const made = this.#made.get(sent) ?? 0;
    this.#made.set(sent, made + 1);
    this.calls += 1;
    this.onCall(this.calls);
    if (made % 3 !== 2) await setImmediate();
    const { kind, failures } = this.#fateOf(text);
    if (made >= failures) {
      this.#settled.set(sent, "answered");
      return;
    }
    if (kind === "final") this.#settled.set(sent, "refused");
    throw new CallError(kind, "fate", `This was to fail ${failures} times`, { retryAfterMs: 0 });
  }

  #fateOf(text: string): Fate {
    const lot = createHash("sha256").update(`${this.#seed} ${text}`).digest().readUInt16LE(0) % 100;
    if (lot < 8) return { kind: "final", failures: 1 };
    if (lot < 11) return { kind: "final", failures: 2 };
    if (lot < 17) return { kind: "transient", failures: ATTEMPTS - 1 };
    if (lot < 21) return { kind: "transient", failures: ATTEMPTS + 1 };
    return { kind: "final", failures: 0 };
  }
}
