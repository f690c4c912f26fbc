import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointsSetting, KuraConfig, PlaceSetting } from "../pipeline/config.js";
import { isManager } from "./directory.js";
import type { Effects } from "./effects.js";
import { UsageError } from "./failure.js";
import { FORMAT_NAMES, type FormatName, isFormat } from "./formats.js";

/** Where checkpoints are: what was typed, else the environment, else the config, else "checkpoints". */
export function settingOf(
  { out, config }: { readonly out: readonly string[] | undefined; readonly config: KuraConfig },
  { env }: Pick<Effects, "env">,
): CheckpointsSetting {
  if (out !== undefined) return out;
  return env["KURA_CHECKPOINT_DIR"] || config.checkpoints || "checkpoints";
}

type Several = Extract<CheckpointsSetting, { copies: unknown }>;

/** One place or several, in one shape. */
export function copiesOf(setting: Exclude<CheckpointsSetting, BaseCheckpointManager>): {
  copies: readonly PlaceSetting[];
  options: Omit<Several, "copies"> | undefined;
} {
  if (Array.isArray(setting)) return { copies: setting as readonly PlaceSetting[], options: undefined };
  if (typeof setting === "object" && !isManager(setting) && "copies" in setting) {
    const { copies, ...options } = setting;
    return { copies, options };
  }
  return { copies: [setting as PlaceSetting], options: undefined };
}

/** @throws {UsageError} If the environment names what is no format. */
export function formatIn({ env }: Pick<Effects, "env">): FormatName | undefined {
  const named = env["KURA_CHECKPOINT_FORMAT"];
  if (!named) return undefined;
  if (isFormat(named)) return named;
  throw new UsageError(`KURA_CHECKPOINT_FORMAT is one of ${FORMAT_NAMES.join(", ")}; it is "${named}"`);
}
