import { CallError } from "../../errors.js";
import type { EmbeddingModel } from "../model.js";
import { assertCallable } from "./assert-callable.js";
import { callErrorOf } from "./call-error.js";
import { loadProvider, type ProviderAddress } from "./load-provider.js";
import { madeModelName, modelId, modelName } from "./model-name.js";
import { assertKnown, type ProviderOptions, type SdkEmbeddingModel } from "./sdk.js";
import { Secrets } from "./secrets.js";
import { timed } from "./timed.js";

export interface EmbeddingModelOptions extends ProviderAddress {
  /** Texts in one call. Default, as in Kura: 96 for Cohere, which takes no more, else 50. */
  textsPerCall?: number | undefined;
  /** Of one call; 120,000. */
  timeoutMs?: number | undefined;
  /** What only this provider understands: `{ openai: { dimensions: 256 } }`. Cohere is told that it is for clustering. */
  providerOptions?: ProviderOptions | undefined;
}

const TEXTS_PER_CALL: Readonly<Record<string, number>> = { cohere: 96 };
const PROVIDER_OPTIONS: Readonly<Record<string, ProviderOptions>> = { cohere: { cohere: { inputType: "clustering" } } };

/**
 * Any embedding model of the AI SDK: "openai/text-embedding-3-small", "cohere/embed-v4.0". Names, made models, `baseUrl` and keys
 * as with `textModel`. Vectors are returned as the model gave them.
 *
 * @throws {TypeError} If it is no such name.
 */
export function embeddingModel(
  model: string | SdkEmbeddingModel,
  { baseUrl, apiKey, textsPerCall, timeoutMs = 120_000, providerOptions: told }: EmbeddingModelOptions = {},
): EmbeddingModel {
  const { provider, name, address } = typeof model === "string" ? modelName(model, baseUrl) : madeModelName(model);
  const id = modelId(address, { providerOptions: told });
  const providerOptions = told ?? PROVIDER_OPTIONS[provider];
  const secrets = new Secrets();
  secrets.add(apiKey);
  let loading: Promise<SdkEmbeddingModel> | undefined;
  const load = async (): Promise<SdkEmbeddingModel> => {
    if (typeof model !== "string") return assertKnown(model, id);
    const made = (await loadProvider(provider, id, { baseUrl, apiKey }, secrets)).embeddingModel?.(name);
    if (!made) throw new CallError("fatal", "unsupported", `Cannot call ${id}: ${provider} has no embedding models`);
    assertKnown(made, id);
    await assertCallable(
      (abortSignal) => made.doEmbed({ values: ["?"], ...(providerOptions && { providerOptions }), abortSignal }),
      id,
      (text) => secrets.redact(text),
    );
    return made;
  };
  return {
    id,
    textsPerCall: textsPerCall ?? TEXTS_PER_CALL[provider] ?? 50,
    async ready() {
      loading ??= load();
      await loading;
    },
    async embed(texts, { signal } = {}) {
      try {
        loading ??= load();
        const sdkModel = await loading;
        const { embeddings, usage } = await timed(
          (abortSignal) =>
            sdkModel.doEmbed({ values: [...texts], ...(providerOptions && { providerOptions }), abortSignal }),
          { timeoutMs, signal, id },
        );
        const used = usage && Number.isFinite(usage.tokens) ? { inputTokens: usage.tokens } : undefined;
        if (embeddings.length !== texts.length) {
          const counts = `${texts.length} texts were sent, ${embeddings.length} vectors came`;
          throw new CallError("final", "wrong count", `Cannot get an answer of ${id}: ${counts}`, { usage: used });
        }
        return { vectors: embeddings.map((numbers) => new Float32Array(numbers)), ...(used && { usage: used }) };
      } catch (error) {
        if (signal?.aborted) throw error;
        throw callErrorOf(error, id, (text) => secrets.redact(text));
      }
    },
  };
}
