import type { Answers } from "../checkpoints/answers/answers.js";
import { CallError } from "../errors.js";
import type { Usage } from "../models/model.js";
import type { Budget } from "./budget.js";

export interface CountedBy {
  /** Whose call it is. */
  step: string;
  answers: Answers;
  budget?: Budget | undefined;
}

/**
 * A call, for which what it may cost is set aside. What it used is counted when it has ended, whatever it came to: for the step, and against the
 * budget, which takes a call that says nothing for as dear as was expected.
 *
 * @throws {BudgetError} Instead of making it, if that is more than is left.
 */
export async function counted<T extends { readonly usage?: Usage | undefined }>(
  { step, answers, budget }: CountedBy,
  model: string,
  expected: Usage,
  call: () => Promise<T>,
): Promise<T> {
  const settle = budget?.reserve(model, expected);
  let used: Usage | undefined;
  try {
    const made = await call();
    used = made.usage;
    return made;
  } catch (error) {
    if (error instanceof CallError) used = error.usage;
    throw error;
  } finally {
    settle?.(used);
    if (used) answers.spent(step, used);
  }
}
