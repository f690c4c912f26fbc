import { FieldError } from "./field-error.js";
import { MAX_JSON_DEPTH } from "./json-limits.js";

/** Whether arrays and objects of a value lie more than `limit` inside each other. Recurses no deeper than that. */
function isDeeperThan(limit: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return limit === 0 || Object.values(value).some((member) => isDeeperThan(limit - 1, member));
}

/**
 * Whether a text could be of a value that is too deep to be saved: most are told from it, by counting a few brackets, without looking at the
 * value.
 */
export function mayBeTooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_JSON_DEPTH) return false;
  let opened = 0;
  for (const bracket of "[{")
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++opened > MAX_JSON_DEPTH) return true;
  return false;
}

/** @throws {FieldError} For a value that could not be saved, as it is nested too deep. */
export function assertShallow(value: unknown, field = ""): void {
  if (isDeeperThan(MAX_JSON_DEPTH, value)) throw new FieldError(field, `it is nested more than ${MAX_JSON_DEPTH} deep`);
}
