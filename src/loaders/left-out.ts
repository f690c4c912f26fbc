import type { JsonObject, Note } from "./loader.js";

/** Says which fields of a message are left out: those that hold something and are not `read`. */
export function noteLeftOut(message: JsonObject, read: readonly string[], note: Note): void {
  for (const name in message) {
    if (!read.includes(name) && !isEmpty(message[name])) note(`field "${name}" of a message is left out`);
  }
}

/** null, "", [] and {}: nothing is lost with them. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (typeof value !== "object") return false;
  for (const _ in value) return false;
  return true;
}
