/** Tokens of one call, as the provider counted them. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** Told of the turn that a call waits for. The call has begun only then: its time counts from there. */
export type OnWait = (turn: Promise<unknown>) => void;

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A model that answers a prompt with text that fits a JSON schema. */
export interface TextModel {
  /** Names all that decides its answers: provider, model, server, temperature and what else it is told. */
  readonly id: string;
  /** Load what it needs, before anything is paid. Throws a `CallError` that is fatal where it can never be called. Calls nobody. */
  ready?(): Promise<void>;
  generate(call: { prompt: string; schema: JsonSchema; signal?: AbortSignal; onWait?: OnWait }): Promise<{
    text: string;
    usage?: Usage;
    finish: "stop" | "length" | "refused";
  }>;
}

/** A model that turns texts into vectors; row `i` of the result belongs to `texts[i]`. */
export interface EmbeddingModel {
  readonly id: string;
  /** Models that are made from a corpus (LSA): the fitted one is saved, and used for later rows and for cluster texts. */
  fit?(texts: AsyncIterable<string>): Promise<FittedEmbedding>;
  /** One that was fitted before, from its state. */
  restore?(state: Uint8Array): FittedEmbedding;
  /** How many texts a call may have; 64 where it does not say. */
  readonly textsPerCall?: number;
  /** As a text model's. */
  ready?(): Promise<void>;
  embed(
    texts: readonly string[],
    options?: { signal?: AbortSignal; onWait?: OnWait },
  ): Promise<{ vectors: Float32Array[]; usage?: Usage }>;
}

/** An embedding model whose whole state is `state`: the same bytes give the same vectors. */
export interface FittedEmbedding extends EmbeddingModel {
  readonly state: Uint8Array;
}
