import { expect, it } from "vitest";
import { embeddingModel, textModel } from "../../src/models/ai-sdk.js";
import { PRICES, PRICES_AS_OF, priceOf } from "../../src/models/prices.js";

it("priceOf knows a model by its id, whatever it is told besides", () => {
  expect(priceOf(textModel("openai/gpt-4o-mini").id)).toEqual({ input: 0.15, output: 0.6 });
  expect(priceOf(textModel("openai/gpt-4o-mini", { providerOptions: { openai: { a: "x?y" } } }).id)).toBeDefined();
  expect(priceOf(embeddingModel("openai/text-embedding-3-small").id)).toEqual({ input: 0.02, output: 0 });
});

it("priceOf knows dated versions", () => {
  expect(priceOf("openai/gpt-4o-mini-2024-07-18")).toEqual(PRICES["openai/gpt-4o-mini"]);
  expect(priceOf("anthropic/claude-sonnet-4-5-20250929")).toEqual(PRICES["anthropic/claude-sonnet-4-5"]);
});

it("priceOf does not guess: other models, other providers and servers are unknown", () => {
  for (const id of [
    "openai/gpt-4o-maxi",
    "azure/gpt-4o-mini",
    "toString",
    "",
    textModel("openai/gpt-4o-mini", { baseUrl: "http://localhost:1/v1" }).id,
  ])
    expect(priceOf(id), id).toBeUndefined();
});

it("priceOf puts one's own prices first", () => {
  const own = { "openai/gpt-4o-mini": { input: 1, output: 2 }, "llama3.2@localhost:11434": { input: 0, output: 0 } };
  expect(priceOf("openai/gpt-4o-mini?temperature=0", own)).toEqual({ input: 1, output: 2 });
  expect(priceOf("llama3.2@localhost:11434?temperature=0.2", own)).toEqual({ input: 0, output: 0 });
  expect(priceOf("llama3.2@localhost:11434~0a1b2c3d?temperature=0.2", own)).toEqual({ input: 0, output: 0 });
  expect(priceOf("llama3.2@gpu~0a1b2c3d", { "llama3.2": { input: 3, output: 4 } })).toEqual({ input: 3, output: 4 });
});

it("priceOf has what is worked out here for nothing", () => {
  expect(priceOf("offline/anything-1")).toEqual({ input: 0, output: 0 });
  expect(priceOf("transformers/m?dtype=q8")).toEqual({ input: 0, output: 0 });
});

it("the table of prices is dated, and its prices are of this world", () => {
  expect(new Date(PRICES_AS_OF).toISOString().slice(0, 10)).toBe(PRICES_AS_OF);
  for (const [name, { input, output }] of Object.entries(PRICES)) {
    expect(name).toMatch(/^[a-z]+\/[\w.-]+$/);
    expect(input).toBeGreaterThan(0);
    expect(input).toBeLessThan(100);
    expect(output === 0 || output > input, name).toBe(true);
  }
});
