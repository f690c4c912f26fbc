import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { CallError, TooManyFailuresError } from "../../src/errors.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { LONG, SEED } from "../crash/scale.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { EditedInput, type Item } from "./edits.js";
import { MAP, type PaidStep, SUMMARIES } from "./paid-steps.js";
import { ScriptedProvider } from "./scripted-provider.js";

// Somebody edits an input again and again and runs in between. What stands after each run is compared with what is known without the
// library (which rows there must be, which calls there may be), and with what the library makes of the same input from nothing.

const SCRIPTS = LONG ? 1000 : 8;
const ROUNDS = 8;

interface Counts {
  finished: number;
  stopped: number;
  rows: number;
  calls: number;
  /** Rows of finished runs that needed no call. */
  reused: number;
  missing: number;
  lost: number;
  stale: number;
  duplicated: number;
  callsAmiss: number;
}

interface Wanted {
  readonly rows: readonly object[];
  /** Ids of those that are not there. */
  readonly missing: readonly string[];
  readonly calls: number;
}

/** One input, one directory, one provider; every run is a new process's as far as the library can tell. */
class Script {
  readonly #step: PaidStep;
  readonly #random: () => number;
  readonly #provider: ScriptedProvider;
  readonly #input: EditedInput;
  readonly #storage = new MemoryStorage();
  readonly #counts: Counts;
  #version = 0;

  constructor(step: PaidStep, seed: number, counts: Counts) {
    this.#step = step;
    this.#random = seededRandom(seed);
    this.#provider = new ScriptedProvider(`${step.name} ${seed}`);
    this.#input = new EditedInput(this.#random, (text) => !this.#provider.isUnsteady(text));
    this.#counts = counts;
  }

