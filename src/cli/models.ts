import type { Price } from "../models/prices.js";
import type { Confirm } from "../pipeline/before-paying.js";
import { Budget } from "../pipeline/budget.js";
import type { RunOptions } from "../pipeline/run.js";
import type { Options } from "./args.js";
import type { LoadedConfig } from "./config/load-config.js";
import { stepQuestions } from "./config/step-questions.js";
import { consent } from "./consent.js";
import type { Effects } from "./effects.js";
import { UsageError } from "./failure.js";
import { ModelMaker } from "./model-maker.js";

/** Which models a run asks, and how. Without one none is asked: nothing is ever paid because a key lies in the environment. */
export const MODEL_OPTIONS = {
  model: {
    kind: "text",
    value: "provider/name",
    about: "writes summaries, names and categories, such as openai/gpt-4o-mini (default: none, offline)",
  },
  "embedding-model": {
    kind: "text",
    value: "provider/name",
    about: "makes vectors, such as openai/text-embedding-3-small or transformers/<directory> (default: offline)",
  },
  "base-url": {
    kind: "text",
    value: "url",
    about: "of an OpenAI-compatible server (Ollama, vLLM, llama.cpp) for both; its key, if any, is KURA_API_KEY",
  },
  concurrency: { kind: "integer", value: "n", min: 1, about: "calls in flight at most (default: 16)" },
  rpm: { kind: "integer", value: "n", min: 1, about: "requests a minute that each model takes (default: no limit)" },
  tpm: { kind: "integer", value: "n", min: 1, about: "tokens a minute that each model takes (default: no limit)" },
  prices: {
    kind: "text",
    value: "name=in/out",
    about: "dollars for a million tokens in and out, such as llama3.2=0.1/0.4; several after commas",
  },
  "ask-above": {
    kind: "text",
    value: "dollars",
    about: "ask at the terminal before an estimate above this is paid, and stop where there is none (default: 1)",
  },
  yes: { kind: "flag", about: "do not ask" },
  "max-cost": { kind: "text", value: "dollars", about: "stop before more than this is spent; then nothing is asked" },
  "max-failed": {
    kind: "text",
    value: "n",
    about: "how many rows of a step may fail: a part of all below 1, else a number (default: 0.01)",
  },
  "retry-failed": { kind: "flag", about: "ask again for what is known to fail" },
  "answers-days": {
    kind: "integer",
    value: "n",
    min: 0,
    default: 90,
    about: "drop answers that no kept revision was made of any more when they are older",
  },
  "answers-mb": {
    kind: "integer",
    value: "n",
    min: 0,
    default: 4096,
    about: "and the oldest of them while all answers take more megabytes",
  },
} as const;

export type AskedModels = Pick<
  RunOptions,
  "steps" | "embeddingModel" | "concurrency" | "attempts" | "maxFailed" | "retryFailed" | "answerLimits"
> & { readonly budget: Budget; readonly confirm: Confirm | undefined };

/**
 * What was typed, else what the config says, else the defaults. A model that is typed answers all steps, whatever the config has for them.
 *
 * @throws {UsageError} For what is no model, and no number.
 */
export async function modelsOf(
  options: Options<typeof MODEL_OPTIONS>,
  loaded: LoadedConfig,
  effects: Pick<Effects, "env" | "ask" | "signal">,
): Promise<AskedModels> {
  const { config } = loaded;
  const concurrency = options.concurrency ?? config.concurrency;
  const maxCost = numberOf("--max-cost", options["max-cost"]) ?? config.maxCost ?? Number.POSITIVE_INFINITY;
  const vectors = options["embedding-model"] ?? config.embeddingModel;
  const texts = (["summaries", "clusters", "meta_clusters"] as const).map((step) => {
    const { model, temperature } = config.steps?.[step] ?? {};
    return { step, temperature, setting: options.model ?? model ?? config.model };
  });
  if (
    options["base-url"] !== undefined &&
    [vectors, ...texts.map(({ setting }) => setting)].every((one) => one === undefined)
  )
    throw new UsageError("--base-url needs --model or --embedding-model, as the server calls them");
  const maker = new ModelMaker({ ...options, concurrency, apiKey: effects.env["KURA_API_KEY"] });
  const steps = await Promise.all(
    texts.map(async ({ step, setting, temperature }) => [
      step,
      {
        ...(await stepQuestions(step, loaded)),
        model: setting === undefined ? undefined : await maker.textModel(setting, temperature, `steps.${step}`),
      },
    ]),
  );
  return {
    concurrency,
    attempts: config.attempts,
    maxFailed: numberOf("--max-failed", options["max-failed"]) ?? config.maxFailed,
    retryFailed: options["retry-failed"],
    answerLimits: { maxAgeMs: options["answers-days"] * 86_400_000, maxBytes: options["answers-mb"] * 2 ** 20 },
    embeddingModel: vectors === undefined ? undefined : await maker.embeddingModel(vectors),
    steps: Object.fromEntries(steps),
    confirm: consent(
      {
        yes: options.yes,
        askAbove: numberOf("--ask-above", options["ask-above"]) ?? config.askAbove,
        isLimited: maxCost < Number.POSITIVE_INFINITY,
      },
      effects,
    ),
    budget: await budgetOf(maxCost, { ...config.prices, ...pricesOf(options.prices) }),
  };
}

async function budgetOf(maxCost: number, own: Readonly<Record<string, Price>>): Promise<Budget> {
  const { priceOf } = await import("../models/prices.js");
  return new Budget(maxCost, (model) => priceOf(model, own));
}

/** "openai/gpt-4o-mini=0.15/0.6,embedder=0.02" */
function pricesOf(text: string | undefined): Record<string, Price> {
  const prices = (text?.split(",") ?? []).map((part): [string, Price] => {
    const [, name, input, output = "0"] = /^\s*(.+)=([\d.]+)(?:\/([\d.]+))?\s*$/.exec(part) ?? [];
    if (name === undefined)
      throw new UsageError(`--prices is name=in/out, such as llama3.2=0.1/0.4; "${part}" was given`);
    return [name, { input: numberOf("--prices", input)!, output: numberOf("--prices", output)! }];
  });
  return Object.fromEntries(prices);
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new UsageError(`${option} is a number >= 0; "${text}" was given`);
}
