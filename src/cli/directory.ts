import { statSync } from "node:fs";
import type { CheckpointManager } from "../checkpoints/checkpoint-manager.js";
import { checkpointName } from "../checkpoints/names.js";
import type { Effects } from "./effects.js";
import { Failure, UsageError } from "./failure.js";
import { FORMAT_NAMES, FORMATS, type FormatName, isFormat } from "./formats.js";
import { nearestWord } from "./nearest-word.js";

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
  path: string,
  { stderr }: Pick<Effects, "stderr">,
  { format = "auto", saysUnverified = true }: OpenOptions = {},
): Promise<CheckpointManager[]> {
  if (!isDirectory(path)) {
    throw new UsageError(
      `there is no directory "${path}"`,
      "`kura run <conversations>` makes one; --out names another",
    );
  }
  const said = new Set<string>();
  const options: Parameters<(typeof FORMATS)[FormatName]["open"]>[1] = {
    onEvent(event) {
      if (event.type !== "warning" || said.has(event.message)) return;
      if (event.code === "unverified" && !saysUnverified) return;
      said.add(event.message);
      void stderr.write(`warning: ${event.message}\n`);
    },
  };
  const formats = isFormat(format) ? [format] : FORMAT_NAMES;
  return await Promise.all(formats.map((name) => FORMATS[name].open(path, options)));
}

/**
 * The manager of the format that a checkpoint is in: of the first of them, where it is in several or in none.
 *
 * @throws {UsageError} If there is no such directory.
 */
export async function openHolder(
  path: string,
  name: string,
  effects: Pick<Effects, "stderr">,
  options: OpenOptions = {},
): Promise<CheckpointManager> {
  const managers = await openDirectory(path, effects, options);
  for (const manager of managers) if ((await manager.listCheckpoints()).includes(name)) return manager;
  // One whose file was removed by hand can still be restored.
  for (const manager of managers) if ((await manager.listRevisions(name)).length > 0) return manager;
  return managers[0]!;
}

/** What the user calls a checkpoint, as it is called. @throws {UsageError} If none can be called so. */
export function nameOf(typed: string): string {
  try {
    return checkpointName(typed);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
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

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
