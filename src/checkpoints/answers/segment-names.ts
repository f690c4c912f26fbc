import { randomBytes } from "node:crypto";
import type { Storage, StoredFile } from "../../storage/storage.js";

export const ANSWERS_DIRECTORY = ".kura/answers";
const NAME = /^\.kura\/answers\/\d{8}T\d{9}Z-[0-9a-f]{8}\.(\w+)\.answers$/;

/**
 * A new segment's path: names sort by the time they were made. Until it is sealed a segment belongs to whoever holds its slot; slots are
 * used again, so that locks do not pile up.
 */
export function newSegmentPath(slot: string): string {
  const time = new Date().toISOString().replace(/[-:.]/g, "");
  return `${ANSWERS_DIRECTORY}/${time}-${randomBytes(4).toString("hex")}.${slot}.answers`;
}

export function slotOf(path: string): string {
  return NAME.exec(path)![1]!;
}

/** The name of the lock that goes with a slot. */
export function lockOf(slot: string): string {
  return `answers-${slot}`;
}

/** In the order in which they were made. Other files are none of ours. */
export async function listSegments(storage: Storage): Promise<StoredFile[]> {
  const files = (await storage.list(ANSWERS_DIRECTORY)).filter(({ path }) => NAME.test(path));
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
