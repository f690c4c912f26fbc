import { type Copies, openCopies } from "./copies.js";
import { fileOf, fileUnlessDirectory, nameOf, parsePlace } from "./directory.js";
import type { Effects } from "./effects.js";

export interface Subject {
  readonly name: string;
  readonly copies: Copies;
}

export interface SubjectOptions {
  readonly out: readonly string[] | undefined;
  readonly format: string;
  readonly config: string | undefined;
}

/**
 * The checkpoint that was named, by its name in the copies or by its path.
 *
 * @param done What cannot be done with other files: "shown".
 */
export async function subjectOf(
  typed: string,
  done: string,
  { out, format, config }: SubjectOptions,
  effects: Effects,
  { saysUnverified = true } = {},
): Promise<Subject> {
  const file = fileOf(typed, done);
  if (!file)
    return { name: nameOf(typed), copies: await openCopies({ typed: out, format, config, saysUnverified }, effects) };
  // Who shows a file by its path knows that it may be anybody's.
  const asked = { typed: [file.dir], format: file.format, saysUnverified: saysUnverified && done !== "shown" };
  return { name: file.name, copies: await openCopies(asked, effects) };
}

/**
 * The copies that a command was given, or those that there are; `name` where it was given the path of one checkpoint.
 *
 * @param done What cannot be done with other files: "verified".
 */
export async function givenCopies(
  typed: string | undefined,
  done: string,
  config: string | undefined,
  effects: Effects,
): Promise<{ copies: Copies; name: string | undefined }> {
  const isPlace = typed === undefined || parsePlace(typed).format !== undefined;
  const file = isPlace ? undefined : fileUnlessDirectory(typed, done);
  const asked = { typed: typed === undefined ? undefined : [file?.dir ?? typed], format: file?.format, config };
  return { copies: await openCopies({ ...asked, saysUnverified: false }, effects), name: file?.name };
}
