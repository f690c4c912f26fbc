/** A point in time, to the nanosecond. */
export interface Instant {
  /** Since 1970, in UTC. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

const PARTS =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d)(?::?(\d\d))?)?)?$/;

/**
 * The instant of an ISO 8601 timestamp or date, or undefined for any other text. A time without an offset counts as UTC, a date as its
 * first moment.
 */
export function parseInstant(text: string): Instant | undefined {
  const parts = PARTS.exec(text);
  if (!parts) return undefined;
  const part = (index: number) => Number(parts[index] ?? 0);
  // Not Date.UTC, to which the years 0 to 99 are those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(part(1), part(2) - 1, part(3));
  date.setUTCHours(part(4), part(5), part(6));
  const offset = (part(9) * 60 + part(10)) * 60 + part(11);
  return {
    seconds: date.getTime() / 1000 - (parts[8] === "-" ? -offset : offset),
    nanoseconds: Number((parts[7] ?? "").padEnd(9, "0")),
  };
}

/** Below, equal or above zero. */
export function compareInstants(a: Instant, b: Instant): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}
