import type { JsonSchema, TextModel } from "../model.js";
import { assertCallable } from "./assert-callable.js";
import { callErrorOf } from "./call-error.js";
import { loadProvider, type ProviderAddress } from "./load-provider.js";
import { madeModelName, modelId, modelName } from "./model-name.js";
import { assertKnown, type ProviderOptions, type SdkText, type SdkTextModel } from "./sdk.js";
import { Secrets } from "./secrets.js";
import { timed } from "./timed.js";

export interface TextModelOptions extends ProviderAddress {
  /** 0.2: nearly the same answer each time. `null` sends none, for models that refuse it. */
  temperature?: number | null | undefined;
  /** Of one answer; then it is cut off. Default: the provider's. */
  maxOutputTokens?: number | undefined;
  /** Of one call; 120,000. */
  timeoutMs?: number | undefined;
  /**
   * Whether the schema of the answer goes with the request, or into the prompt, for servers that know no structured output. Default: with
   * the request, and into the prompt once the server has refused that.
   */
  schemaIn?: "request" | "prompt" | undefined;
  /** What only this provider understands: `{ openai: { reasoningEffort: "low" } }`. */
  providerOptions?: ProviderOptions | undefined;
}

/**
 * Any text model of the AI SDK: "openai/gpt-4o-mini" is the model gpt-4o-mini of the package `@ai-sdk/openai`, which finds its key in the
 * environment. With `baseUrl` the name is what the OpenAI-compatible server there (Ollama, vLLM, llama.cpp) calls its model. Or a model
 * that somebody has made already. Nothing is loaded, and nobody called, before `ready` or the first `generate`.
 *
 * @throws {TypeError} If it is no such name.
 */
export function textModel(
  model: string | SdkTextModel,
  {
    baseUrl,
    apiKey,
    temperature = 0.2,
    maxOutputTokens,
    timeoutMs = 120_000,
    schemaIn,
    providerOptions,
  }: TextModelOptions = {},
): TextModel {
  const { provider, name, address } = typeof model === "string" ? modelName(model, baseUrl) : madeModelName(model);
  const id = modelId(address, { temperature: temperature ?? undefined, maxOutputTokens, schemaIn, providerOptions });
  const secrets = new Secrets();
  secrets.add(apiKey);
  let loading: Promise<SdkTextModel> | undefined;
  const load = async (): Promise<SdkTextModel> => {
    if (typeof model !== "string") return assertKnown(model, id);
    const made = assertKnown((await loadProvider(provider, id, { baseUrl, apiKey }, secrets)).languageModel(name), id);
    const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "?" }] }];
    await assertCallable(
      (abortSignal) => made.doGenerate({ prompt, responseFormat: { type: "text" }, abortSignal }),
      id,
      (text) => secrets.redact(text),
    );
    return made;
  };
  const call = async (
    prompt: string,
    schema: JsonSchema | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SdkText> => {
    loading ??= load();
    const sdkModel = await loading;
    return await timed(
      (abortSignal) =>
        sdkModel.doGenerate({
          prompt: [{ role: "user", content: [{ type: "text", text: prompt }] }],
          responseFormat: schema ? { type: "json", name: "answer", schema } : { type: "text" },
          ...(temperature !== null && { temperature }),
          ...(maxOutputTokens !== undefined && { maxOutputTokens }),
          ...(providerOptions && { providerOptions }),
          abortSignal,
        }),
      { timeoutMs, signal, id },
    );
  };
  let inRequest = schemaIn !== "prompt";
  const ask = async (prompt: string, schema: JsonSchema, signal: AbortSignal | undefined): Promise<SdkText> => {
    if (!inRequest) return await call(withSchema(prompt, schema), undefined, signal);
    try {
      const answer = await call(prompt, schema, signal);
      // It was not refused, but left out.
      if (schemaIn === undefined && answer.warnings.some(({ feature }) => feature === "responseFormat"))
        inRequest = false;
      return answer;
    } catch (error) {
      if (schemaIn !== undefined || !refusesSchema(error)) throw error;
      inRequest = false;
      return await call(withSchema(prompt, schema), undefined, signal);
    }
  };
  return {
    id,
    async ready() {
      loading ??= load();
      await loading;
    },
    async generate({ prompt, schema, signal }) {
      try {
        const answer = await ask(prompt, schema, signal);
        return { text: textOf(answer), usage: usageOf(answer), finish: finishOf(answer) };
      } catch (error) {
        if (signal?.aborted) throw error;
        throw callErrorOf(error, id, (text) => secrets.redact(text));
      }
    },
  };
}

function withSchema(prompt: string, schema: JsonSchema): string {
  return `${prompt}\n\nAnswer with one JSON object and nothing else. It must fit this JSON Schema:\n${JSON.stringify(schema)}`;
}

/** How servers say that they know no structured output. */
function refusesSchema(error: unknown): boolean {
  const { statusCode, message, responseBody } = error as {
    statusCode?: unknown;
    message?: unknown;
    responseBody?: unknown;
  };
  if (statusCode !== 400 && statusCode !== 422 && statusCode !== 501) return false;
  return /response_?format|json_?schema|structured.?output|grammar|guided/i.test(`${message} ${responseBody}`);
}

function textOf({ content }: SdkText): string {
  return content.map((part) => (part.type === "text" ? (part.text ?? "") : "")).join("");
}

function usageOf({ usage }: SdkText): { inputTokens?: number; outputTokens?: number } {
  const inputTokens = usage.inputTokens.total;
  const outputTokens = usage.outputTokens.total;
  return { ...(inputTokens !== undefined && { inputTokens }), ...(outputTokens !== undefined && { outputTokens }) };
}

/** Other reasons ("other", "tool-calls") come with an answer that reads or does not. */
function finishOf({ finishReason, response }: SdkText): "stop" | "length" | "refused" {
  if (finishReason.unified === "length") return "length";
  return finishReason.unified === "content-filter" || hasRefusal(response?.body) ? "refused" : "stop";
}

/** Chat completions say so beside an empty answer; not every provider's package reads it. */
function hasRefusal(body: unknown): boolean {
  const { choices } = (body ?? {}) as { choices?: { message?: { refusal?: unknown } }[] };
  const refusal = Array.isArray(choices) ? choices[0]?.message?.refusal : undefined;
  return typeof refusal === "string" && refusal !== "";
}
