import { randomBytes } from "node:crypto";
import type { Storage, StoredFile } from "../../storage/storage.js";

export const ANSWERS_DIRECTORY = ".kura/answers";
const NAME = /^\.kura\/answers\/(\d{13})-[0-9a-f]{8}\.(\w+)\.answers$/;

/**
 * Segments in the order in which they were made, by the clocks of those who made them. Other files are none of ours.
 *
 * Whoever holds a slot, which is a lock, may write its last segment; those before it are finished, by their writer or by its death. Slots
 * are used again, so that locks do not pile up.
 */
export async function listSegments(storage: Storage): Promise<StoredFile[]> {
  const files = (await storage.list(ANSWERS_DIRECTORY)).filter(({ path }) => NAME.test(path));
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** To be called by the holder of the slot. The path comes after those of all segments of it, whatever their makers' clocks said. */
export async function newSegmentPath(storage: Storage, slot: string): Promise<string> {
  const before = (await listSegments(storage)).findLast(({ path }) => slotOf(path) === slot);
  const time = Math.max(Date.now(), before ? timeOfSegment(before.path) + 1 : 0);
  return `${ANSWERS_DIRECTORY}/${time}-${randomBytes(4).toString("hex")}.${slot}.answers`;
}

export function slotOf(path: string): string {
  return NAME.exec(path)![2]!;
}

/** The name of the lock that is a slot. */
export function lockOf(slot: string): string {
  return `answers-${slot}`;
}

/** When it was begun, by the clock of who wrote it. */
export function timeOfSegment(path: string): number {
  return Number(NAME.exec(path)![1]);
}
