/**
 * JSON can spell half of a surrogate pair as an escape, which programs that cut texts in the middle of an emoji do. It is not Unicode:
 * no file of ours can hold it.
 */
const HALF_MAY_BE = /\\u[dD][89a-fA-F]/;

/** Whether text of JSON is worth a look. Most is not: halves occur only as escapes. */
export function mayHoldHalves(json: string): boolean {
  return HALF_MAY_BE.test(json);
}

/** The same value, with U+FFFD for each half of a surrogate pair in its texts and keys. The same object where there is none. */
export function toWellFormed<T>(value: T): T {
  return replaced(value) as T;
}

function replaced(value: unknown): unknown {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(replaced);
    return items.every((item, index) => Object.is(item, value[index])) ? value : items;
  }
  const members = Object.entries(value);
  const others = members.map(([key, member]) => [key.toWellFormed(), replaced(member)] as const);
  const isSame = others.every(
    ([key, member], index) => key === members[index]![0] && Object.is(member, members[index]![1]),
  );
  return isSame ? value : Object.fromEntries(others);
}
