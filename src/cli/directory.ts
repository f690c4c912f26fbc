import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointManager, CheckpointManagerOptions } from "../checkpoints/checkpoint-manager.js";
import { checkpointName } from "../checkpoints/names.js";
import { isStep } from "../pipeline/step.js";
import { isDamage, storedStep } from "../pipeline/stored-step.js";
import type { Effects } from "./effects.js";
import { Failure, UsageError } from "./failure.js";
import { FORMAT_NAMES, FORMATS, type FormatName, isFormat } from "./formats.js";
import { isDataset, openDataset, parseDataset } from "./hub.js";
import { nearestWord } from "./nearest-word.js";

/** A directory or dataset, and of which format its checkpoints are; undefined: of any. What is written `format:dir`, or `hf://datasets/owner/name`. */
export interface TypedPlace {
  readonly dir: string;
  readonly format: FormatName | undefined;
}

/** @throws {UsageError} For what begins like a format and is none, or has nothing behind it. */
export function parsePlace(typed: string): TypedPlace {
  if (isDataset(typed)) return { dir: typed, format: undefined };
  const colon = typed.indexOf(":");
  const word = typed.slice(0, Math.max(0, colon));
  // What messages call a format, people type.
  const format = FORMAT_NAMES.find((name) => name === word || FORMATS[name].format === word);
  if (format === undefined) {
    // A letter by itself is a drive.
    if (/^\w[\w-]+$/.test(word) && !isDirectory(typed)) {
      const meant = nearestWord(word, FORMAT_NAMES);
      const hint = meant ? `did you mean ${meant}:${typed.slice(colon + 1)}?` : `formats: ${FORMAT_NAMES.join(", ")}`;
      throw new UsageError(
        `"${typed}" begins with "${word}:", which is no format`,
        `${hint} (a directory of that name: ./${typed})`,
      );
    }
    return { dir: typed, format: undefined };
  }
  const dir = typed.slice(colon + 1);
  if (dir === "")
    throw new UsageError(`"${typed}" names a format and no directory`, `for example: ${format}:checkpoints`);
  return { dir, format };
}

interface OpenOptions {
  /** "auto": the format that the checkpoint is in, where there is one. */
  format?: string | undefined;
  saysUnverified?: boolean;
}

/**
 * The managers of a directory that is there, one for each format or the one that is named. Their warnings go to stderr, each once.
 *
 * @throws {UsageError} If there is no such directory.
 */
export async function openDirectory(
  typed: string,
  { stderr, env }: Pick<Effects, "stderr" | "env">,
  { format: asked = "auto", saysUnverified = true }: OpenOptions = {},
): Promise<CheckpointManager[]> {
  const { dir: path, format = asked } = parsePlace(typed);
  assertNoFile(path);
  if (!isDirectory(path)) {
    throw new UsageError(
      `there is no directory "${path}"`,
      "`kura run <conversations>` makes one; --out names another",
    );
  }
  const said = new Set<string>();
  const options: CheckpointManagerOptions = {
    onEvent(event) {
      if (event.type !== "warning" || said.has(event.message)) return;
      if (event.code === "unverified" && !saysUnverified) return;
      said.add(event.message);
      void stderr.write(`warning: ${event.message}\n`);
    },
  };
  if (isDataset(path)) return [await openDataset(parseDataset(path), { env }, options)];
  const formats = isFormat(format) ? [format] : FORMAT_NAMES;
  return await Promise.all(formats.map((name) => FORMATS[name].open(path, options)));
}

/**
 * The manager of the format that a checkpoint is in: where it is in several, of the one that was saved last.
 *
 * @throws {UsageError} If there is no such directory.
 */
export async function openHolder(
  path: string,
  name: string,
  effects: Pick<Effects, "stderr" | "env">,
  options: OpenOptions = {},
): Promise<CheckpointManager> {
  const managers = await openDirectory(path, effects, options);
  if (managers.length === 1) return managers[0]!;
  const holders = await holdersOf(managers, [name]);
  if (holders[0]) return holders[0];
  // One whose file was removed by hand can still be restored.
  for (const manager of managers) if ((await manager.listRevisions(name)).length > 0) return manager;
  return managers[0]!;
}

