import type { PromptSetting } from "../../pipeline/config.js";
import type { AskingStep } from "../../pipeline/settings.js";
import { UsageError } from "../failure.js";
import { type LoadedConfig, promptText } from "./load-config.js";

/** Makes a step's questions, to find out whether that can be done. */
const TRIALS: { readonly [S in AskingStep]: (questions: object) => Promise<unknown> } = {
  summaries: async (questions) => (await import("../../steps/summary-question.js")).summaryQuestions(questions),
  clusters: async (questions) => (await import("../../steps/name-clusters-with-model.js")).nameQuestions(questions),
  meta_clusters: async (questions) => (await import("../../steps/reduce-questions.js")).reduceQuestions(questions),
};

/**
 * What a step asks, with the texts of its prompts.
 *
 * @throws {UsageError} Naming file and field, if a prompt cannot be read or used.
 */
export async function stepQuestions(step: AskingStep, { config, path }: LoadedConfig): Promise<object> {
  const field = `steps.${step}`;
  const setting = { ...config.steps?.[step] } as Record<string, unknown>;
  const { model: _, temperature: __, prompt, prompts, ...others } = setting;
  const text = (value: unknown, name: string) => promptText(value as PromptSetting, `${field}.${name}`, path);
  const questions = {
    ...others,
    ...(prompt !== undefined && { prompt: text(prompt, "prompt") }),
    ...(prompts !== undefined && {
      prompts: Object.fromEntries(
        Object.entries(prompts as object).map(([name, value]) => [name, text(value, `prompts.${name}`)]),
      ),
    }),
  };
  // Ours can be used.
  if (Object.keys(questions).length === 0) return questions;
  try {
    await TRIALS[step](questions);
  } catch (error) {
    throw new UsageError(`cannot use ${path}: ${field}: ${(error as Error).message}`);
  }
  return questions;
}
