import { isPlainObject } from "../rows/column-rules.js";
import { FieldError, sketch } from "../rows/field-error.js";
import type { JsonObject } from "./loader.js";

/** What a field of somebody's export must be. `field` is its whole path, such as `messages[2].content`. */

export function objectAt(value: unknown, field: string): JsonObject {
  return isPlainObject(value) ? value : refuse(field, "an object", value);
}

export function listAt(value: unknown, field: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(field, "a list", value);
}

export function textAt(value: unknown, field: string): string {
  return typeof value === "string" ? value : refuse(field, "a text", value);
}

/** undefined where it is absent, null or empty. */
export function optionalTextAt(value: unknown, field: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  return textAt(value, field) || undefined;
}

/** undefined where it is absent, null or empty. Some systems number their conversations. */
export function idAt(value: unknown, field: string): string | undefined {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "string") return refuse(field, "a text or an integer", value);
  return value || undefined;
}

export function metadataAt(value: unknown): JsonObject {
  if (value === undefined || value === null) return {};
  if (isPlainObject(value)) return value;
  throw new FieldError(
    "metadata",
    `an object is needed, it is ${sketch(value)}; make it one ({ "note": … }), or leave it out`,
  );
}

export function refuse(field: string, wanted: string, value: unknown): never {
  throw new FieldError(field, `${wanted} is needed, it is ${sketch(value)}`);
}
