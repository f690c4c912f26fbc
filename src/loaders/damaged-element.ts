import { InputError } from "../errors.js";
import { type Place, placeName } from "./place.js";

/** Says why one conversation cannot be read: with its line and, where a line may hold many, its index. */
export function damagedElement(
  path: string,
  { kind, index, line: start }: Place,
  reason: string,
  { line = start, cause }: { line?: number; cause?: unknown } = {},
): InputError {
  const where = kind === "array" || kind === "member" ? `${placeName(kind, index)}: ` : "";
  return new InputError(path, where + reason, { damaged: true, line, cause });
}
