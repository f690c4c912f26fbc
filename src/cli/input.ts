import type { LoadConversationsOptions } from "../loaders/load-conversations.js";
import type { ConversationSource } from "../pipeline/conversation-source.js";
import { conversationsFromFile } from "../pipeline/conversations-from-file.js";
import type { Effects } from "./effects.js";
import { UsageError } from "./failure.js";
import { isDataset, parseDataset } from "./hub.js";

interface DatasetOptions {
  readonly subset: string | undefined;
  readonly split: string | undefined;
  readonly map: string | undefined;
}

/** The conversations of a file, or of a dataset of the Hub. @throws {UsageError} For options that are of the other. */
export async function inputOf(
  typed: string,
  { subset, split, map }: DatasetOptions,
  { env }: Pick<Effects, "env">,
  options: LoadConversationsOptions,
): Promise<ConversationSource> {
  if (!isDataset(typed)) {
    for (const [name, value] of Object.entries({ subset, split, map })) {
      if (value !== undefined)
        throw new UsageError(`--${name} is of a dataset of the Hub`, "which is written hf://datasets/owner/name");
    }
    return conversationsFromFile(typed, options);
  }
  const { id, revision } = parseDataset(typed);
  const { conversationsFromHub } = await import("../pipeline/conversations-from-hub.js");
  const { format: _none, ...shared } = options;
  try {
    return conversationsFromHub(id, {
      ...shared,
      revision,
      subset,
      split,
      map: mapOf(map),
      hubEnv: env,
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

/** `chat_id=conversation_hash,messages=conversation` */
function mapOf(typed: string | undefined): Record<string, string> {
  if (typed === undefined) return {};
  const pairs = typed.split(",").map((pair) => {
    const [target, column, ...rest] = pair.split("=").map((word) => word.trim());
    if (target && column && rest.length === 0) return [target, column] as const;
    throw new UsageError(
      `--map is a list of target=column; "${pair}" is none`,
      "for example: --map chat_id=id,messages=conversation",
    );
  });
  return Object.fromEntries(pairs);
}
