import type { Belonging } from "./run-step.js";

/** How the keys of stored rows lie in those of an input. */
export function belongingOf(stored: Iterable<string>, input: ReadonlySet<string>): Belonging {
  let inside = 0;
  const seen = new Set<string>();
  for (const key of stored) {
    seen.add(key);
    if (input.has(key)) inside++;
  }
  if (seen.size === input.size && [...seen].every((key) => input.has(key))) return "all";
  return inside > 0 ? "some" : "none";
}

/** All values of one text field. */
export async function keysOf<R>(
  rows: { batches(options: { columns: readonly string[]; signal?: AbortSignal | undefined }): AsyncIterable<R[]> },
  key: keyof R & string,
  signal?: AbortSignal | undefined,
): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const batch of rows.batches({ columns: [key], signal }))
    for (const row of batch) keys.add(row[key] as string);
  return keys;
}
