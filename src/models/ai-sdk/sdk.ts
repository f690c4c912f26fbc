import { CallError } from "../../errors.js";

/*
 * The providers' side of the AI SDK, as far as it is used here: specifications 3 and 4, of AI SDK 6 and 7. They are the same in this much.
 * See docs/decisions/040-providers-without-ai.md for why the package `ai` itself is not.
 */

export interface SdkTextModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: SdkTextCall): PromiseLike<SdkText>;
}

export interface SdkTextCall {
  readonly prompt: { role: "user"; content: { type: "text"; text: string }[] }[];
  readonly responseFormat: { type: "text" } | { type: "json"; name: string; schema: object };
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  readonly providerOptions?: ProviderOptions;
  readonly abortSignal: AbortSignal;
}

export interface SdkText {
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly finishReason: { readonly unified: string };
  readonly usage: {
    readonly inputTokens: { readonly total: number | undefined };
    readonly outputTokens: { readonly total: number | undefined };
  };
  readonly warnings: readonly { readonly type: string; readonly feature?: string }[];
  /** As it came. */
  readonly response?: { readonly body?: unknown };
}

export interface SdkEmbeddingModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  readonly maxEmbeddingsPerCall: PromiseLike<number | undefined> | number | undefined;
  doEmbed(options: {
    values: string[];
    providerOptions?: ProviderOptions;
    abortSignal: AbortSignal;
  }): PromiseLike<{ embeddings: readonly (readonly number[])[]; usage?: { tokens: number } }>;
}

export interface SdkProvider {
  languageModel(id: string): SdkTextModel;
  embeddingModel?(id: string): SdkEmbeddingModel;
}

// Arrays are mutable here, as the SDK's own types have them: its models would not fit otherwise.
export type Json = string | number | boolean | null | Json[] | { [member: string]: Json };

/** By provider: what only it understands, as its package's documentation has it. */
export type ProviderOptions = Record<string, { [member: string]: Json }>;

const SPECIFICATIONS: readonly string[] = ["v3", "v4"];

/** @throws {CallError} That is fatal, if a model is of another version of the specification. */
export function assertKnown<M extends { readonly specificationVersion: string }>(model: M, id: string): M {
  const { specificationVersion: version } = model;
  if (SPECIFICATIONS.includes(version)) return model;
  throw new CallError(
    "fatal",
    "unknown version",
    `Cannot call ${id}: its package speaks version ${version} of the AI SDK's provider specification, known are ${SPECIFICATIONS.join(" and ")} (AI SDK 6 and 7); install another version of it`,
  );
}
