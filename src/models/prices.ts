/** US dollars for a million tokens, in and out. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** When these were the providers' list prices, of calls that are neither batched nor cached. They change: give your own where it matters. */
export const PRICES_AS_OF = "2025-11-30";

const embeddings = (input: number): Price => ({ input, output: 0 });

export const PRICES = {
  "openai/gpt-4o": { input: 2.5, output: 10 },
  "openai/gpt-4o-mini": { input: 0.15, output: 0.6 },
  "openai/gpt-4.1": { input: 2, output: 8 },
  "openai/gpt-4.1-mini": { input: 0.4, output: 1.6 },
  "openai/gpt-4.1-nano": { input: 0.1, output: 0.4 },
  "openai/gpt-5": { input: 1.25, output: 10 },
  "openai/gpt-5-mini": { input: 0.25, output: 2 },
  "openai/gpt-5-nano": { input: 0.05, output: 0.4 },
  "openai/o3": { input: 2, output: 8 },
  "openai/o4-mini": { input: 1.1, output: 4.4 },
  "anthropic/claude-3-5-haiku": { input: 0.8, output: 4 },
  "anthropic/claude-haiku-4-5": { input: 1, output: 5 },
  "anthropic/claude-sonnet-4": { input: 3, output: 15 },
  "anthropic/claude-sonnet-4-5": { input: 3, output: 15 },
  "anthropic/claude-opus-4-1": { input: 15, output: 75 },
  "anthropic/claude-opus-4-5": { input: 5, output: 25 },
  "google/gemini-2.0-flash": { input: 0.1, output: 0.4 },
  "google/gemini-2.5-flash-lite": { input: 0.1, output: 0.4 },
  "google/gemini-2.5-flash": { input: 0.3, output: 2.5 },
  // Up to 200,000 tokens of prompt, which is more than a conversation is cut to.
  "google/gemini-2.5-pro": { input: 1.25, output: 10 },
  "groq/llama-3.1-8b-instant": { input: 0.05, output: 0.08 },
  "groq/llama-3.3-70b-versatile": { input: 0.59, output: 0.79 },
  "openai/text-embedding-3-small": embeddings(0.02),
  "openai/text-embedding-3-large": embeddings(0.13),
  "openai/text-embedding-ada-002": embeddings(0.1),
  "google/gemini-embedding-001": embeddings(0.15),
  "cohere/embed-v4.0": embeddings(0.12),
  "cohere/embed-english-v3.0": embeddings(0.1),
  "cohere/embed-multilingual-v3.0": embeddings(0.1),
} as const satisfies Readonly<Record<string, Price>>;

/** What is worked out on this machine costs nobody anything by the token. */
const FREE: Price = { input: 0, output: 0 };
const HERE = /^(offline|transformers)\//;
/** A dated version costs what its name without the date does: "-2024-07-18", "-20250929". */
const DATE = /-(\d{4}-\d{2}-\d{2}|20\d{6})$/;
/** Which of the servers of one host has the model, and where it is. */
const PATH = /~[0-9a-f]{8}$/;
const SERVER = /@[^@/]*$/;

/**
 * What a model costs; undefined if that is not known. A server's models are not known, wherever it is: give them as `own`.
 *
 * @param id Of a model; what it is told, after the "?", does not count.
 * @param own Prices that go before ours, by name: "openai/gpt-4o", "llama3.2@localhost:11434", or "llama3.2" on whatever server.
 */
export function priceOf(id: string, own: Readonly<Record<string, Price>> = {}): Price | undefined {
  const name = id.replace(/\?.*$/s, "");
  const undated = name.replace(DATE, "");
  const known: Readonly<Record<string, Price>> = PRICES;
  for (const key of [name, undated, name.replace(PATH, ""), name.replace(SERVER, "")])
    if (Object.hasOwn(own, key)) return own[key];
  for (const key of [name, undated]) if (Object.hasOwn(known, key)) return known[key];
  return HERE.test(name) ? FREE : undefined;
}
