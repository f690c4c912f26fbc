import { hashInput } from "../loaders/hash-input.js";
import { type LoadConversationsOptions, loadConversations } from "../loaders/load-conversations.js";
import { type ConversationSource, conversationsInMemory } from "./conversation-source.js";

/** Raised whenever the same file would be read as other rows. */
const READER_VERSION = "1";

/**
 * The conversations of somebody's export. A run whose file has not changed does not read it but to hash its bytes.
 *
 * @throws {TypeError | RangeError} At once, for an unknown option.
 */
export function conversationsFromFile(path: string, options: LoadConversationsOptions = {}): ConversationSource {
  const conversations = loadConversations(path, options);
  const { limit, format } = options;
  let held: Promise<ConversationSource> | undefined;
  return {
    async fingerprint(signal) {
      const file = await hashInput(path, signal);
      if (file === undefined) {
        // A pipe gives its rows once.
        held ??= conversationsInMemory(conversations);
        return await (await held).fingerprint(signal);
      }
      return {
        file,
        reader: READER_VERSION,
        ...(format !== undefined && format !== "auto" && { format }),
        ...(limit !== undefined && { limit: String(limit) }),
      };
    },
    async *read() {
      yield* held ? (await held).read() : conversations;
    },
  };
}
