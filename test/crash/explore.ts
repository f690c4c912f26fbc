import type { FileSystem } from "../../src/storage/file-system.js";
import { type CrashMode, stateKey } from "../support/crash-states.js";
import { type FileSystemCall, interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { seededIndex, seededRandom } from "../support/random.js";
import type { Form } from "./form.js";
import { assertKept, assertResult, assertStrangerSafe, described, earlierRevisions, Violation } from "./promises.js";
import { buryLockHolders, LOCKS, type Operation, PARENT, perform, Subject } from "./subject.js";

export interface ExploreOptions {
  form: Form;
  mode: CrashMode;
  seed?: number;
  /** Crash states of one instant beyond which they are sampled. */
  stateCap?: number;
  /** How many crashes deep: after each the script goes on, and is stopped again. */
  crashes?: number;
  /** Of the states that one operation's crashes leave, how many the script goes on from, and a stranger's write is tried on. */
  follow?: number;
  /** Syncs that do nothing, to see that they are missed. */
  swallow?: ((call: FileSystemCall, before: readonly FileSystemCall[]) => boolean) | undefined;
}

export interface Exploration {
  /** Operations run, each stopped at every change of the file system. */
  operations: number;
  /** Instants between calls at which a reader looked. */
  instants: number;
  /** Different states after a power cut or a kill, each read and checked. */
  crashStates: number;
  /** Instants with more states than the cap. */
  sampled: number;
  /** States in which a stranger rewrote the visible file in place. */
  foreign: number;
  violation?: { what: string; trail: readonly string[] };
}

/** The file system between two calls of an operation. */
interface Instant {
  readonly fs: PowerLossFileSystem;
  readonly after: string;
  /** The writer has recovered: what it found is now to stay. */
  readonly recovered: boolean;
}

interface CrashState {
  readonly fs: PowerLossFileSystem;
  readonly cause: "power cut" | "kill";
  readonly trail: readonly string[];
  /** The new state, not yet acknowledged. */
  committed: boolean;
  /** What the next operation may still fall back to: a kill leaves things that a power cut can undo. */
  readonly fallbacks: ReadonlySet<string>;
}

/**
 * Run a script of operations against the real manager, stop it at every change of the file system, and check every state that a
 * power cut or a kill there can leave; then let the script go on from (a seeded sample of) those states, so that recovery and
 * the next save are crashed too.
 */
export async function explore(script: readonly Operation[], options: ExploreOptions): Promise<Exploration> {
  const explorer = new Explorer(script, options);
  try {
    const start = new PowerLossFileSystem(options.mode);
    await start.mkdir(PARENT);
    await start.syncDirectory("/");
    await explorer.run({ fs: start, step: 0, crashesLeft: options.crashes ?? 1, fallbacks: new Set(), trail: [] });
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    explorer.counts.violation = { what: error.message, trail: error.trail };
  }
  return explorer.counts;
}

interface RunFrom {
  fs: PowerLossFileSystem;
  step: number;
  crashesLeft: number;
  fallbacks: ReadonlySet<string>;
  trail: readonly string[];
  /** Absent: the process lives on. */
  crash?: CrashState["cause"];
}

class Explorer {
  readonly counts: Exploration = { operations: 0, instants: 0, crashStates: 0, sampled: 0, foreign: 0 };
  readonly #script: readonly Operation[];
  readonly #options: ExploreOptions;
  readonly #random: () => number;
  /** A manager whose process has saved before, and so syncs no directory again that it knows to be durable. */
  readonly #seasoned: Subject;

  constructor(script: readonly Operation[], options: ExploreOptions) {
    this.#script = script;
    this.#options = options;
    this.#seasoned = new Subject(options.form);
    this.#random = seededRandom(options.seed ?? 1);
  }

  async run(from: RunFrom): Promise<void> {
    const { form } = this.#options;
    const operation = this.#script[from.step];
    if (!operation) return;
    const next = { step: from.step + 1, crashesLeft: from.crashesLeft, fallbacks: new Set<string>() };
    if (operation.do === "foreign") {
      const fs = from.fs.clone();
      if (from.crash) buryLockHolders(fs);
      await form.writeForeign(fs, operation.label);
      return await this.run({
        ...next,
        fs,
        fallbacks: from.fallbacks,
        trail: [...from.trail, `a stranger writes ${operation.label}`],
      });
    }
    // A crash may have left nothing to restore.
    if (operation.do === "restore" && earlierRevisions(form, from.fs, await form.viewOf(from.fs)).length === 0) {
      return await this.run({ ...from, step: next.step });
    }
    const { instants, end, problem } = await this.#perform(operation, from);
    const states = await this.#check(operation, from, instants, end, problem);
    for (const state of this.#pick(states)) {
      await this.#tryStranger(state.fs, state.trail, { quiet: false });
      if (from.crashesLeft > 0) {
        const { fs, trail, fallbacks, cause } = state;
        await this.run({ fs, trail, fallbacks, crash: cause, step: next.step, crashesLeft: from.crashesLeft - 1 });
      }
    }
    await this.run({ ...next, fs: end, trail: [...from.trail, described(operation)] });
  }

  /** Do the operation on a copy of the state, taking a copy after every change. */
  async #perform(
    operation: Operation,
    from: RunFrom,
  ): Promise<{ instants: Instant[]; end: PowerLossFileSystem; problem: unknown }> {
    const { form } = this.#options;
    const fs = from.fs.clone();
    if (from.crash) buryLockHolders(fs);
    const instants: Instant[] = [{ fs: fs.clone(), after: "start", recovered: false }];
    const calls: FileSystemCall[] = [];
    let version = fs.version;
    let recovered = false;
    const watched: FileSystem = interceptFileSystem(fs, async (call, run) => {
      const swallowed = this.#options.swallow?.(call, calls) ?? false;
      calls.push(call);
      const result = swallowed ? (undefined as never) : await run();
      const after = `${call.method} ${call.to ?? call.path}`;
      if (fs.version !== version) instants.push({ fs: fs.clone(), after, recovered });
      version = fs.version;
      return result;
    });
    this.counts.operations += 1;
    // After a power cut a process is new. One that outlived another's kill is not, and relies on directories it knows to be durable.
    const mayRely =
      from.crash !== "power cut" && form.directories.every((path) => fs.tree.lookup(path, "durable") !== undefined);
    const subject = mayRely ? this.#seasoned : new Subject(form);
    if (mayRely) await subject.season();
    subject.onPhase = (phase) => {
      recovered ||= phase === "recovered";
    };
    let problem: unknown;
    try {
      await perform(subject.on(watched), operation);
    } catch (error) {
      problem = error;
    }
    if (fs.openHandles > 0)
      throw new Violation(`${fs.openHandles} files stay open`, [...from.trail, described(operation)]);
    return { instants, end: fs, problem };
  }

  /** Every state that a crash at any instant can leave, after checking each. */
  async #check(
    operation: Operation,
    from: RunFrom,
    instants: readonly Instant[],
    end: PowerLossFileSystem,
    problem: unknown,
  ): Promise<CrashState[]> {
    const { form } = this.#options;
    const before = await form.viewOf(from.fs);
    const after = await form.viewOf(end);
    const done = [...from.trail, described(operation)];
    if (problem !== undefined) throw new Violation(`${described(operation)} fails: ${String(problem)}`, done);
    assertResult({ form, operation, start: from.fs, before, after }, end, done);
    const found = new Map<string, CrashState>();
    let seenAfter = false;
    for (const [number, instant] of instants.entries()) {
      const ended = number === instants.length - 1;
      const trail = [...from.trail, `${described(operation)}, after ${instant.after}`];
      this.counts.instants += 1;
      const live = await form.viewOf(instant.fs);
      if (live !== before && live !== after)
        throw new Violation(`a reader sees ${live}, neither ${before} nor ${after}`, trail);
      if (seenAfter && live !== after) throw new Violation(`a reader sees ${live} after it saw ${after}`, trail);
      seenAfter = live === after;
      const allowed = ended ? new Set([after]) : new Set([before, after, ...(instant.recovered ? [] : from.fallbacks)]);
      for (const state of this.#crash(instant, ended, allowed, trail)) {
        // What is allowed differs by phase, so an equal state of another phase is another case.
        const key = `${state.cause} ${instant.recovered} ${ended} ${stateKey(state.fs)}`;
        if (found.has(key)) continue;
        found.set(key, state);
        this.counts.crashStates += 1;
        const view = await form.viewOf(state.fs);
        state.committed = view === after && !ended;
        if (!allowed.has(view)) {
          throw new Violation(
            `after a ${state.cause} a reader sees ${view}, not ${[...allowed].join(" or ")}`,
            state.trail,
          );
        }
        assertKept({ form, operation, start: from.fs, before, after }, { ...state, view, ended });
      }
    }
    if (operation.do !== "delete") await this.#tryStranger(end, done, { quiet: true });
    return [...found.values()];
  }

  *#crash(
    instant: Instant,
    ended: boolean,
    allowed: ReadonlySet<string>,
    trail: readonly string[],
  ): Generator<CrashState> {
    const seed = seededIndex(this.#random, 2 ** 31);
    const { states, complete } = instant.fs.crashStates({ cap: this.#options.stateCap ?? 64, seed, intact: [LOCKS] });
    if (!complete) this.counts.sampled += 1;
    for (const fs of states)
      yield { fs, cause: "power cut", trail: [...trail, "power cut"], fallbacks: new Set(), committed: false };
    // The process that ended its operation lives on: no kill to speak of.
    if (!ended)
      yield { fs: instant.fs, cause: "kill", trail: [...trail, "kill"], fallbacks: allowed, committed: false };
  }

  async #tryStranger(fs: PowerLossFileSystem, trail: readonly string[], { quiet }: { quiet: boolean }): Promise<void> {
    const { form } = this.#options;
    if (fs.tree.lookup(form.head) === undefined) return;
    this.counts.foreign += 1;
    await assertStrangerSafe(form, fs, trail, { quiet });
  }

  /** A seeded sample. The kills just before and just after the commit are always in it: they leave most to recover from. */
  #pick(states: readonly CrashState[]): CrashState[] {
    const wanted = this.#options.follow ?? 4;
    const left = [...states];
    const picked: CrashState[] = [];
    const take = (at: number): void => {
      picked.push(...left.splice(at, 1));
    };
    const committed = left.findIndex(({ committed, cause }) => committed && cause === "kill");
    if (committed >= 0) take(committed);
    const last = left.findLastIndex(({ cause }, at) => cause === "kill" && at < committed);
    if (last >= 0) take(last);
    while (picked.length < wanted && left.length > 0) take(seededIndex(this.#random, left.length));
    return picked;
  }
}
