export { type EmbeddingModelOptions, embeddingModel } from "./ai-sdk/embedding-model.js";
export type { ProviderOptions, SdkEmbeddingModel, SdkTextModel } from "./ai-sdk/sdk.js";
export { type TextModelOptions, textModel } from "./ai-sdk/text-model.js";
