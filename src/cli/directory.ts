import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointManager } from "../checkpoints/checkpoint-manager.js";
import { checkpointName } from "../checkpoints/names.js";
import { isStep } from "../pipeline/step.js";
import { isDamage, storedStep } from "../pipeline/stored-step.js";
import { UsageError } from "./failure.js";
import { FORMAT_NAMES, FORMATS, type FormatName, SILENT } from "./formats.js";
import { isDataset } from "./hub.js";
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

/** The managers of a directory that is there, one for each format. */
export async function openDirectory(path: string): Promise<CheckpointManager[]> {
  return await Promise.all(FORMAT_NAMES.map((name) => FORMATS[name].open(path, SILENT)));
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
  return kindOf(path) === "file";
}

/** What cannot be looked at may be anything: whoever opens it says why it cannot be. */
function kindOf(path: string): "file" | "directory" | "nothing" | "unknown" {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? "nothing" : stat.isDirectory() ? "directory" : stat.isFile() ? "file" : "unknown";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOTDIR" ? "nothing" : "unknown";
  }
}

export const isNothing = (path: string): boolean => !isDataset(path) && kindOf(path) === "nothing";

/** A dataset of the Hub is one too: nobody knows what is there before asking. */
export function isDirectory(path: string): boolean {
  return isDataset(path) || ["directory", "unknown"].includes(kindOf(path));
}

/** What is made already, by a config. */
export function isManager(setting: unknown): setting is BaseCheckpointManager {
  return typeof setting === "object" && setting !== null && "saveCheckpoint" in setting;
}

/** How a further command names this directory. */
export function outOption(out: string): string {
  return out === "checkpoints" ? "" : ` --out ${shellWord(out)}`;
}

export const shellWord = (text: string): string => (/^[\w./:-]+$/.test(text) ? text : JSON.stringify(text));

/** The way out of damage, where the checkpoint is one that a run makes. */
export function makeAnew(name: string): string | undefined {
  return isStep(name)
    ? `kura run … --from ${name} makes it anew and keeps the damaged file; answers that were paid for are not bought again`
    : undefined;
}
