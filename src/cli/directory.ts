import { statSync } from "node:fs";
import type { CheckpointManager } from "../checkpoints/checkpoint-manager.js";
import { JSONLCheckpointManager } from "../checkpoints/jsonl-checkpoint-manager.js";
import { checkpointName } from "../checkpoints/names.js";
import type { Effects } from "./effects.js";
import { Failure, UsageError } from "./failure.js";
import { nearestWord } from "./nearest-word.js";

/**
 * The manager of a directory that is there. Its warnings go to stderr, each once.
 *
 * @throws {UsageError} If there is no such directory.
 */
export function openDirectory(
  path: string,
  { stderr }: Pick<Effects, "stderr">,
  { saysUnverified = true }: { saysUnverified?: boolean } = {},
): CheckpointManager {
  if (!isDirectory(path)) {
    throw new UsageError(
      `there is no directory "${path}"`,
      "`kura run <conversations>` makes one; --out names another",
    );
  }
  const said = new Set<string>();
  return new JSONLCheckpointManager(path, {
    onEvent(event) {
      if (event.type !== "warning" || said.has(event.message)) return;
      if (event.code === "unverified" && !saysUnverified) return;
      said.add(event.message);
      void stderr.write(`warning: ${event.message}\n`);
    },
  });
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
  const names = await manager.listCheckpoints();
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
