import { createHash } from "node:crypto";
import type { FileContent } from "./memory-tree.js";
import type { PendingChange, PowerLossFileSystem } from "./power-loss-file-system.js";
import { seededIndex, seededRandom } from "./random.js";

/**
 * What the disk below promises. `meta`: which unsynced directory changes may survive, any set of them that keeps the order of
 * changes to one name, or only a beginning of their sequence. `data`: whether a durable rename may come before the renamed
 * file's bytes. `rename`: whether a rename between directories may survive as its first half, the file having both names.
 */
export interface CrashMode {
  readonly meta: "reorder" | "journal";
  readonly data: "weak" | "flush";
  readonly rename: "atomic" | "split";
}

export const CRASH_MODES: readonly CrashMode[] = (["reorder", "journal"] as const).flatMap((meta) =>
  (["weak", "flush"] as const).flatMap((data) =>
    (["atomic", "split"] as const).map((rename) => ({ meta, data, rename })),
  ),
);

export const modeName = ({ meta, data, rename }: CrashMode): string => `${meta}/${data}/${rename}`;

export interface CrashStateOptions {
  /** All states when there are at most so many; else a seeded sample of this size, the two extremes always in it. */
  cap?: number;
  seed?: number;
  /** Directories left as programs saw them: names and contents survive. Keeps what is not under test from multiplying the states. */
  intact?: readonly string[];
}

/** @see PowerLossFileSystem.crashStates */
export function crashStates(
  before: PowerLossFileSystem,
  { cap = Number.POSITIVE_INFINITY, seed = 1, intact = [] }: CrashStateOptions,
): { states: PowerLossFileSystem[]; complete: boolean } {
  const fs = before.clone();
  for (const path of intact) settle(fs, path);
  const found = new Map<string, PowerLossFileSystem>();
  const add = (state: PowerLossFileSystem): void => {
    const key = stateKey(state);
    if (!found.has(key)) found.set(key, state);
  };
  for (const state of everyState(fs)) {
    add(state);
    if (found.size > cap) return { states: sample(fs, cap, seed), complete: false };
  }
  return { states: [...found.values()], complete: true };
}

/** As if everything in this one directory had been synced. */
function settle(fs: PowerLossFileSystem, path: string): void {
  const ino = fs.tree.lookup(path);
  if (ino === undefined) return;
  const inside = (change: PendingChange): boolean => change.effects.every(([directory]) => directory === ino);
  for (const change of fs.pending) if (inside(change)) fs.persist(change);
  fs.pending = fs.pending.filter((change) => !inside(change));
  for (const child of fs.tree.directory(ino).now.values()) {
    const node = fs.tree.nodes.get(child);
    if (node?.kind === "file") fs.tree.nodes.set(child, { ...node, durable: node.now });
  }
}

/** Equal for file systems that hold the same, to a reader now and to a power cut later. */
export function stateKey(fs: PowerLossFileSystem): string {
  const lines: string[] = [];
  for (const [ino, node] of [...fs.tree.nodes].sort(([a], [b]) => a - b)) {
    if (node.kind === "file") lines.push(`${ino}=${contentKey(node.now)}|${contentKey(node.durable)}`);
    else lines.push(`${ino}:${namesKey(node.now)}|${namesKey(node.durable)}`);
  }
  return `${lines.join(";")} ${JSON.stringify(fs.pending.map(({ effects }) => effects))}`;
}

const namesKey = (names: Map<string, number>): string =>
  [...names]
    .map(([n, i]) => `${n}>${i}`)
    .sort()
    .join(",");

const contentKeys = new WeakMap<FileContent, string>();
function contentKey(content: FileContent): string {
  let key = contentKeys.get(content);
  if (key === undefined) {
    key = `${createHash("sha1").update(content.bytes).digest("base64")}.${content.mode}.${content.mtimeNs}`;
    contentKeys.set(content, key);
  }
  return key;
}

function* everyState(fs: PowerLossFileSystem): Generator<PowerLossFileSystem> {
  for (const survivors of survivingSets(fs.pending)) {
    const base = withSurvivors(fs, survivors);
    yield* everyContent(base, dirtyFiles(base), 0);
  }
}

