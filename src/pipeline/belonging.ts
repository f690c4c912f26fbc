import type { Belonging } from "./plan.js";

/** How the keys of stored rows lie in those of an input, of which some are `changed`: what they name is not what it was. */
export function belongingOf(
  stored: Iterable<string>,
  input: ReadonlySet<string>,
  changed: ReadonlySet<string>,
): Belonging {
  const seen = new Set(stored);
  let [shared, other] = [0, 0];
  for (const key of seen) {
    if (!input.has(key)) continue;
    shared++;
    if (changed.has(key)) other++;
  }
  const inside = shared - other;
  const missing = input.size - inside;
  const outside = seen.size - shared;
  const fit = missing === 0 && outside === 0 ? "all" : shared > 0 || seen.size === 0 ? "some" : "none";
  return { fit, inside, missing, outside, changed: other };
}

interface Batches<R> {
  batches(options: { columns: readonly string[]; signal?: AbortSignal | undefined }): AsyncIterable<R[]>;
}

/** All values of one text field. */
export async function keysOf<R>(
  rows: Batches<R>,
  key: keyof R & string,
  signal?: AbortSignal | undefined,
): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const batch of rows.batches({ columns: [key], signal }))
    for (const row of batch) keys.add(row[key] as string);
  return keys;
}

/** The conversations of all clusters. */
export async function chatIdsOf(
  clusters: Batches<{ readonly chat_ids: readonly string[] }>,
  signal?: AbortSignal | undefined,
): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const batch of clusters.batches({ columns: ["chat_ids"], signal }))
    for (const { chat_ids } of batch) for (const id of chat_ids) ids.add(id);
  return ids;
}

/** Of clusters that were made of others: whether every cluster of `ids` is there; else by their conversations. */
export async function belongingOfClusters(
  stored: Batches<{ readonly id: string; readonly chat_ids: readonly string[] }>,
  input: Batches<{ readonly chat_ids: readonly string[] }>,
  changed: ReadonlySet<string>,
  isWhole: (stored: ReadonlySet<string>) => Promise<boolean>,
): Promise<Belonging> {
  const byConversation = belongingOf(await chatIdsOf(stored), await chatIdsOf(input), changed);
  if (byConversation.fit === "none" || byConversation.changed > 0) return byConversation;
  return { ...byConversation, fit: (await isWhole(await keysOf(stored, "id"))) ? "all" : "some" };
}
