import type { BaseCheckpointManager } from "../base-checkpoint-manager.js";
import type { Copy } from "./copy.js";
import type { CopyState } from "./copy-state.js";
import { survey } from "./survey.js";

/** Kura's, and how each copy is. */
export interface MultiStats {
  readonly enabled: boolean;
  readonly saveStrategy: string;
  readonly loadStrategy: string;
  readonly numManagers: number;
  readonly enabledManagers: number;
  readonly managers: readonly ManagerStats[];
}

export interface ManagerStats {
  /** Name of its class. */
  readonly type: string;
  readonly enabled: boolean;
  readonly location: string;
  readonly format: string;
  /** undefined where it could not be asked. */
  readonly checkpointCount: number | undefined;
  readonly health: CopyHealth;
}

export interface CopyHealth {
  /** Beside the other copies, by name of the checkpoint; of a manager that is not enabled none. */
  readonly checkpoints: Readonly<Record<string, CopyState>>;
  /** How often it has failed since it last did not, in this process. */
  readonly failures: number;
  readonly lastError: Error | undefined;
  /** As measured when rows were last read from it here. */
  readonly secondsPerRow: number | undefined;
}

export async function readStats(
  copies: readonly Copy[],
  strategies: { saveStrategy: string; loadStrategy: string },
  signal: AbortSignal | undefined,
): Promise<MultiStats> {
  const enabled = copies.filter(({ manager }) => manager.enabled);
  const names = new Map<Copy, readonly string[] | undefined>();
  for (const copy of enabled) {
    const ask = (manager: BaseCheckpointManager, stop: AbortSignal) => manager.listCheckpoints({ signal: stop });
    names.set(copy, await copy.ask(ask, { signal }).catch(() => undefined));
    signal?.throwIfAborted();
  }
  const states = new Map<Copy, Record<string, CopyState>>(copies.map((copy) => [copy, {}]));
  for (const name of [...new Set([...names.values()].flatMap((list) => list ?? []))].sort())
    for (const { copy, state } of (await survey(enabled, name, signal)).sightings) states.get(copy)![name] = state;
  return {
    enabled: enabled.length > 0,
    ...strategies,
    numManagers: copies.length,
    enabledManagers: enabled.length,
    managers: copies.map((copy) => {
      const { manager, failures, lastError, secondsPerRow } = copy;
      return {
        type: manager.constructor.name,
        enabled: manager.enabled,
        location: manager.location,
        format: manager.format,
        checkpointCount: manager.enabled ? names.get(copy)?.length : 0,
        health: { checkpoints: states.get(copy)!, failures, lastError, secondsPerRow },
      };
    }),
  };
}
