/** Enough to see what it is. */
const MAX_KEYS = 8;

/** What somebody's JSON value is, in words: "an object with keys id, title". Looks at the top only, however deep it is. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value !== "object") return typeof value === "string" ? "a text" : `a ${typeof value}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return "an object without keys";
  return `an object with ${keys.length === 1 ? "the key" : "keys"} ${shortList(keys)}`;
}

/** The first names of a list, and how many more there are. */
export function shortList(names: readonly string[]): string {
  const shown = names.slice(0, MAX_KEYS).map((name) => (name.length > 40 ? `${name.slice(0, 40)}…` : name));
  return shown.join(", ") + (names.length > MAX_KEYS ? ` and ${names.length - MAX_KEYS} more` : "");
}
