import { type CopyOutcome, TooFewCopiesError } from "../../errors.js";
import { Withdrawn } from "./change-together.js";
import { errorOf, isAboutTheQuestion } from "./copy.js";
import type { Part } from "./part.js";

/**
 * Whether enough copies did what all were to do.
 *
 * @throws {TooFewCopiesError} If not, with what became of each; or what they all say, where that is one thing, or is not about them.
 */
export function assertEnough(
  act: "save" | "delete",
  name: string,
  needed: number,
  parts: readonly Part<unknown>[],
): void {
  if (parts.filter(({ end }) => end && "value" in end).length >= needed) return;
  const errors = parts.flatMap(({ end }) => (end && "error" in end && !isWithdrawn(end.error) ? [end.error] : []));
  const isOne = errors.length > 0 && parts.length > 0 && errors.every((error) => error === errors[0]);
  if (errors.length > 0 && ((isOne && parts.length === errors.length) || errors.every(isAboutTheQuestion)))
    throw errors[0];
  throw new TooFewCopiesError(
    act,
    name,
    needed,
    parts.map((part) => outcomeOf(part, act === "save" ? "saved" : "deleted")),
  );
}

/** Note with each copy how it did. */
export function noteHealth(parts: readonly Part<unknown>[]): void {
  for (const { copy, end } of parts) {
    if (end && "value" in end) copy.succeeded();
    else if (end && !isWithdrawn(end.error)) copy.failed(end.error);
  }
}

function outcomeOf({ copy, end }: Part<unknown>, done: "saved" | "deleted"): CopyOutcome {
  if (end && "value" in end) return { copy: copy.label, outcome: done };
  if (!end || isWithdrawn(end.error)) return { copy: copy.label, outcome: "withdrawn" };
  return { copy: copy.label, outcome: end.isUnknown ? "unknown" : "failed", error: errorOf(end.error) };
}

const isWithdrawn = (error: unknown): boolean => error instanceof Withdrawn;
