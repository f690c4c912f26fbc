import { RISKY_JSON, restoreMembers } from "../rows/lossless-json.js";
import type { JsonObject } from "./loader.js";

/**
 * Put back what JSON.parse changed in some members of a conversation: integers beyond 2^53, the spelling of floats. The other members are
 * skipped, so that a conversation's texts, which are most of it, are not parsed twice.
 */
export function restoreLossless(value: JsonObject, text: string, names: readonly string[]): void {
  const risky = names.filter((name) => {
    const member = value[name];
    return typeof member === "number" || (typeof member === "object" && member !== null);
  });
  if (risky.length === 0) return;
  // Where a name is spelled with escapes, it may be anywhere.
  const from = Math.min(...risky.map((name) => Math.max(0, text.indexOf(JSON.stringify(name)))));
  if (RISKY_JSON.test(from === 0 ? text : text.slice(from))) restoreMembers(value, text, new Set(risky));
}
