import { InputError } from "../../errors.js";
import type { InputElement } from "../../loaders/input-elements.js";
import type { LoadProgress } from "../../loaders/load-conversations.js";
import { readConversations } from "../../loaders/read-conversations.js";
import type { Conversation } from "../../rows/builtin.js";
import { MAP_TARGETS, mapRow, type RowMap } from "./map-row.js";

export interface MappedConversationsOptions {
  /** Which columns hold what. What is not mapped is found by its usual name. */
  map?: RowMap | undefined;
  /** How many conversations at most, from the first on; what is behind them is not read. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  onWarning?: ((message: string) => void) | undefined;
}

const TELL_EVERY = 100;

/** @throws {TypeError} For a column that is mapped to nothing. @throws {RangeError} For a limit below 1. */
export function assertMapped({ map = {}, limit }: MappedConversationsOptions): void {
  for (const target of Object.keys(map)) {
    if (!(MAP_TARGETS as readonly string[]).includes(target))
      throw new TypeError(`Cannot map a column to "${target}": conversations have ${MAP_TARGETS.join(", ")}`);
  }
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1))
    throw new RangeError(`Cannot load ${limit} conversations: limit is an integer >= 1`);
}

/**
 * The conversations that the rows of a table are, in its order.
 *
 * @param label How messages call the table.
 * @param texts Its rows as JSON.
 * @throws {InputError} On iterating, for rows that are no conversations.
 */
export async function* mappedConversations(
  label: string,
  texts: AsyncIterable<string>,
  { map = {}, limit, onProgress, onWarning }: MappedConversationsOptions,
): AsyncGenerator<Conversation, void> {
  let conversations = 0;
  const tell = () => onProgress?.({ bytesRead: 0, bytesTotal: undefined, conversations });
  for await (const conversation of readConversations(label, elementsOf(label, texts, map), { limit, onWarning })) {
    if (++conversations % TELL_EVERY === 0) tell();
    yield conversation;
  }
  if (conversations === 0) throw new InputError(label, "it has no rows: there are no conversations in it");
  tell();
}

async function* elementsOf(label: string, texts: AsyncIterable<string>, map: RowMap): AsyncGenerator<InputElement> {
  let index = 0;
  for await (const row of texts) {
    const { text, problem } = mapRow(row, map);
    if (problem !== undefined) throw new InputError(label, problem);
    yield { kind: "lines", index, line: ++index, text, endsFile: false };
  }
}

/** What of a fingerprint says how rows become conversations. */
export function mappedFingerprint({ map = {}, limit }: MappedConversationsOptions): Record<string, string> {
  return {
    ...(Object.keys(map).length > 0 && { map: JSON.stringify(map) }),
    ...(limit !== undefined && { limit: String(limit) }),
  };
}
