import { CATEGORIES_PROMPT } from "../models/prompts/categories.js";
import { CATEGORY_CHOICE_PROMPT } from "../models/prompts/category-choice.js";
import { GROUP_NAME_PROMPT } from "../models/prompts/group-name.js";
import { compilePrompt, customPrompt, type Prompt } from "../models/prompts/prompt.js";

/** The questions of reducing, in their order: each with ours, and what it is about. */
const QUESTIONS = {
  categories: { ours: CATEGORIES_PROMPT, needs: ["clusters"] },
  choice: { ours: CATEGORY_CHOICE_PROMPT, needs: ["cluster", "categories"] },
  name: { ours: GROUP_NAME_PROMPT, needs: ["clusters"] },
} as const satisfies Record<string, { ours: Prompt; needs: readonly string[] }>;

type Name = keyof typeof QUESTIONS;

export interface ReduceQuestionOptions {
  /**
   * Jinja templates in the place of ours: for the categories of `clusters`, for the choice of one of `categories` for a `cluster`, and for the
   * name of `clusters` that came together.
   */
  prompts?: { readonly [K in Name]?: string | undefined } | undefined;
}

/**
 * How clusters are asked about.
 *
 * @throws {TypeError} If a template cannot be read, or never uses what it is about, or there is no such question.
 */
export async function reduceQuestions({ prompts = {} }: ReduceQuestionOptions) {
  const unknown = Object.keys(prompts).find((name) => !Object.hasOwn(QUESTIONS, name));
  if (unknown !== undefined)
    throw new TypeError(`There is no prompt "${unknown}" for reducing; there are ${Object.keys(QUESTIONS).join(", ")}`);
  const promptOf = (name: Name) => {
    const template = prompts[name];
    return template === undefined ? QUESTIONS[name].ours : customPrompt(template);
  };
  const renderOf = (name: Name) => compilePrompt(promptOf(name), QUESTIONS[name].needs);
  const [renderCategories, renderChoice, renderName] = await Promise.all([
    renderOf("categories"),
    renderOf("choice"),
    renderOf("name"),
  ]);
  return {
    renderCategories,
    renderChoice,
    renderName,
    /** All that decides the questions besides the clusters, for a fingerprint. */
    madeFrom: { prompts: (Object.keys(QUESTIONS) as Name[]).map((name) => promptOf(name).id).join(" ") },
  };
}
