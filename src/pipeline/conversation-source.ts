import { Conversation } from "../rows/builtin.js";
import { rowHashOf } from "./row-source.js";

/** Conversations that a run reads, and a name for exactly these: while it stays the same, they need not be read again. */
export interface ConversationSource {
  /**
   * What names the input, cheaper than its rows do: the hash of a file, and what is taken of it. Asked again after the rows were read, which
   * are not kept if it has changed.
   */
  fingerprint(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** The same, where it is no more than what its rows are called: a save finds that out by itself. */
  fingerprintOf?(rowHash: string): Readonly<Record<string, string>>;
  /** In order, from the first; each call reads anew. */
  read(): AsyncIterable<Conversation>;
}

/** Conversations in memory, or that can be iterated once: then they are held. */
export async function conversationsInMemory(
  given: Iterable<Conversation> | AsyncIterable<Conversation>,
): Promise<ConversationSource> {
  const rows: Conversation[] = [];
  for await (const conversation of given) rows.push(conversation);
  const fingerprintOf = (input: string) => ({ input });
  let hash: Promise<string> | undefined;
  return {
    async fingerprint() {
      hash ??= rowHashOf(rows, Conversation);
      return fingerprintOf(await hash);
    },
    fingerprintOf,
    async *read() {
      yield* rows;
    },
  };
}
