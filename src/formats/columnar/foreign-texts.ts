import { FieldError } from "../../rows/field-error.js";
import type { TimeUnit } from "./stored.js";

/* What Parquet has types for and rows have not, as the texts that Python makes of them. */

const DAY_SECONDS = 86_400n;

/** Since 1970, in so many decimals of a second: 2025-06-30T12:00:00.123456, with Z if it is one instant for everybody. */
export function instantText(value: bigint, unit: TimeUnit, isUtc: boolean): string {
  const perSecond = 10n ** BigInt(unit);
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const seconds = Number((value - fraction) / perSecond);
  return `${dateTime(seconds)}${fractionText(fraction, unit)}${isUtc ? "Z" : ""}`;
}

/** Of old files: nanoseconds of a day, and the Julian day. */
export function int96Text(nanoseconds: bigint, julianDay: number): string {
  const seconds = (BigInt(julianDay) - 2_440_588n) * DAY_SECONDS;
  return instantText(seconds * 10n ** 9n + nanoseconds, 9, false);
}

export function dateText(days: number): string {
  return dateTime(days * 86_400).slice(0, 10);
}

export function timeText(value: bigint, unit: TimeUnit): string {
  const perSecond = 10n ** BigInt(unit);
  if (value < 0n || value >= DAY_SECONDS * perSecond) throw new FieldError("", `${value} is no time of a day`);
  return instantText(value, unit, false).slice("1970-01-01T".length);
}

function dateTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new FieldError("", "it is a date outside of the years 0 to 9999");
  return date.toISOString().slice(0, 19);
}

/** None, six or nine digits. */
function fractionText(fraction: bigint, unit: TimeUnit): string {
  if (fraction === 0n) return "";
  const nanoseconds = fraction * 10n ** BigInt(9 - unit);
  if (nanoseconds % 1000n === 0n) return `.${String(nanoseconds / 1000n).padStart(6, "0")}`;
  return `.${String(nanoseconds).padStart(9, "0")}`;
}

export function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const sign = value < 0n ? "-" : "";
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

/** As a UUID is written. */
export function hexText(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
