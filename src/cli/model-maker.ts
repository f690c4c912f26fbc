import type { Limiter, Limits } from "../models/limits.js";
import type { EmbeddingModel, TextModel } from "../models/model.js";
import type { EmbeddingModelSetting, TextModelSetting } from "../pipeline/config.js";
import { UsageError } from "./failure.js";

export interface MakerOptions {
  /** In the place of every model's own address. */
  "base-url"?: string | undefined;
  rpm?: number | undefined;
  tpm?: number | undefined;
  concurrency?: number | undefined;
  /** For servers: a provider's own key must not go to whatever address is given. */
  apiKey?: string | undefined;
}

/** Encoders on this machine. */
const LOCAL = /^transformers\/(.+)$/;

/** Makes models of their settings; those of one name and address share their limits. */
export class ModelMaker {
  readonly #options: MakerOptions;
  readonly #limiters = new Map<string, Limiter>();

  constructor(options: MakerOptions) {
    this.#options = options;
  }

  /**
   * @param temperature In the place of the model's own.
   * @param field Of the config, for saying what cannot be used.
   * @throws {UsageError} For what is no model.
   */
  async textModel(
    setting: TextModelSetting,
    temperature: number | null | undefined,
    field: string,
  ): Promise<TextModel> {
    if (isMade(setting)) {
      if (temperature === undefined) return setting;
      throw new UsageError(`${field}.temperature: this step's model is made already, with its own`);
    }
    const { textModel } = await import("../models/ai-sdk.js");
    const { name, limits, ...options } = named(setting);
    const told = { ...options, ...this.#server(options), ...(temperature !== undefined && { temperature }) };
    return await this.#limited(limits, () => textModel(name, told));
  }

  /** @throws {UsageError} For what is no model. */
  async embeddingModel(setting: EmbeddingModelSetting): Promise<EmbeddingModel> {
    if (isMade(setting)) return setting;
    const { name, limits, ...options } = named(setting);
    const server = this.#server(options);
    const [, local] = server.baseUrl === undefined ? (LOCAL.exec(name) ?? []) : [];
    if (local !== undefined) {
      const { localEmbeddingModel } = await import("../models/transformers.js");
      return localEmbeddingModel(local, { textsPerCall: options.textsPerCall });
    }
    const { embeddingModel } = await import("../models/ai-sdk.js");
    return await this.#limited(limits, () => embeddingModel(name, { ...options, ...server }));
  }

  #server({ baseUrl, apiKey }: { baseUrl?: string | undefined; apiKey?: string | undefined }) {
    const { "base-url": typed, apiKey: ofServer } = this.#options;
    // The key of a config is for the address that stands beside it.
    if (typed !== undefined) return { baseUrl: typed, apiKey: ofServer };
    return { baseUrl, apiKey: apiKey ?? (baseUrl === undefined ? undefined : ofServer) };
  }

  async #limited<M extends TextModel | EmbeddingModel>(limits: Limits | undefined, make: () => M): Promise<M> {
    const { Limiter, withLimits } = await import("../models/limits.js");
    const { rpm, tpm, concurrency } = this.#options;
    try {
      const model = make();
      const address = model.id.replace(/\?.*$/s, "");
      const limiter =
        this.#limiters.get(address) ??
        new Limiter({
          concurrency: limits?.concurrency ?? concurrency,
          requestsPerMinute: rpm ?? limits?.requestsPerMinute,
          tokensPerMinute: tpm ?? limits?.tokensPerMinute,
        });
      this.#limiters.set(address, limiter);
      return withLimits(model as never, limiter) as M;
    } catch (error) {
      throw error instanceof TypeError ? new UsageError(error.message) : error;
    }
  }
}

function isMade<S>(setting: S | string): setting is Extract<S, TextModel | EmbeddingModel> {
  return typeof setting === "object" && setting !== null && ("generate" in setting || "embed" in setting);
}

function named<S extends { name: string }>(setting: S | string): S | ({ name: string } & Partial<S>) {
  return typeof setting === "string" ? ({ name: setting } as { name: string } & Partial<S>) : setting;
}
