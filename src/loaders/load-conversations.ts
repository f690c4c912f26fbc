import type { Conversation } from "../rows/builtin.js";
import { FieldError } from "../rows/field-error.js";
import { MAX_JSON_DEPTH } from "../rows/json-limits.js";
import { assertOptions } from "./assert-options.js";
import { ChatIds } from "./chat-ids.js";
import { conversationFrom } from "./conversation-from.js";
import { damagedElement } from "./damaged-element.js";
import { describeValue, shortList } from "./describe-value.js";
import { formatOf, isConversation } from "./detect-format.js";
import { isObject } from "./fields.js";
import { type InputElement, inputElements } from "./input-elements.js";
import { isDeeperThan } from "./json-depth.js";
import type { Draft, JsonObject } from "./loader.js";
import { LOADER_NAMES, LOADERS, type LoaderName, recognise } from "./loaders.js";
import { parseElement } from "./parse-element.js";
import { type Place, placeName, placeNumber } from "./place.js";
import { Warnings } from "./warnings.js";
import { mayHoldHalves, toWellFormed } from "./well-formed.js";

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
 * @throws {InputError} On iterating, if the file is missing or empty, of no known format (`damaged` is false), or broken (`damaged` is true).
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
  { format = "auto", limit = Number.POSITIVE_INFINITY, signal, onProgress, onWarning }: LoadConversationsOptions,
): AsyncGenerator<Conversation, void> {
  const warnings = new Warnings();
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
  let known: LoaderName | undefined;
  let ids: ChatIds | undefined;
  try {
    for await (const element of inputElements(path, { isConversation, signal, onRead, onBeside })) {
      const value = parseElement(path, element);
      known ??= formatOf(path, value, element, format).format;
      ids ??= new ChatIds(path);
      const notes = new Set<string>();
      const note = (what: string) => notes.add(what);
      const draft = readDraft(path, known, value, element, note);
      const conversation = conversationFrom(draft, { ids, place: element, note });
      warnings.add(notes, placeName(element.kind, placeNumber(element)));
      conversations++;
      yield conversation;
      if (conversations >= limit) break;
    }
    if (conversations === 0) onWarning?.("the file holds an empty list: there are no conversations in it");
    tellProgress();
  } finally {
    if (onWarning) for (const message of warnings.messages()) onWarning(message);
  }
}

function readDraft(
  path: string,
  format: LoaderName,
  value: unknown,
  element: InputElement,
  note: (what: string) => void,
): Draft {
  const damaged = (reason: string, cause?: unknown) => damagedElement(path, element, reason, { cause });
  if (!isObject(value)) throw damaged(`a conversation is a JSON object, this is ${describeValue(value)}`);
  try {
    const draft = LOADERS[format].read(value, element.text, note);
    if (isDeeperThan(MAX_JSON_DEPTH, draft.metadata)) {
      throw new FieldError("metadata", `it is nested more than ${MAX_JSON_DEPTH} deep`);
    }
    if (!mayHoldHalves(element.text)) return draft;
    const wellFormed = toWellFormed(draft);
    if (wellFormed !== draft) note("half of a surrogate pair, which is not Unicode, was replaced by U+FFFD");
    return wellFormed;
  } catch (error) {
    if (error instanceof FieldError) throw damaged(fieldReason(error, format, value, element), error);
    // What JSON.parse takes may be nested too deeply for everybody after it.
    if (error instanceof RangeError) throw damaged("it is nested too deeply", error);
    throw error;
  }
}

/** A path that is as deep as the file wants must not fill the screen. */
const MAX_FIELD_CHARS = 100;

function fieldReason({ field, reason }: FieldError, format: LoaderName, value: JsonObject, { kind }: Place): string {
  const other = recognise(value, kind);
  const mixed = other && other !== format ? `it looks like ${other}, and the file begins as ${format}: ` : "";
  const shown = field.length > MAX_FIELD_CHARS ? `${field.slice(0, MAX_FIELD_CHARS)}…` : field;
  return `${mixed}field "${shown}": ${reason}`;
}
