import { readCard } from "../checkpoints/hub/card.js";
import type { HubSnapshot } from "../checkpoints/hub/hub-snapshot.js";
import { HubStorage } from "../checkpoints/hub/hub-storage.js";
import { InputError } from "../errors.js";
import { ByteCache } from "../hub/byte-cache.js";
import { repoId } from "../hub/names.js";
import { LONG_WAIT_MS } from "../hub/retry.js";
import type { ConversationSource } from "./conversation-source.js";
import { type DatasetFiles, type DatasetSelection, datasetFiles } from "./dataset/dataset-files.js";
import {
  assertMapped,
  type MappedConversationsOptions,
  mappedConversations,
  mappedFingerprint,
} from "./dataset/mapped-conversations.js";
import { rowTexts } from "./dataset/row-texts.js";

export interface HubConversationsOptions extends DatasetSelection, MappedConversationsOptions {
  /** A branch, tag or commit; "main" by default. */
  revision?: string | undefined;
  hubToken?: string | undefined;
  hubUrl?: string | undefined;
  /** @internal */
  hubEnv?: Readonly<Record<string, string | undefined>> | undefined;
  hubTimeoutMs?: number | undefined;
  hubAttempts?: number | undefined;
  cacheDirectory?: string | undefined;
  cacheBytes?: number | undefined;
}

/** Raised whenever the same dataset would be read as other rows. */
const READER_VERSION = "1";
const CACHE_BYTES = 1_000_000_000;

/**
 * The conversations of a dataset of the HuggingFace Hub, fetched while they are taken; of the commit that `revision` names when it is first
 * asked for. Reads Parquet and JSON Lines.
 *
 * @throws {TypeError} At once, for an id that the Hub would refuse, or a column that is mapped to nothing.
 * @throws {InputError} On iterating, if there is no such subset or split, or its rows are no conversations.
 * @throws {HubError} On iterating, if the Hub does not give them.
 */
export function conversationsFromHub(id: string, options: HubConversationsOptions = {}): ConversationSource {
  const { revision, signal, subset, split } = options;
  const { hubToken, hubUrl, hubEnv, hubTimeoutMs, hubAttempts, cacheDirectory, cacheBytes = CACHE_BYTES } = options;
  assertMapped(options);
  const storage = new HubStorage(repoId(id), {
    token: hubToken,
    hubUrl,
    env: hubEnv,
    revision,
    stallMs: hubTimeoutMs,
    attempts: hubAttempts,
    onRetry: (message, ms) => {
      if (ms >= LONG_WAIT_MS) options.onWarning?.(message);
    },
    cacheDirectory: cacheDirectory ?? ByteCache.defaultDirectory(),
    cacheBytes,
  });
  let opened: Promise<{ snapshot: HubSnapshot; files: DatasetFiles }> | undefined;
  const open = async () => {
    const snapshot = await storage.pinned({ signal });
    if (snapshot.commit === undefined)
      throw new InputError(storage.label, "there is no such dataset or revision, or the token may not know of it");
    const card = await readCard(snapshot);
    const files = await datasetFiles(snapshot.files.keys(), card, { subset, split }, storage.label);
    return { snapshot, files };
  };
  const once = () => {
    opened ??= open();
    return opened;
  };

  async function* texts(): AsyncGenerator<string> {
    const { snapshot, files } = await once();
    for (const path of files.paths) {
      const source = await snapshot.open(path);
      if (source) yield* rowTexts(source, `${storage.label}/${path}`, signal);
    }
  }
  return {
    async fingerprint() {
      const { snapshot, files } = await once();
      return {
        dataset: id,
        commit: snapshot.commit!,
        subset: files.subset,
        split: files.split,
        reader: READER_VERSION,
        ...mappedFingerprint(options),
      };
    },
    read: () => mappedConversations(storage.label, texts(), options),
  };
}