  async round(): Promise<void> {
    this.#input.edit();
    if (this.#chance(0.15)) this.#version = seededIndex(this.#random, 3);
    if (this.#chance(0.05)) await new JSONLCheckpointManager(this.#storage).deleteCheckpoint(this.#step.checkpoint);
    const how = (["finish", "finish", "finish", "abort", "abort", "strict", "fatal"] as const)[
      seededIndex(this.#random, 7)
    ]!;
    await this.#run(how, { retryFailed: this.#chance(0.2) });
  }

  /** The end of every script: nothing stops it, so all must be there. */
  async end(): Promise<void> {
    await this.#run("finish", { retryFailed: false });
  }

  async #run(how: "finish" | "abort" | "strict" | "fatal", { retryFailed }: { retryFailed: boolean }): Promise<void> {
    const { items } = this.#input;
    const wanted = this.#wanted(retryFailed);
    const before = await this.#stored();
    const stop = new AbortController();
    const stopAt = 1 + seededIndex(this.#random, 8);
    let isStopped = false;
    this.#provider.beginRun({ retryFailed });
    this.#provider.onCall = (count) => {
      if (count < stopAt || (how !== "abort" && how !== "fatal")) return;
      isStopped = true;
      if (how === "abort") stop.abort(new Error("enough"));
      else throw new CallError("fatal", "wrong key", "The key is wrong");
    };
    const problem = await this.#step
      .run({
        items,
        version: this.#version,
        call: (sent, text) => this.#provider.call(sent, text),
        storage: this.#storage,
        concurrency: 1 + seededIndex(this.#random, 8),
        maxFailed: how === "strict" ? 0 : items.length + 1,
        retryFailed,
        signal: stop.signal,
      })
      .then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    this.#counts.calls += this.#provider.calls;
    this.#counts.callsAmiss += this.#provider.paidTwice.splice(0).length;
    if (how === "strict" && wanted.missing.length > 0) expect(problem).toBeInstanceOf(TooManyFailuresError);
    else expect(problem?.message).toBe(isStopped ? (how === "abort" ? "enough" : "The key is wrong") : undefined);
    if (problem) {
      this.#counts.stopped += 1;
      // What stood before stands.
      expect(await this.#stored()).toEqual(before);
      return;
    }
    this.#counts.finished += 1;
    this.#counts.callsAmiss += Math.abs(this.#provider.calls - wanted.calls);
    await this.#compare(wanted);
  }

  /** What a run that ends has to come to. */
  #wanted(retryFailed: boolean): Wanted {
    const outcomes = new Map(
      this.#input.items.map((item) => {
        const sent = this.#step.sent(item, this.#version);
        return [sent, this.#provider.expect(sent, item.text, { retryFailed })] as const;
      }),
    );
    const isAnswered = (item: Item) => outcomes.get(this.#step.sent(item, this.#version))!.settled === "answered";
    const rows = this.#input.items.filter(isAnswered).map((item) => this.#step.row(item, this.#version));
    const missing = this.#input.items.filter((item) => !isAnswered(item)).map(({ id }) => id);
    const calls = [...outcomes.values()].reduce((sum, { calls }) => sum + calls, 0);
    return { rows, missing, calls };
  }

  async #compare({ rows, missing, calls }: Wanted): Promise<void> {
    const stored = await this.#stored();
    const found = stored.rows;
    const counts = this.#counts;
    counts.rows += found.length;
    counts.reused += Math.max(0, rows.length - calls);
    counts.missing += missing.length;
    counts.lost += rows.filter((row) => !found.some((one) => isDeepStrictEqual(one, row))).length;
    counts.stale += found.filter((row) => !rows.some((one) => isDeepStrictEqual(one, row))).length;
    counts.duplicated += Math.max(0, found.length - rows.length);
    expect(found).toEqual(rows);
    expect(stored).toMatchObject({ missing, complete: missing.length === 0 });
    expect(stored).toEqual(await this.#fromNothing());
  }

  /** The same input, run once on an empty directory by somebody whose calls all end as they did here. */
  async #fromNothing() {
    const storage = new MemoryStorage();
    const call = async (sent: string) => {
      const settled = this.#provider.settled(sent);
      if (settled === "answered") return;
      throw new CallError(settled === "refused" ? "final" : "transient", "fate", "So be it", { retryAfterMs: 0 });
    };
    const { items } = this.#input;
    const options = { concurrency: 3, maxFailed: items.length + 1, retryFailed: false };
    await this.#step.run({ items, version: this.#version, call, storage, ...options });
    return await this.#stored(storage);
  }

  /** Everything that is kept of the checkpoint, but when, as which revision, how many calls that run took, and where their answers are listed. */
  async #stored(storage = this.#storage) {
    const { checkpoint, type } = this.#step;
    const manager = new JSONLCheckpointManager(storage);
    const info = await manager.getCheckpointInfo(checkpoint, { check: true });
    const rows = await manager.loadCheckpoint(checkpoint, type);
    const file = await storage.open(`${checkpoint}.jsonl`);
    const bytes = file && Buffer.from(await file.read(0, file.byteLength)).toString();
    const { fingerprint, missing, complete, revision } = info ?? {};
    const madeFrom = fingerprint && { ...fingerprint, calls: undefined, answers: undefined };
    return { rows: (rows ?? []) as object[], bytes, madeFrom, missing, complete, rowHash: revision?.rowHash };
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}

it.each([MAP, SUMMARIES])(
  `$name: after ${SCRIPTS} edit scripts no row is lost, stale or doubled, and only rows added or changed are paid for`,
  async (step) => {
    const counts: Counts = {
      finished: 0,
      stopped: 0,
      rows: 0,
      calls: 0,
      reused: 0,
      missing: 0,
      lost: 0,
      stale: 0,
      duplicated: 0,
      callsAmiss: 0,
    };
    for (let number = 0; number < SCRIPTS; number++) {
      const script = new Script(step, SEED * 1_000_000 + number, counts);
      let round = 0;
      try {
        for (; round < ROUNDS; round++) await script.round();
        await script.end();
      } catch (error) {
        throw new Error(`Script ${number}, round ${round}, seed ${SEED}`, { cause: error });
      }
      const { lost, stale, duplicated, callsAmiss } = counts;
      expect({ lost, stale, duplicated, callsAmiss }, `script ${number}`).toEqual({
        lost: 0,
        stale: 0,
        duplicated: 0,
        callsAmiss: 0,
      });
    }
    const { finished, stopped, rows, calls, reused, missing, lost, stale, duplicated, callsAmiss } = counts;
    console.log(
      `edit scripts of ${step.name}, seed ${SEED}: ${SCRIPTS} scripts, ${finished} runs finished and ${stopped} stopped, ${calls} calls; ` +
        `${rows} rows compared, ${reused} of them without a call, ${missing} said to be missing; ` +
        `${lost} lost, ${stale} stale, ${duplicated} duplicated, ${callsAmiss} calls too many or too few`,
    );
    // Enough of each happened for this to mean something.
    expect(Math.min(finished, stopped, reused, missing)).toBeGreaterThan(SCRIPTS);
  },
);
