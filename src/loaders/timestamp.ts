import { isTimestamp } from "../rows/column-rules.js";
import { FieldError, sketch } from "../rows/field-error.js";

const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
/** 2025 or 20250203: as seconds they lie in 1970, which is not what was meant. */
const WRITTEN_DATE = /^(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?)?$/;
const DECIMAL = /^(-?)(\d{1,20})(?:\.(\d+))?$/;

/** 0001-01-01 and 9999-12-31T23:59:59.999999, the first and last instants that Python's datetime holds, in microseconds since 1970. */
const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;

/**
 * A time of somebody's export as ISO 8601 text. ISO text stays as it is; a date is its midnight. A number counts from 1970, in seconds;
 * from 1e11 on (the year 5138) in milliseconds, from 1e14 on in microseconds, and comes out in UTC with its microseconds, later digits cut.
 *
 * @returns undefined where it is absent, null or empty.
 * @throws {FieldError} For anything else: also a day that no calendar has, and a number that reads as a date, such as 20250203.
 */
export function timestampAt(value: unknown, field: string): string | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  if (typeof value === "string") {
    if (isTimestamp(value) && isCalendarDay(value)) return value;
    if (DATE.test(value) && isCalendarDay(value)) return `${value}T00:00:00`;
  }
  // A double has just the digits to tell microseconds apart until the year 2242, and String gives the shortest text that does.
  const text = ["string", "number", "bigint"].includes(typeof value) ? epochText(String(value)) : undefined;
  if (text !== undefined) return text;
  throw new FieldError(
    field,
    `an ISO 8601 time such as 2025-06-30T12:00:00.123456+02:00 or seconds since 1970 are needed, it is ${sketch(value)}`,
  );
}

/** The patterns let the 31st of every month through. */
function isCalendarDay(value: string): boolean {
  // Every month has 28 days: no need to ask for each message of a long file.
  if (value.slice(8, 10) <= "28") return true;
  const day = value.slice(0, 10);
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function epochText(decimal: string): string | undefined {
  const match = DECIMAL.exec(decimal);
  if (!match || WRITTEN_DATE.test(decimal)) return undefined;
  const [, sign, digits, fraction = ""] = match as unknown as [string, string, string, string?];
  // Years 5138 and on are no times of conversations: the number is of a finer unit.
  const decimals = digits.length >= 15 ? 0 : digits.length >= 12 ? 3 : 6;
  const amount = BigInt(digits + fraction.padEnd(decimals, "0").slice(0, decimals));
  const micros = sign === "-" ? -amount : amount;
  if (micros < FIRST || micros > LAST) return undefined;
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19);
  return rest === 0n ? `${seconds}Z` : `${seconds}.${String(rest).padStart(6, "0")}Z`;
}
