export function random(seed: number): () => number;
export function summaries(count: number, seed?: number): Generator<Record<string, unknown>>;
export function embeddings(
  count: number,
  dimensions?: number,
  seed?: number,
): Generator<{ chat_id: string; embedding: Float32Array }>;
export function conversations(count: number, seed?: number): Generator<Record<string, unknown>>;
