import { allFinite } from "./all-finite.js";
import { FieldError, sketch } from "./field-error.js";

/** What every value of a type must be, in memory and in files alike. Each throws a `FieldError` with an empty path. */

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);
export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);

/** ISO 8601 as Kura and Python write it: a date and a time, `T` or a space, up to nine digits of a second, an offset or none. */
const TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d(?::[0-5]\d)?)?$/;

export function isTimestamp(value: string): boolean {
  return TIMESTAMP.test(value);
}

export function refuse(value: unknown, wanted: string): never {
  throw new FieldError("", `${wanted} is needed, it is ${sketch(value)}`);
}

export function asText(value: unknown): string {
  if (typeof value !== "string") return refuse(value, "a text");
  if (!value.isWellFormed()) throw new FieldError("", "the text holds half of a surrogate pair, which is not Unicode");
  return value;
}

export function asTimestamp(value: unknown): string {
  if (typeof value !== "string" || !isTimestamp(value))
    return refuse(value, "an ISO 8601 timestamp such as 2025-06-30T12:00:00.123456+02:00");
  return value;
}

export function asBool(value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse(value, "true or false");
}

export function asInt32(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < INT32_MIN || value > INT32_MAX)
    return refuse(value, "an integer of 32 bits");
  return value;
}

export function asSafeInteger(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    return refuse(value, "a safe integer (within 2^53; declare the column with bigint for more)");
  }
  return value;
}

export function asBigint(value: unknown): bigint {
  if (typeof value !== "bigint" || value < INT64_MIN || value > INT64_MAX) return refuse(value, "a bigint of 64 bits");
  return value;
}

export function asFloat64(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : refuse(value, "a finite number");
}

/** A column of float32 holds what a float32 can: a value that storing would round is refused, since formats would disagree on it. */
export function asFloat32(value: unknown): number {
  const number = asFloat64(value);
  return Math.fround(number) === number
    ? number
    : refuse(value, "a number that a float32 holds exactly (see Math.fround; or use float64)");
}

export function assertFiniteVector(vector: Float32Array, length: number | undefined): void {
  if (length !== undefined && vector.length !== length)
    throw new FieldError("", `a vector of ${length} is needed, it has ${vector.length}`);
  if (allFinite(vector)) return;
  const index = vector.findIndex((value) => !Number.isFinite(value));
  throw new FieldError(`[${index}]`, `a finite number is needed, it is ${vector[index]}`);
}

/** What keeps all that it holds in members. An instance of somebody's class does; a Map, a Set or a Date would come out empty. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype || prototype === null || Object.prototype.toString.call(value) === "[object Object]"
  );
}
