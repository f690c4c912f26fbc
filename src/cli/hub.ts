import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { HubCheckpointManager, HubCheckpointManagerOptions } from "../checkpoints/hub-checkpoint-manager.js";
import { accessTo } from "../hub/access.js";
import type { Effects } from "./effects.js";
import { asUsage, UsageError } from "./failure.js";

const PREFIX = /^hf:\/\//;

export const isDataset = (typed: string): boolean => PREFIX.test(typed);

/** What is written `[hf://datasets/]owner/name[@revision]`. */
export function parseDataset(typed: string): { id: string; revision: string | undefined } {
  const [id = "", ...rest] = typed
    .replace(PREFIX, "")
    .replace(/^datasets\//, "")
    .split("@");
  const revision = rest.length === 0 ? undefined : rest.join("@");
  if (revision === "") throw new UsageError(`"${typed}" names no revision after its @`, "for example: me/chats@v1");
  return { id, revision };
}

/** @throws {UsageError} For a name that the Hub would refuse. */
export async function openDataset(
  { id, revision }: { id: string; revision: string | undefined },
  { env, stderr }: Pick<Effects, "env" | "stderr">,
  options: HubCheckpointManagerOptions = {},
): Promise<HubCheckpointManager> {
  const { HubCheckpointManager } = await import("../checkpoints/hub-checkpoint-manager.js");
  await asUsage(() => accessTo({ env }));
  try {
    return new HubCheckpointManager(id, {
      hubEnv: env,
      hubRevision: revision,
      onEvent: (event) => {
        if (event.type === "warning" && event.code === "hub-waiting") void stderr.write(`${event.message}\n`);
      },
      ...options,
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, "for example: me/chats, or me/chats@v1");
    throw error;
  }
}

/**
 * A dataset that is not there, or that one may not know of, looks as an empty one does; who asks for its history is told.
 *
 * @throws {HubError} If the manager is of such a dataset.
 */
export async function assertDataset(manager: BaseCheckpointManager, signal: AbortSignal): Promise<void> {
  if (!isDataset(manager.location) || !("log" in manager)) return;
  for await (const _ of (manager as HubCheckpointManager).log({ signal })) break;
}

/** @throws {UsageError} For what git would not take. */
export async function tagName(typed: string): Promise<string> {
  const { refName } = await import("../hub/names.js");
  try {
    return refName(typed, "tag");
  } catch (error) {
    throw new UsageError((error as Error).message, "for example: v1, or 2026-11/first");
  }
}