/** Every set of changes that holds, with each change, all that must come before it. */
function* survivingSets(
  pending: readonly PendingChange[],
  at = 0,
  chosen: readonly number[] = [],
): Generator<Set<number>> {
  const change = pending[at];
  if (change === undefined) {
    yield new Set(chosen);
    return;
  }
  yield* survivingSets(pending, at + 1, chosen);
  if (maySurvive(change, chosen, pending)) yield* survivingSets(pending, at + 1, [...chosen, change.id]);
}

function maySurvive(change: PendingChange, chosen: readonly number[], pending: readonly PendingChange[]): boolean {
  return change.after.every((id) => chosen.includes(id) || !pending.some((other) => other.id === id));
}

function withSurvivors(fs: PowerLossFileSystem, survivors: ReadonlySet<number>): PowerLossFileSystem {
  const state = fs.clone();
  for (const change of fs.pending) if (survivors.has(change.id)) state.persist(change);
  state.pending = [];
  const kept = state.tree.reachable("durable");
  for (const [ino, node] of state.tree.nodes) {
    if (!kept.has(ino)) state.tree.nodes.delete(ino);
    else if (node.kind === "directory") {
      state.tree.nodes.set(ino, { kind: "directory", now: new Map(node.durable), durable: node.durable });
    }
  }
  return state;
}

function dirtyFiles(state: PowerLossFileSystem): number[] {
  return [...state.tree.nodes]
    .filter(([, node]) => node.kind === "file" && node.now !== node.durable)
    .map(([ino]) => ino);
}

function* everyContent(
  state: PowerLossFileSystem,
  dirty: readonly number[],
  at: number,
): Generator<PowerLossFileSystem> {
  const ino = dirty[at];
  if (ino === undefined) {
    yield state;
    return;
  }
  for (const content of possibleContents(state, ino)) {
    const next = state.clone();
    next.tree.nodes.set(ino, { kind: "file", now: content, durable: content });
    yield* everyContent(next, dirty, at + 1);
  }
}

/**
 * As before, half of the new bytes, the new length with the second half of them never written (zeros), or all of it. A file that only grew
 * keeps what was durable; of what was added to it the first half may be what was never written.
 */
function possibleContents(state: PowerLossFileSystem, ino: number): FileContent[] {
  const { now, durable } = state.tree.file(ino);
  // Only mode or time differ: the bytes themselves were synced.
  if (now.bytes === durable.bytes) return [durable, now];
  const kept = startsWith(now.bytes, durable.bytes) ? durable.bytes.length : 0;
  const half = kept + ((now.bytes.length - kept) >> 1);
  const zeroed = now.bytes.slice().fill(0, half);
  const holed = kept > 0 ? [now.bytes.slice().fill(0, kept, half)] : [];
  const torn = [now.bytes.slice(0, half), zeroed, ...holed].map((bytes) => ({ ...now, bytes }));
  const contents = [durable, ...torn, now];
  return [...new Map(contents.map((content) => [contentKey(content), content])).values()];
}

function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, beginning.length), beginning) === 0;
}

function sample(fs: PowerLossFileSystem, count: number, seed: number): PowerLossFileSystem[] {
  const random = seededRandom(seed);
  const found = new Map<string, PowerLossFileSystem>();
  const draw = (chance: number): void => {
    const chosen: number[] = [];
    for (const change of fs.pending) {
      if (random() < chance && maySurvive(change, chosen, fs.pending)) chosen.push(change.id);
    }
    const state = withSurvivors(fs, new Set(chosen));
    for (const ino of dirtyFiles(state)) {
      const contents = possibleContents(state, ino);
      const content =
        contents[chance <= 0 ? 0 : chance >= 1 ? contents.length - 1 : seededIndex(random, contents.length)]!;
      state.tree.nodes.set(ino, { kind: "file", now: content, durable: content });
    }
    found.set(stateKey(state), state);
  };
  draw(0);
  draw(1.1);
  // Draws repeat; where few are likely, a bound on the draws keeps this from going on for ever.
  for (let draws = 0; draws < count * 20 && found.size < count; draws++) draw(random());
  return [...found.values()].slice(0, count);
}
