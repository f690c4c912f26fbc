import { InputError } from "../errors.js";
import type { Conversation } from "../rows/builtin.js";
import { assertOptions } from "./assert-options.js";
import { shortList } from "./describe-value.js";
import { isConversation } from "./detect-format.js";
import { inputElements } from "./input-elements.js";
import { LOADER_NAMES, LOADERS, type LoaderName } from "./loaders.js";
import { readConversations } from "./read-conversations.js";

export interface LoadProgress {
  readonly bytesRead: number;
  /** undefined for a pipe. */
  readonly bytesTotal: number | undefined;
  readonly conversations: number;
}

export interface LoadConversationsOptions {
  /** "auto" (default) tells it by the first conversation. */
  format?: LoaderName | "auto" | undefined;
  /** How many conversations at most, from the first on; what is behind them is not read. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
  /** After each piece that is read (about a megabyte), and at the end. */
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** At the end: what was made up, changed or left out, one sentence for each kind with its count. */
  onWarning?: ((message: string) => void) | undefined;
}

const OPTIONS: readonly string[] = ["format", "limit", "signal", "onProgress", "onWarning"];

/**
 * The conversations of a file that some other program wrote, in the order of the file. The file is read while they are taken, from start
 * to end; memory holds one conversation and the ids. Each iteration reads the file anew.
 *
 * Roles stay as they are but for Claude's and ShareGPT's names of "user" and "assistant". A time that is ISO 8601 stays the text it is; a
 * number since 1970 becomes UTC. A message without a time has its conversation's; a conversation without one its first message's that has
 * one, or else 1970-01-01T00:00:00. A conversation without an id has one made from its content (see `ChatIds`). One without messages is kept.
 *
 * @throws {TypeError | RangeError} At once, for an unknown option or format, or a limit below 1.
 * @throws {InputError} On iterating, if the file is missing, empty or an empty list, of no known format (`damaged` is false), or broken (`damaged` is true).
 * @throws {StorageError} On iterating, if the system refuses to read it.
 */
export function loadConversations(path: string, options: LoadConversationsOptions = {}): AsyncIterable<Conversation> {
  assertOptions("load conversations", options, OPTIONS);
  const { format = "auto", limit } = options;
  if (format !== "auto" && !Object.hasOwn(LOADERS, format)) {
    throw new TypeError(`Cannot load conversations as "${format}": formats are auto, ${LOADER_NAMES.join(", ")}`);
  }
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new RangeError(`Cannot load ${limit} conversations: limit is an integer >= 1`);
  }
  return { [Symbol.asyncIterator]: () => conversationsOf(path, options) };
}

async function* conversationsOf(
  path: string,
  { format, limit, signal, onProgress, onWarning }: LoadConversationsOptions,
): AsyncGenerator<Conversation, void> {
  let bytesRead = 0;
  let bytesTotal: number | undefined;
  let conversations = 0;
  const tellProgress = () => onProgress?.({ bytesRead, bytesTotal, conversations });
  const onRead = (read: number, total: number | undefined) => {
    bytesRead = read;
    bytesTotal = total;
    tellProgress();
  };
  const onBeside = (array: string, others: readonly string[]) =>
    onWarning?.(`what stands beside the list "${array}" is left out: ${shortList(others)}`);
  const elements = inputElements(path, { isConversation, signal, onRead, onBeside });
  for await (const conversation of readConversations(path, elements, { format, limit, onWarning })) {
    conversations++;
    yield conversation;
  }
  // As of a file that is empty: nobody means to run on nothing.
  if (conversations === 0) throw new InputError(path, "it holds an empty list: there are no conversations in it");
  tellProgress();
}
