import { canonicalJson } from "../rows/canonical-json.js";
import { isPlainObject } from "../rows/column-rules.js";
import { sketch } from "../rows/field-error.js";
import { parsePlain } from "../rows/lossless-json.js";
import type { Fingerprint } from "./manifest.js";

/**
 * A fingerprint as a manifest keeps it: a copy, which whoever gave it can no longer change.
 *
 * @throws {TypeError} If it is no object of plain JSON. A bigint is none; write it as a text.
 */
export function fingerprintOf(madeFrom: unknown, act: string): Fingerprint {
  try {
    if (!isPlainObject(madeFrom)) throw new TypeError(`it is ${sketch(madeFrom)}`);
    canonical(madeFrom);
    return parsePlain(JSON.stringify(madeFrom)) as Fingerprint;
  } catch (cause) {
    throw new TypeError(`Cannot ${act}: madeFrom is an object of plain JSON (${(cause as Error).message})`, { cause });
  }
}

/** A JSON value as a text to compare and to show; of a member that is not there "nothing". */
export function canonical(value: unknown): string {
  return value === undefined ? "nothing" : canonicalJson(value);
}

/** What differs, a sentence each: `model was "a" and is "b"`. Empty where nothing does. */
export function fingerprintChanges(made: Fingerprint, wanted: Fingerprint): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(made)])].flatMap((part) => {
    const [before, after] = [canonical(made[part]), canonical(wanted[part])];
    return before === after ? [] : [`${part} was ${before} and is ${after}`];
  });
}
