import type { EmbeddingModel, TextModel } from "../models/model.js";
import { Budget } from "../pipeline/budget.js";
import type { RunOptions } from "../pipeline/run.js";
import type { Options } from "./args.js";
import type { Effects } from "./effects.js";
import { UsageError } from "./failure.js";

/** Which models a run asks, and how. Without `--model` none is asked: nothing is ever paid because a key lies in the environment. */
export const MODEL_OPTIONS = {
  model: {
    kind: "text",
    value: "provider/name",
    about: "writes summaries, names and categories, such as openai/gpt-4o-mini (default: none, offline)",
  },
  "embedding-model": {
    kind: "text",
    value: "provider/name",
    about: "makes vectors, such as openai/text-embedding-3-small (default: offline)",
  },
  "base-url": {
    kind: "text",
    value: "url",
    about: "of an OpenAI-compatible server (Ollama, vLLM, llama.cpp) for both; its key, if any, is KURA_API_KEY",
  },
  concurrency: { kind: "integer", value: "n", min: 1, default: 16, about: "calls in flight at most" },
  "max-cost": { kind: "text", value: "dollars", about: "stop before more than this is spent" },
  "max-failed": {
    kind: "text",
    value: "n",
    default: "0.01",
    about: "how many rows of a step may fail: a part of all below 1, else a number",
  },
  "retry-failed": { kind: "flag", about: "ask again for what is known to fail" },
} as const;

export type AskedModels = Pick<
  RunOptions,
  "model" | "embeddingModel" | "budget" | "concurrency" | "maxFailed" | "retryFailed"
>;

/** @throws {UsageError} For what is no model, and no number. */
export async function modelsOf(
  options: Options<typeof MODEL_OPTIONS>,
  { env }: Pick<Effects, "env">,
): Promise<AskedModels> {
  const { model: text, "embedding-model": vectors, "base-url": baseUrl, concurrency } = options;
  if (baseUrl !== undefined && text === undefined && vectors === undefined)
    throw new UsageError("--base-url needs --model or --embedding-model, as the server calls them");
  // A provider's own key must not go to whatever address is given.
  const server = baseUrl === undefined ? {} : { baseUrl, apiKey: env["KURA_API_KEY"] };
  const maxCost = options["max-cost"];
  return {
    concurrency,
    maxFailed: numberOf("--max-failed", options["max-failed"]),
    retryFailed: options["retry-failed"],
    ...(text !== undefined && { model: await textModelOf(text, server) }),
    ...(vectors !== undefined && { embeddingModel: await embeddingModelOf(vectors, server) }),
    budget: await budgetOf(maxCost === undefined ? Number.POSITIVE_INFINITY : numberOf("--max-cost", maxCost)),
  };
}

interface Server {
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
}

async function textModelOf(name: string, server: Server): Promise<TextModel> {
  const { textModel } = await import("../models/ai-sdk.js");
  const { withLimits } = await import("../models/limits.js");
  return asUsage(() => withLimits(textModel(name, server)));
}

async function embeddingModelOf(name: string, server: Server): Promise<EmbeddingModel> {
  const { embeddingModel } = await import("../models/ai-sdk.js");
  const { withLimits } = await import("../models/limits.js");
  return asUsage(() => withLimits(embeddingModel(name, server)));
}

async function budgetOf(maxCost: number): Promise<Budget> {
  const { priceOf } = await import("../models/prices.js");
  return new Budget(maxCost, priceOf);
}

function asUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new UsageError(`${option} is a number >= 0; "${text}" was given`);
}