/** The managers that hold some of these checkpoints: those of most of them first, and among these those that were saved last. */
export async function holdersOf<M extends BaseCheckpointManager>(
  managers: readonly M[],
  names: readonly string[],
): Promise<M[]> {
  const held = await Promise.all(
    managers.map(async (manager) => {
      const there = (await manager.listCheckpoints()).filter((name) => names.includes(name));
      const saved = await Promise.all(there.map(async (name) => await savedAt(manager, name)));
      return { manager, count: there.length, savedAt: Math.max(0, ...saved) };
    }),
  );
  return held
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || b.savedAt - a.savedAt)
    .map(({ manager }) => manager);
}

async function savedAt(manager: BaseCheckpointManager, name: string): Promise<number> {
  const stored = await storedStep(manager, name);
  return (isDamage(stored) ? undefined : stored?.savedAt)?.getTime() ?? 0;
}

/** What the user calls a checkpoint, as it is called. @throws {UsageError} If none can be called so. */
export function nameOf(typed: string): string {
  try {
    return checkpointName(typed);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/**
 * The checkpoint of which what was typed is the path; undefined where that is no path. What looks like one is one.
 *
 * @param done What cannot be done with other files: "shown".
 * @throws {UsageError} If there is no such file, or it is of no format.
 */
export function fileOf(typed: string, done: string): { dir: string; name: string; format: FormatName } | undefined {
  const format = FORMAT_NAMES.find((name) => FORMATS[name].holds(typed));
  const isThere = isFile(typed) || isDirectory(typed);
  const isPath = /[/\\]/.test(typed) || (format !== undefined && isThere);
  if (!isPath) return undefined;
  if (!isThere) throw new UsageError(`there is no file "${typed}"`);
  if (format) return { dir: dirname(typed), name: nameOf(basename(typed)), format };
  const kinds = FORMAT_NAMES.map((name) => FORMATS[name].kind).join(", ");
  throw new UsageError(`"${typed}" cannot be ${done}; what can: ${kinds}`);
}

/** The same of what may be a directory of checkpoints as well: undefined where it is one. */
export function fileUnlessDirectory(typed: string, done: string): ReturnType<typeof fileOf> {
  return isDirectory(typed) && !FORMATS.hf.holds(typed) ? undefined : fileOf(typed, done);
}

/** There is none of this name, and what there is. */
export async function missing(manager: CheckpointManager, name: string): Promise<Failure> {
  const managers = await Promise.all(FORMAT_NAMES.map((format) => FORMATS[format].open(manager.location, {})));
  const names = [...new Set((await Promise.all(managers.map((other) => other.listCheckpoints()))).flat())].sort();
  const nearest = nearestWord(name, names);
  const there = names.length === 0 ? "there are none yet" : `there are ${names.join(", ")}`;
  return new Failure(
    `"${manager.location}" has no checkpoint "${name}"`,
    nearest === undefined ? there : `did you mean ${nearest}? ${there}`,
  );
}

/** @throws {UsageError} For a directory that could never be made. */
export function assertNoFile(path: string): void {
  if (isFile(path)) throw new UsageError(`"${path}" is a file, and a checkpoint directory is needed`);
}

/** @throws {UsageError} For a dataset of the Hub, where only a directory will do. */
export function assertDirectory(path: string, hint?: string): void {
  if (isDataset(path)) throw new UsageError(`"${path}" is a dataset of the Hub, and a directory is needed`, hint);
  assertNoFile(path);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** A dataset of the Hub is one too: nobody knows what is there before asking. */
export function isDirectory(path: string): boolean {
  return isDataset(path) || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** How a further command names this directory. */
export function outOption(out: string): string {
  return out === "checkpoints" ? "" : ` --out ${/^[\w./-]+$/.test(out) ? out : JSON.stringify(out)}`;
}

/** The way out of damage, where the checkpoint is one that a run makes. */
export function makeAnew(name: string): string | undefined {
  return isStep(name)
    ? `kura run … --from ${name} makes it anew and keeps the damaged file; answers that were paid for are not bought again`
    : undefined;
}
