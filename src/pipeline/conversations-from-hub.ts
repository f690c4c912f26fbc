import type { HubSnapshot } from "../checkpoints/hub/hub-snapshot.js";
import { HubStorage } from "../checkpoints/hub/hub-storage.js";
import { readWhole } from "../checkpoints/read-whole.js";
import { InputError } from "../errors.js";
import { ByteCache } from "../hub/byte-cache.js";
import { repoId } from "../hub/names.js";
import type { InputElement } from "../loaders/input-elements.js";
import type { LoadProgress } from "../loaders/load-conversations.js";
import { readConversations } from "../loaders/read-conversations.js";
import type { Conversation } from "../rows/builtin.js";
import type { ConversationSource } from "./conversation-source.js";
import { type DatasetFiles, type DatasetSelection, datasetFiles } from "./hub-dataset/dataset-files.js";
import { MAP_TARGETS, mapRow, type RowMap } from "./hub-dataset/map-row.js";
import { rowTexts } from "./hub-dataset/row-texts.js";

export interface HubConversationsOptions extends DatasetSelection {
  /** A branch, tag or commit; "main" by default. */
  revision?: string | undefined;
  /** Which columns hold what. What is not mapped is found by its usual name. */
  map?: RowMap | undefined;
  /** How many conversations at most, from the first on; what is behind them is not fetched. */
  limit?: number | undefined;
  hubToken?: string | undefined;
  hubUrl?: string | undefined;
  /** @internal */
  hubEnv?: Readonly<Record<string, string | undefined>> | undefined;
  hubTimeoutMs?: number | undefined;
  hubAttempts?: number | undefined;
  cacheDirectory?: string | undefined;
  cacheBytes?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  onWarning?: ((message: string) => void) | undefined;
}

/** Raised whenever the same dataset would be read as other rows. */
const READER_VERSION = "1";
const MOST_CARD_BYTES = 4 << 20;
const TELL_EVERY = 100;
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
  const { revision, map = {}, limit, signal, subset, split, onProgress, onWarning } = options;
  const { hubToken, hubUrl, hubEnv, hubTimeoutMs, hubAttempts, cacheDirectory, cacheBytes = CACHE_BYTES } = options;
  for (const target of Object.keys(map)) {
    if (!(MAP_TARGETS as readonly string[]).includes(target))
      throw new TypeError(`Cannot map a column to "${target}": conversations have ${MAP_TARGETS.join(", ")}`);
  }
  const storage = new HubStorage(repoId(id), {
    token: hubToken,
    hubUrl,
    env: hubEnv,
    revision,
    stallMs: hubTimeoutMs,
    attempts: hubAttempts,
    cacheDirectory: cacheDirectory ?? ByteCache.defaultDirectory(),
    cacheBytes,
  });
  let opened: Promise<{ snapshot: HubSnapshot; files: DatasetFiles }> | undefined;
  const open = async () => {
    const snapshot = await storage.pinned({ signal });
    if (snapshot.commit === undefined)
      throw new InputError(storage.label, "there is no such dataset or revision, or the token may not know of it");
    const card = await readWhole(snapshot, "README.md", MOST_CARD_BYTES);
    const files = await datasetFiles(
      snapshot.files.keys(),
      card && Buffer.from(card).toString(),
      { subset, split },
      storage.label,
    );
    return { snapshot, files };
  };
  const once = () => {
    opened ??= open();
    return opened;
  };

  async function* elements(): AsyncGenerator<InputElement> {
    const { snapshot, files } = await once();
    let index = 0;
    for (const path of files.paths) {
      const source = await snapshot.open(path);
      if (!source) continue;
      for await (const row of rowTexts(source, `${storage.label}/${path}`, signal)) {
        const { text, missing } = mapRow(row, map);
        if (missing !== undefined)
          throw new InputError(storage.label, `its rows have no "${missing}"; they are like ${row.slice(0, 200)}…`);
        yield { kind: "lines", index, line: ++index, text, endsFile: false };
      }
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
        ...(Object.keys(map).length > 0 && { map: JSON.stringify(map) }),
        ...(limit !== undefined && { limit: String(limit) }),
      };
    },
    async *read(): AsyncGenerator<Conversation, void> {
      let conversations = 0;
      const tell = () => onProgress?.({ bytesRead: 0, bytesTotal: undefined, conversations });
      for await (const conversation of readConversations(storage.label, elements(), { limit, onWarning })) {
        if (++conversations % TELL_EVERY === 0) tell();
        yield conversation;
      }
      tell();
    },
  };
}
