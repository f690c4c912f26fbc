import type { FileSystem } from "../../src/storage/file-system.js";
import { thisProcess } from "../../src/storage/process-identity.js";
import { type CrashMode, stateKey } from "../support/crash-states.js";
import { type FileSystemCall, interceptFileSystem } from "../support/intercept-file-system.js";
import type { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { answerOf, DIRECTORY, keyOf, LOCKS, lookAt, openOn, PARENT } from "./samples.js";

/** The life of one process: it opens the store, does this, and closes it. */
export type Operation =
  /** Groups one after the other; the answers of a group are handed in at once. */
  | { readonly do: "put"; readonly groups: readonly (readonly number[])[] }
  /** Everything else is dropped. */
  | { readonly do: "collect"; readonly keep: readonly number[] };

export interface ExploreOptions {
  start: PowerLossFileSystem;
  mode: CrashMode;
  seed?: number;
  /** Crash states of one instant beyond which they are sampled. */
  stateCap?: number;
  /** How many crashes deep. */
  crashes?: number;
  /** From how many of the states that an operation's crashes leave the script goes on. */
  follow?: number;
  /** Syncs that do nothing, to see that they are missed. */
  swallow?: ((call: FileSystemCall, before: readonly FileSystemCall[], operation: Operation) => boolean) | undefined;
}

export interface Exploration {
  operations: number;
  instants: number;
  crashStates: number;
  /** Instants with more states than the cap. */
  sampled: number;
  violation?: { what: string; trail: readonly string[] };
}

/** What must be there at some time, and what must not. */
interface Promised {
  readonly acknowledged: ReadonlySet<number>;
  readonly dropped: ReadonlySet<number>;
}

interface Instant extends Promised {
  readonly fs: PowerLossFileSystem;
  readonly after: string;
}

interface RunFrom extends Promised {
  readonly fs: PowerLossFileSystem;
  readonly step: number;
  readonly crashesLeft: number;
  readonly trail: readonly string[];
}

class Violation extends Error {
  readonly trail: readonly string[];
  constructor(what: string, trail: readonly string[]) {
    super(what);
    this.trail = trail;
  }
}

/**
 * Run a script against the real store, stop it at every change of the file system, and look at every state that a power cut or a kill
 * there can leave: what was acknowledged is there, what a collection dropped stays gone, and nothing is other than it was put. Then
 * let the script go on from (a seeded sample of) those states, and crash it again.
 */
export async function explore(script: readonly Operation[], options: ExploreOptions): Promise<Exploration> {
  const explorer = new Explorer(script, options);
  try {
    await explorer.run({
      fs: options.start.clone(),
      step: 0,
      crashesLeft: options.crashes ?? 1,
      trail: [],
      acknowledged: new Set(),
      dropped: new Set(),
    });
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    explorer.counts.violation = { what: error.message, trail: error.trail };
  }
  return explorer.counts;
}

class Explorer {
  readonly counts: Exploration = { operations: 0, instants: 0, crashStates: 0, sampled: 0 };
  readonly #script: readonly Operation[];
  readonly #options: ExploreOptions;
  readonly #random: () => number;
  readonly #numbers: readonly number[];

  constructor(script: readonly Operation[], options: ExploreOptions) {
    this.#script = script;
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
    const put = script.flatMap((operation) => (operation.do === "put" ? operation.groups.flat() : []));
    this.#numbers = [...new Set(put)];
  }

  async run(from: RunFrom): Promise<void> {
    const operation = this.#script[from.step];
    if (!operation) return;
    const trail = [...from.trail, JSON.stringify(operation)];
    const instants = await this.#perform(operation, from, trail);
    const states = await this.#check(instants, trail);
    const next = { step: from.step + 1, crashesLeft: from.crashesLeft - 1 };
    for (let picked = 0; from.crashesLeft > 0 && picked < (this.#options.follow ?? 4) && states.length > 0; picked++) {
      const [state] = states.splice(seededIndex(this.#random, states.length), 1);
      buryLockHolders(state!.fs);
      await this.run({ ...next, ...state!, trail: [...trail, state!.after] });
    }
    await this.run({ ...next, crashesLeft: from.crashesLeft, ...instants.at(-1)!, trail });
  }

  /** Do the operation on a copy of the state, taking a copy after every change. */
  async #perform(operation: Operation, from: RunFrom, trail: readonly string[]): Promise<Instant[]> {
    const fs = from.fs.clone();
    const kept = operation.do === "collect" ? new Set(operation.keep) : undefined;
    const acknowledged = new Set([...from.acknowledged].filter((number) => kept?.has(number) ?? true));
    const dropped = new Set(
      [...from.dropped].filter((number) => operation.do === "collect" || !operation.groups.flat().includes(number)),
    );
    const instants: Instant[] = [];
    const calls: FileSystemCall[] = [];
    const look = (after: string) =>
      instants.push({ fs: fs.clone(), after, acknowledged: new Set(acknowledged), dropped: new Set(dropped) });
    let version = fs.version;
    const watched: FileSystem = interceptFileSystem(fs, async (call, run) => {
      const swallowed = this.#options.swallow?.(call, calls, operation) ?? false;
      calls.push(call);
      const result = swallowed ? (undefined as never) : await run();
      if (fs.version !== version) look(`${call.method} ${call.to ?? call.path}`);
      version = fs.version;
      return result;
    });
    this.counts.operations += 1;
    look("start");
    try {
      const store = await openOn(watched);
      if (operation.do === "put") {
        for (const group of operation.groups) {
          const put = group.map((number) => store.put(answerOf(number)).then(() => acknowledged.add(number)));
          await Promise.all(put);
          look("acknowledgement");
        }
      } else {
        const keys = new Set(operation.keep.map(keyOf));
        await store.collect({ keep: (key) => keys.has(key), maxAgeMs: 0 });
        for (const number of this.#numbers) if (!kept?.has(number)) dropped.add(number);
        look("collection");
      }
      await store.close();
      look("end");
    } catch (error) {
      throw new Violation(`it fails: ${error instanceof Error ? error.stack : error}`, trail);
    }
    if (fs.openHandles > 0) throw new Violation(`${fs.openHandles} files stay open`, trail);
    return instants;
  }

  /** Every state that a crash at any instant can leave, after a look at each. */
  async #check(instants: readonly Instant[], trail: readonly string[]): Promise<Instant[]> {
    const found = new Map<string, Instant>();
    for (const instant of instants) {
      this.counts.instants += 1;
      const seed = seededIndex(this.#random, 2 ** 31);
      const { states, complete } = instant.fs.crashStates({ cap: this.#options.stateCap ?? 64, seed, intact: [LOCKS] });
      if (!complete) this.counts.sampled += 1;
      const promised = `${[...instant.acknowledged]} ${[...instant.dropped]}`;
      for (const [i, fs] of [instant.fs, ...states].entries()) {
        const after = `${i === 0 ? "kill" : "power cut"} after ${instant.after}`;
        const key = `${i === 0} ${promised} ${stateKey(fs)}`;
        if (found.has(key)) continue;
        found.set(key, { ...instant, fs, after });
        this.counts.crashStates += 1;
        await this.#assertKept({ ...instant, fs }, [...trail, after]);
      }
    }
    return [...found.values()];
  }

  async #assertKept({ fs, acknowledged, dropped }: Instant, trail: readonly string[]): Promise<void> {
    let found: ReadonlySet<number>;
    try {
      found = (await lookAt(fs, this.#numbers)).found;
    } catch (error) {
      throw new Violation(`reading fails: ${error instanceof Error ? error.stack : error}`, trail);
    }
    const lost = [...acknowledged].filter((number) => !found.has(number));
    if (lost.length > 0) throw new Violation(`acknowledged and lost: ${lost}`, trail);
    const back = [...dropped].filter((number) => found.has(number));
    if (back.length > 0) throw new Violation(`dropped and back: ${back}`, trail);
  }
}

const DEAD_HOLDER = JSON.stringify({ ...thisProcess(), boot: "an earlier one", since: "", token: "" });

/** After a crash those who held locks are gone; here they would seem to live, as they are this process. */
export function buryLockHolders(fs: PowerLossFileSystem): void {
  const ino = fs.tree.lookup(LOCKS);
  const directory = ino === undefined ? undefined : fs.tree.nodes.get(ino);
  if (directory?.kind !== "directory") return;
  for (const name of directory.now.keys()) {
    if (!name.endsWith(".lock")) continue;
    fs.rewriteInPlace(`${LOCKS}/${name}`, Buffer.from(DEAD_HOLDER));
  }
}

/** A disk with nothing on it but the directory that the checkpoints go to is to be made in. */
export async function emptyDisk(fs: PowerLossFileSystem): Promise<PowerLossFileSystem> {
  await fs.mkdir(PARENT);
  await fs.syncDirectory("/");
  return fs;
}

/** One with checkpoints on it, whose `.kura` is out of repositories already. */
export async function usedDisk(fs: PowerLossFileSystem): Promise<PowerLossFileSystem> {
  await emptyDisk(fs);
  await fs.mkdir(DIRECTORY);
  await fs.syncDirectory(PARENT);
  await fs.mkdir(`${DIRECTORY}/.kura`);
  await fs.syncDirectory(DIRECTORY);
  fs.rewriteInPlace(`${DIRECTORY}/.kura/.gitignore`, Buffer.from("*\n"));
  return fs;
}
