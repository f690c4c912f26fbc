import { createHash } from "node:crypto";
import type { JsonSchema } from "../../models/model.js";

/** Exactly what a call sends, so far as it can change what comes back. Members that are undefined are not there. */
export type Sent =
  | {
      readonly model: string;
      readonly prompt: string;
      readonly schema: JsonSchema;
      /** Temperature, seed, limits: whatever the model is told besides. */
      readonly sampling?: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly model: string; readonly text: string };

/**
 * The key of a call's answer: SHA-256 over canonical JSON, in hexadecimal. The same on every machine, for ever: answers that were paid
 * for are found by it.
 *
 * @throws {TypeError} If something in it is not JSON: NaN, a Date, a function.
 */
export function answerKey(sent: Sent): string {
  return createHash("sha256").update(canonicalJson(sent)).digest("hex");
}

/**
 * One text for one JSON value, as RFC 8785 has it: no spaces, members sorted by UTF-16 code units, numbers and strings as ECMAScript
 * writes them. (Lone surrogates, which it leaves out, stay escaped.)
 *
 * @throws {TypeError} If the value is not JSON.
 */
export function canonicalJson(value: unknown): string {
  return canonical(value, "$");
}

function canonical(value: unknown, path: string): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => canonical(item, `${path}[${i}]`)).join(",")}]`;
  if (isPlainObject(value)) {
    const members = Object.keys(value)
      .filter((name) => value[name] !== undefined)
      // Compares code units; no locale has a say.
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonical(value[name], `${path}.${name}`)}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`Cannot make a key of ${path}: ${String(value)} is not JSON`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
