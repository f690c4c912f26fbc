import type { AskText, AskVectors, Reply } from "../../src/steps/asking.js";
import { answerTo } from "../support/fake-provider/answers.mjs";
import { hashedVector } from "../support/fake-provider/words.mjs";

type Answer = (prompt: string, asked: number) => string | undefined;

/** How often an answer may have the wrong shape, as in a run. */
const ATTEMPTS = 3;

/**
 * Asks a function in the place of a model. One that returns undefined refuses. What was asked is kept in `prompts`, tries of the same question
 * included.
 */
export function askingOf(answer: Answer): { askText: AskText; prompts: string[] } {
  const prompts: string[] = [];
  const askText: AskText = async ({ prompt: render, schema, read }) => {
    const prompt = render();
    let detail = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const text = answer(prompt, prompts.push(prompt));
      if (text === undefined) return { failure: { reason: "refused" }, final: true };
      try {
        expectSchema(schema);
        return { value: read(text) };
      } catch (error) {
        detail = (error as Error).message;
      }
    }
    return { failure: { reason: "wrong shape", detail }, final: true } satisfies Reply<never>;
  };
  return { askText, prompts };
}

/** What strict structured output asks of a schema. */
function expectSchema(schema: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(schema["properties"] as object);
  if (schema["additionalProperties"] !== false || names.join() !== (schema["required"] as string[]).join())
    throw new RangeError("the schema is not strict");
}

/** The model of the fake provider, without the provider. */
export function sensibleAnswer(prompt: string): string {
  const names = prompt.includes("- categories:")
    ? ["categories"]
    : prompt.includes("- category:")
      ? ["category"]
      : ["name", "description"];
  return JSON.stringify(answerTo(prompt, { properties: Object.fromEntries(names.map((name) => [name, {}])) }));
}

export const askVectors: AskVectors = async (texts) =>
  texts.map((text) => ({ value: Float32Array.from(hashedVector(text, 32)) }));
