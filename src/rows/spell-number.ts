import { FieldError } from "./field-error.js";

/**
 * A number inside a JSON value, spelled so that it reads back the same: as JSON.stringify does, but -0 as -0.0, and numbers that are
 * integers beyond 2^53 with an exponent, since without one they would read back as bigint.
 *
 * @throws {FieldError} For NaN and infinities.
 */
export function spellNumber(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "-0.0" : String(value);
  if (!Number.isFinite(value)) throw new FieldError("", `${value} is not JSON`);
  return Number.isInteger(value) ? value.toExponential() : String(value);
}
