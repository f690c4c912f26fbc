import { loadConfig } from "./config/load-config.js";
import type { Effects } from "./effects.js";
import { configuredDirectory } from "./places.js";

/** The directory that a command works on: the one that was typed, else that of the environment, of the config, or "checkpoints". */
export async function directoryFor(typed: string | undefined, { env }: Pick<Effects, "env">): Promise<string> {
  if (typed !== undefined) return typed;
  if (env["KURA_CHECKPOINT_DIR"]) return env["KURA_CHECKPOINT_DIR"];
  const { checkpoints } = (await loadConfig(undefined)).config;
  return (checkpoints && configuredDirectory(checkpoints)) ?? "checkpoints";
}
