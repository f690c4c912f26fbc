import { createHash } from "node:crypto";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { hashRows } from "../checkpoints/hash-rows.js";
import type { OpenCheckpoint } from "../checkpoints/open-checkpoint.js";
import { MissingCheckpointError } from "../errors.js";
import { compileEncoder } from "../rows/encode.js";
import { writeJson } from "../rows/write-json.js";
import type { ConversationSource } from "./conversation-source.js";
import {
  assertMapped,
  type MappedConversationsOptions,
  mappedConversations,
  mappedFingerprint,
} from "./dataset/mapped-conversations.js";

export interface CheckpointConversationsOptions extends MappedConversationsOptions {
  /** How messages call it. By default its place and name. */
  label?: string | undefined;
}

/** Raised whenever the same checkpoint would be read as other rows. */
const READER_VERSION = "1";

/**
 * The conversations in a checkpoint of any manager: one that was saved here, or what another program wrote, such as a Parquet file or a
 * directory of `datasets`. To know whether it has changed, rows that no manifest vouches for are read once more.
 *
 * @throws {TypeError | RangeError} At once, for a column that is mapped to nothing, or a limit below 1.
 * @throws {MissingCheckpointError} On iterating, if there is none of that name.
 * @throws {CorruptCheckpointError} On iterating, if it is damaged.
 * @throws {InputError} On iterating, if its rows are no conversations.
 */
export function conversationsFromCheckpoint(
  manager: BaseCheckpointManager,
  name: string,
  options: CheckpointConversationsOptions = {},
): ConversationSource {
  assertMapped(options);
  const { label = `${manager.location}, ${name}` } = options;
  let hashed: { readonly version: string; readonly rows: string } | undefined;

  async function open(signal: AbortSignal | undefined): Promise<OpenCheckpoint> {
    const checkpoint = await manager.openCheckpoint(name, undefined, { signal });
    if (!checkpoint) throw new MissingCheckpointError(name, `"${manager.location}"`);
    return checkpoint;
  }
  return {
    async fingerprint(signal = options.signal) {
      const checkpoint = await open(signal);
      try {
        const { revision, bytes, savedAt, files } = checkpoint.info;
        const version = JSON.stringify([revision?.id, bytes, savedAt, files]);
        // Asked again after it was read: that is not to cost another reading, which may be of a dataset of the Hub.
        if (hashed?.version !== version)
          hashed = { version, rows: revision?.rowHash ?? (await hashOf(checkpoint, signal)) };
        const { rows } = hashed;
        return { rows, reader: READER_VERSION, ...mappedFingerprint(options) };
      } finally {
        await checkpoint.close();
      }
    },
    async *read() {
      const checkpoint = await open(options.signal);
      try {
        yield* mappedConversations(label, textsOf(checkpoint, options.signal), options);
      } finally {
        await checkpoint.close();
      }
    },
  };
}

async function* textsOf({ info, batches }: OpenCheckpoint, signal: AbortSignal | undefined): AsyncGenerator<string> {
  // JSON Lines of another program have no columns.
  const textOf = info.columns.length > 0 ? compileEncoder(info.columns) : writeJson;
  for await (const batch of batches({ signal })) for (const row of batch) yield textOf(row);
}

/** What adopting them would call them, where they have columns; to find those of JSON Lines would take one reading more. */
async function hashOf(checkpoint: OpenCheckpoint, signal: AbortSignal | undefined): Promise<string> {
  if (checkpoint.info.columns.length > 0) return await hashRows(checkpoint, signal);
  const hash = createHash("sha256");
  for await (const text of textsOf(checkpoint, signal)) hash.update(text).update("\n");
  return `sha256:${hash.digest("hex")}`;
}
