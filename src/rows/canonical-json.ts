import { sketch } from "./field-error.js";

/**
 * One text for one JSON value, as RFC 8785 has it: no spaces, members sorted by UTF-16 code units, numbers and strings as ECMAScript
 * writes them. (Lone surrogates, which it leaves out, stay escaped.)
 *
 * @throws {TypeError} If the value is not JSON.
 */
export function canonicalJson(value: unknown): string {
  return canonical(value, "");
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
      .map((name) => `${JSON.stringify(name)}:${canonical(value[name], path === "" ? name : `${path}.${name}`)}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`${path === "" ? "" : `${path}: `}${sketch(value)} is not JSON`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
