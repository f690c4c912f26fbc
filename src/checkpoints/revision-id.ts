import { randomBytes } from "node:crypto";

/** A time to the millisecond, and characters that tell apart what two machines saved in the same one. */
const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-z]+$/;
/** Later years have five digits, which sort before those of four. */
const LATEST_MS = Date.UTC(9999, 11, 31);

/**
 * The id of a new revision: sorts after every id it follows, as text, also where the clock was set back.
 *
 * @param newest The greatest id there is, if there is one.
 */
export function nextRevisionId(newest: string | undefined, nowMs = Date.now()): string {
  const floorMs = newest === undefined ? 0 : timeOf(newest) + 1;
  const stamp = new Date(Math.max(nowMs, floorMs)).toISOString().replace(/[-:.]/g, "");
  return `${stamp}-${randomBytes(4).toString("hex")}`;
}

/** Whether this is an id, of a time that can be counted on from. */
export function isRevisionId(text: unknown): text is string {
  return typeof text === "string" && ID.test(text) && timeOf(text) < LATEST_MS;
}

/** When it was made, or was to be after the one before it. */
export function timeOfRevision(id: string): Date {
  return new Date(timeOf(id));
}

function timeOf(id: string): number {
  const [, year, month, day, hour, minute, second, ms] = ID.exec(id)!;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}
