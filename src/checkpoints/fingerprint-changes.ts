import { writeJson } from "../rows/write-json.js";
import type { Fingerprint } from "./manifest.js";

/**
 * A JSON value as text that does not depend on the order in which members were set: keys sorted by code unit, compact.
 *
 * @throws {FieldError} For what JSON cannot hold.
 */
export function canonical(value: unknown): string {
  return value === undefined ? "nothing" : writeJson(sorted(value));
}

/** What differs, a sentence each: `model was "a" and is "b"`. Empty where nothing does. */
export function fingerprintChanges(made: Fingerprint, wanted: Fingerprint): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(made)])].flatMap((part) => {
    const [before, after] = [canonical(made[part]), canonical(wanted[part])];
    return before === after ? [] : [`${part} was ${before} and is ${after}`];
  });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
