import { sketch } from "../rows/field-error.js";

/** Extensions that people give by habit, dropped: a checkpoint is called `summaries`, whatever holds it. */
const HABITS = /\.(?:jsonl|parquet)$/;
/** The same file name on every file system: no path, no hidden file, nothing that is spelled in more than one way. */
const NAME = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
/** Devices of Windows, whatever extension follows (learn.microsoft.com, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const MAX_NAME_LENGTH = 100;

/**
 * A checkpoint's name as it is stored.
 *
 * @throws {TypeError} If no file could be called so everywhere.
 */
export function checkpointName(given: string): string {
  if (typeof given !== "string")
    throw new TypeError(`Cannot use ${sketch(given)} as the name of a checkpoint: it is a text`);
  const name = given.replace(HABITS, "");
  const refuse = (reason: string): never => {
    throw new TypeError(`Cannot use ${JSON.stringify(given)} as the name of a checkpoint: ${reason}`);
  };
  if (!NAME.test(name)) return refuse('a name is ASCII letters, digits, "_" and "-", and dots between them');
  if (name.length > MAX_NAME_LENGTH) return refuse(`a name has at most ${MAX_NAME_LENGTH} characters`);
  if (DEVICE.test(name)) return refuse("Windows keeps that name for a device");
  if (HABITS.test(name)) return refuse("a name does not end in an extension of a file; one is dropped, this has two");
  return name;
}

export function isCheckpointName(name: string): boolean {
  return NAME.test(name) && name.length <= MAX_NAME_LENGTH && !DEVICE.test(name) && !HABITS.test(name);
}
