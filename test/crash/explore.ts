import type { FileSystem } from "../../src/storage/file-system.js";
import type { CrashMode } from "../support/crash-states.js";
import { stateKey } from "../support/crash-states.js";
import { type FileSystemCall, interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { seededIndex, seededRandom } from "../support/random.js";
import {
  buryLockHolders,
  DIRECTORY,
  foreignBytes,
  keptForeign,
  keptRevisions,
  leftovers,
  LOCKS,
  type Operation,
  perform,
  PARENT,
  Subject,
  viewOf,
  VISIBLE,
} from "./subject.js";

export interface ExploreOptions {
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

/** A promise was broken; `trail` says how to get there. */
class Violation extends Error {
  readonly trail: readonly string[];
  constructor(what: string, trail: readonly string[]) {
    super(what);
    this.trail = trail;
  }
}

/** The file system between two calls of an operation. */
interface Instant {
  readonly fs: PowerLossFileSystem;
  readonly after: string;
}

interface CrashState {
  readonly fs: PowerLossFileSystem;
  readonly cause: "power cut" | "kill";
  readonly trail: readonly string[];
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
  readonly #seasoned = new Subject();

  constructor(script: readonly Operation[], options: ExploreOptions) {
    this.#script = script;
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
  }

  async run(from: RunFrom): Promise<void> {
    const operation = this.#script[from.step];
    if (!operation) return;
    const next = { step: from.step + 1, crashesLeft: from.crashesLeft, fallbacks: new Set<string>() };
    if (operation.do === "foreign") {
      const fs = from.fs.clone();
      if (from.crash) buryLockHolders(fs);
      if (fs.tree.lookup(DIRECTORY) === undefined) await makeDurably(fs, DIRECTORY);
      fs.rewriteInPlace(VISIBLE, foreignBytes(operation.label));
      return await this.run({ ...next, fs, fallbacks: from.fallbacks, trail: [...from.trail, `a stranger writes ${operation.label}`] });
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
    const fs = from.fs.clone();
    if (from.crash) buryLockHolders(fs);
    const instants: Instant[] = [{ fs: fs.clone(), after: "start" }];
    const calls: FileSystemCall[] = [];
    let version = fs.version;
    const watched: FileSystem = interceptFileSystem(fs, async (call, run) => {
      const swallowed = this.#options.swallow?.(call, calls) ?? false;
      calls.push(call);
      const result = swallowed ? (undefined as never) : await run();
      if (fs.version !== version) instants.push({ fs: fs.clone(), after: `${call.method} ${call.to ?? call.path}` });
      version = fs.version;
      return result;
    });
    this.counts.operations += 1;
    // After a power cut, and at the very beginning, a process is new; a process that outlived another's kill is not.
    const subject = from.crash === "power cut" || from.step === 0 ? new Subject() : this.#seasoned;
    if (subject === this.#seasoned) await subject.season();
    let problem: unknown;
    try {
      await perform(subject.on(watched), operation);
    } catch (error) {
      problem = error;
    }
    if (fs.openHandles > 0) throw new Violation(`${fs.openHandles} files stay open`, [...from.trail, described(operation)]);
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
    const before = await viewOf(from.fs);
    const after = await viewOf(end);
    const done = [...from.trail, described(operation)];
    if (problem !== undefined) throw new Violation(`${described(operation)} fails: ${String(problem)}`, done);
    this.#checkResult(operation, from.fs, end, before, after, done);
    const kept = earlierRevisions(from.fs, before);
    const found = new Map<string, CrashState>();
    let seenAfter = false;
    for (const [number, instant] of instants.entries()) {
      const ended = number === instants.length - 1;
      const trail = [...from.trail, `${described(operation)}, after ${instant.after}`];
      this.counts.instants += 1;
      const live = await viewOf(instant.fs);
      if (live !== before && live !== after) throw new Violation(`a reader sees ${live}, neither ${before} nor ${after}`, trail);
      if (seenAfter && live !== after) throw new Violation(`a reader sees ${live} after it saw ${after}`, trail);
      seenAfter = live === after;
      const allowed = ended ? new Set([after]) : new Set([before, after, ...from.fallbacks]);
      for (const state of this.#crash(instant, ended, allowed, trail)) {
        const key = `${state.cause} ${ended} ${stateKey(state.fs)}`;
        if (found.has(key)) continue;
        found.set(key, state);
        this.counts.crashStates += 1;
        const view = await viewOf(state.fs);
        if (!allowed.has(view)) {
          throw new Violation(`after a ${state.cause} a reader sees ${view}, not ${[...allowed].join(" or ")}`, state.trail);
        }
        this.#checkKept(operation, from.fs, kept, { before, after, view, ended }, state);
      }
    }
    if (operation.do !== "delete") await this.#tryStranger(end, done, { quiet: true });
    return [...found.values()];
  }

  #checkResult(
    operation: Operation,
    start: PowerLossFileSystem,
    end: PowerLossFileSystem,
    before: string,
    after: string,
    trail: readonly string[],
  ): void {
    const wanted =
      operation.do === "save" ? operation.label : operation.do === "restore" ? earlierRevisions(start, before)[0]?.split("@")[0] : "absent";
    if (after.split("@")[0] !== wanted || (operation.do !== "delete" && after === before)) {
      throw new Violation(`${described(operation)} reads as ${after}, before it ${before}`, trail);
    }
    // Deleting what is not there sweeps nothing: it is no writer.
    const litter = before === "absent" && operation.do === "delete" ? [] : leftovers(end);
    if (litter.length > 0) throw new Violation(`${litter.join(", ")} stay behind`, trail);
    const visible = end.tree.lookup(VISIBLE);
    if (visible !== undefined && end.tree.linkCount(visible) !== 1) {
      throw new Violation("the visible file shares its inode with a kept revision", trail);
    }
  }

  /** The previous revision is there whichever of both a crash leaves, and nothing of a deleted one. */
  #checkKept(
    operation: Operation,
    start: PowerLossFileSystem,
    kept: readonly string[],
    { before, after, view, ended }: { before: string; after: string; view: string; ended: boolean },
    state: CrashState,
  ): void {
    const keptNow = keptRevisions(state.fs);
    const need = (revision: string | undefined): void => {
      if (revision !== undefined && !keptNow.includes(revision)) {
        throw new Violation(`after a ${state.cause} ${view} is read and the earlier ${revision} is gone`, state.trail);
      }
    };
    if (operation.do === "delete") {
      if (ended && keptNow.length + keptForeign(state.fs).length > 0) {
        throw new Violation(`after a ${state.cause} deleted data is back: ${keptNow.join(", ")}`, state.trail);
      }
      return;
    }
    if (view === before) need(kept[0]);
    if (view !== after) return;
    if (before.includes("@")) need(before);
    else if (before !== "absent" && !keptForeign(state.fs).some((bytes) => bytes.equals(start.bytesAt(VISIBLE)!))) {
      throw new Violation(`after a ${state.cause} the displaced file of a stranger is gone`, state.trail);
    }
  }

  *#crash(instant: Instant, ended: boolean, allowed: ReadonlySet<string>, trail: readonly string[]): Generator<CrashState> {
    const seed = seededIndex(this.#random, 2 ** 31);
    const { states, complete } = instant.fs.crashStates({ cap: this.#options.stateCap ?? 64, seed, intact: [LOCKS] });
    if (!complete) this.counts.sampled += 1;
    for (const fs of states) yield { fs, cause: "power cut", trail: [...trail, "power cut"], fallbacks: new Set() };
    // The process that ended its operation lives on: no kill to speak of.
    if (!ended) yield { fs: instant.fs, cause: "kill", trail: [...trail, "kill"], fallbacks: allowed };
  }

  /** Some truncating program rewrites the visible file: it must be told from ours, left alone, and kept by the next save. */
  async #tryStranger(state: PowerLossFileSystem, trail: readonly string[], { quiet }: { quiet: boolean }): Promise<void> {
    if (state.tree.lookup(VISIBLE) === undefined) return;
    this.counts.foreign += 1;
    const at = [...trail, "a stranger rewrites the file in place"];
    const fs = state.clone();
    buryLockHolders(fs);
    const kept = earlierRevisions(fs, await viewOf(fs));
    fs.rewriteInPlace(VISIBLE, foreignBytes("F"));
    const seen = await viewOf(fs);
    if (seen !== "foreign F") throw new Violation(`a stranger's rows are read as ${seen}`, at);
    // With a save under way the link it made may still share the file's inode; afterwards nothing may.
    const lost = quiet ? kept.filter((revision) => !keptRevisions(fs).includes(revision)) : [];
    if (lost.length > 0) throw new Violation(`a stranger's rewriting reached the kept ${lost.join(", ")}`, at);
    await perform(new Subject().on(fs), { do: "save", label: "Z" });
    const saved = await viewOf(fs);
    if (!saved.startsWith("Z@")) throw new Violation(`a save over a stranger's file reads as ${saved}`, at);
    if (!keptForeign(fs).some((bytes) => bytes.equals(foreignBytes("F")))) {
      throw new Violation("a save over a stranger's file lost it", at);
    }
    for (const revision of keptRevisions(fs)) {
      if (revision.startsWith("F")) throw new Violation(`a stranger's rows are kept as our ${revision}`, at);
    }
  }

  #pick(states: readonly CrashState[]): CrashState[] {
    const left = [...states];
    const wanted = Math.min(this.#options.follow ?? 4, left.length);
    return Array.from({ length: wanted }, () => left.splice(seededIndex(this.#random, left.length), 1)[0]!);
  }
}

async function makeDurably(fs: PowerLossFileSystem, path: string): Promise<void> {
  await fs.mkdir(path);
  await fs.syncDirectory(PARENT);
}

/** Without the one that is visible: a save that died had given it a second name, which is swept. */
function earlierRevisions(fs: PowerLossFileSystem, view: string): string[] {
  return keptRevisions(fs).filter((revision) => revision !== view);
}

function described(operation: Operation): string {
  return operation.do === "save" ? `save ${operation.label}` : operation.do;
}
