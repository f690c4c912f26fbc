import { directoryFor } from "./default-directory.js";
import { fileOf, nameOf } from "./directory.js";
import type { Effects } from "./effects.js";

export interface Subject {
  readonly dir: string;
  readonly name: string;
  readonly format: string | undefined;
  /** It was named by its path. */
  readonly isPath: boolean;
}

/**
 * The checkpoint that was named, by its name in `out` or by its path.
 *
 * @param done What cannot be done with other files: "shown".
 */
export async function subjectOf(
  typed: string,
  done: string,
  { out, format }: { out: string | undefined; format: string },
  effects: Effects,
): Promise<Subject> {
  const file = fileOf(typed, done);
  if (file) return { ...file, isPath: true };
  return { dir: await directoryFor(out, effects), name: nameOf(typed), format, isPath: false };
}
