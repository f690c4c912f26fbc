import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import { orDamage } from "../checkpoints/or-damage.js";
import { CorruptCheckpointError } from "../errors.js";

/** What stands in the place of a step's rows: rows, or what is wrong with them. */
export type StoredStep = CheckpointInfo | CorruptCheckpointError;

/** Damage is an answer here, about which a plan decides; undefined where there is nothing. */
export async function storedStep(
  manager: BaseCheckpointManager,
  name: string,
  options: { check?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<StoredStep | undefined> {
  return await orDamage(() => manager.getCheckpointInfo(name, options));
}

/** The same, of rows that are about to be built on: as many bytes as were saved, in another file, are a copy or somebody's rewriting. */
export async function hashedStep(
  manager: BaseCheckpointManager,
  name: string,
  signal: AbortSignal | undefined,
): Promise<StoredStep | undefined> {
  const stored = await storedStep(manager, name, { signal });
  const isKnown = stored === undefined || isDamage(stored) || stored.verified !== "length";
  return isKnown ? stored : await storedStep(manager, name, { check: true, signal });
}

/** What is known of rows that can be built on; undefined where there are none, or they are damaged, about which their step decides. */
export async function soundStep(
  manager: BaseCheckpointManager | undefined,
  name: string,
  signal: AbortSignal | undefined,
): Promise<CheckpointInfo | undefined> {
  const found = manager && (await hashedStep(manager, name, signal));
  return isDamage(found) ? undefined : found;
}

export function isDamage(stored: StoredStep | undefined): stored is CorruptCheckpointError {
  return stored instanceof CorruptCheckpointError;
}
