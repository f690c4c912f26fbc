import { inspect } from "node:util";
import { createOpenAICompatible as createCompatible6 } from "@ai-sdk/openai-compatible";
import { createOpenAICompatible as createCompatible7 } from "ai-sdk-7-openai-compatible";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CallError } from "../../src/errors.js";
import { embeddingModel, type TextModelOptions, textModel } from "../../src/models/ai-sdk.js";
import type { TextModel } from "../../src/models/model.js";
import {
  type FakeProvider,
  type FakeProviderOptions,
  startFakeProvider,
} from "../support/fake-provider/fake-provider.mjs";

const started: FakeProvider[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await Promise.all(started.splice(0).map((provider) => provider.stop()));
});

async function fake(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = await startFakeProvider(options);
  started.push(provider);
  return provider;
}

const schema = {
  type: "object",
  properties: { name: { type: "string" }, description: { type: "string" } },
  required: ["name", "description"],
  additionalProperties: false,
};
const ask = (model: TextModel, prompt = "Name this: sort spreadsheets") => model.generate({ prompt, schema });

async function errorOf(promise: Promise<unknown>): Promise<CallError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CallError);
  return error as CallError;
}

/** By name, as users have it, and as made by either generation of the package. */
type Make = (baseUrl: string, options?: TextModelOptions) => TextModel;
const settings = { name: "server", supportsStructuredOutputs: true };
const MAKERS: Record<string, Make> = {
  "named, at an address": (baseUrl, options) => textModel("m", { baseUrl, ...options }),
  "made by AI SDK 6": (baseURL, options) => textModel(createCompatible6({ ...settings, baseURL })("m"), options),
  "made by AI SDK 7": (baseURL, options) => textModel(createCompatible7({ ...settings, baseURL })("m"), options),
};

describe.each(Object.entries(MAKERS))("a text model, %s", (_, make) => {
  it("sends prompt, schema and settings, and returns text, usage and how it ended", async () => {
    const provider = await fake();
    const model = make(provider.baseUrl, { temperature: 0.5, maxOutputTokens: 300 });
    const answer = await ask(model);
    expect(JSON.parse(answer.text)).toMatchObject({ name: expect.stringContaining("spreadsheets") });
    expect(answer.finish).toBe("stop");
    expect(answer.usage).toEqual({ inputTokens: 7, outputTokens: Math.ceil(answer.text.length / 4) });
    expect(provider.calls[0]!.body).toMatchObject({
      model: "m",
      temperature: 0.5,
      max_tokens: 300,
      response_format: { type: "json_schema", json_schema: { schema } },
    });
  });

  it("sends no temperature where it is null", async () => {
    const provider = await fake();
    await ask(make(provider.baseUrl, { temperature: null }));
    expect(provider.calls[0]!.body).not.toHaveProperty("temperature");
  });

  it("sends what only this provider understands", async () => {
    const provider = await fake();
    const providerOptions = { server: { reasoningEffort: "low" } };
    await ask(make(provider.baseUrl, { providerOptions }));
    expect(provider.calls[0]!.body).toMatchObject({ reasoning_effort: "low" });
  });

  it("puts the schema into the prompt once the server has refused structured output", async () => {
    const provider = await fake({ structuredOutput: false });
    const model = make(provider.baseUrl);
    expect(JSON.parse((await ask(model)).text)).toHaveProperty("name");
    await ask(model, "Another");
    expect(provider.calls.map(({ body }) => "response_format" in body)).toEqual([true, false, false]);
    expect(provider.calls[2]!.prompt).toContain(JSON.stringify(schema));
  });

  it("does not try structured output where it is told that there is none, and nothing else where it is told that there is", async () => {
    const provider = await fake({ structuredOutput: false });
    await ask(make(provider.baseUrl, { schemaIn: "prompt" }));
    expect(provider.calls).toHaveLength(1);
    const error = await errorOf(ask(make(provider.baseUrl, { schemaIn: "request" })));
    expect(error).toMatchObject({ kind: "final", reason: "not understood" });
  });

  it("says that an answer was cut off or refused", async () => {
    const { baseUrl } = await fake({ script: ({ prompt }) => (prompt === "a" ? "truncated" : "refused") });
    const model = make(baseUrl);
    expect((await ask(model, "a")).finish).toBe("length");
    expect((await ask(model, "b")).finish).toBe("refused");
  });

  it("passes on broken JSON as it came", async () => {
    const { baseUrl } = await fake({ script: () => "broken json" });
    const { text, finish } = await ask(make(baseUrl));
    expect(() => JSON.parse(text)).toThrow();
    expect(finish).toBe("stop");
  });

  it("calls once: trying again is its caller's business", async () => {
    const provider = await fake({ script: () => "server error" });
    await errorOf(ask(make(provider.baseUrl)));
    expect(provider.counts.text).toBe(1);
  });
});

describe.each(Object.entries(MAKERS))("what goes wrong with a call of a text model, %s,", (_, make) => {
  async function failing(options: FakeProviderOptions, modelOptions?: TextModelOptions): Promise<CallError> {
    const { baseUrl } = await fake(options);
    return await errorOf(ask(make(baseUrl, modelOptions)));
  }

  it.each([
    ["busy", "transient", "busy"],
    ["server error", "transient", "server error"],
    ["no json", "transient", "broken answer"],
    ["dropped", "transient", "connection lost"],
    ["cut off", "transient", /broken answer|connection lost/],
    ["filtered", "final", "refused"],
    ["too long", "final", "too long"],
    ["wrong key", "fatal", "wrong key"],
    ["unknown model", "fatal", "unknown model"],
  ] as const)("%s is %s: %s", async (fault, kind, reason) => {
    const error = await failing({ script: () => fault });
    expect([error.kind, error.reason]).toEqual([kind, expect.stringMatching(reason)]);
  });

  it("is transient when nobody is there", async () => {
    const provider = await startFakeProvider();
    await provider.stop();
    const error = await errorOf(ask(make(provider.baseUrl)));
    expect(error).toMatchObject({ kind: "transient", reason: "connection lost" });
  });

  it("is transient when no answer comes in time", async () => {
    const error = await failing({ script: () => "stall" }, { timeoutMs: 50 });
    expect(error).toMatchObject({ kind: "transient", reason: "timed out" });
    expect(error.message).toContain("50 ms");
  });

  it("is transient when an answer does not end in time", async () => {
    const error = await failing({ script: () => "stall halfway" }, { timeoutMs: 100 });
    expect(error).toMatchObject({ kind: "transient", reason: "timed out" });
  });

  it("leaves no timer behind, however it ends", async () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    const cleared = vi.spyOn(globalThis, "clearTimeout");
    const { baseUrl } = await fake({ script: ({ attempt }) => (attempt === 1 ? "refused" : "wrong key") });
    await ask(make(baseUrl, { timeoutMs: 1_000_000 }));
    await errorOf(ask(make(baseUrl, { timeoutMs: 1_000_000 })));
    const timers = set.mock.results.filter((_, call) => set.mock.calls[call]![1] === 1_000_000);
    expect(timers).toHaveLength(2);
    for (const { value } of timers) expect(cleared).toHaveBeenCalledWith(value);
  });

  it("carries how long the server asked to wait", async () => {
    expect((await failing({ script: () => "busy", retryAfterMs: 1234 })).retryAfterMs).toBe(1234);
  });

  it("is the caller's own reason when the caller ends it", async () => {
    const { baseUrl } = await fake({ script: () => "stall" });
    const stop = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 20);
    await expect(make(baseUrl).generate({ prompt: "p", schema, signal: stop.signal })).rejects.toBe(reason);
  });
});

describe("keys", () => {
  const apiKey = "sk-test-0123456789abcdef";

  it("are sent, and are in no error, no id and no model, even where the server repeats them", async () => {
    const provider = await fake({ script: () => "wrong key" });
    const model = textModel("m", { baseUrl: provider.baseUrl, apiKey });
    const error = await errorOf(ask(model));
    expect(provider.calls[0]!.key).toBe(apiKey);
    expect(error.message).toContain("[key]");
    for (const shown of [
      inspect(error, { depth: 20, showHidden: true }),
      JSON.stringify(error),
      error.stack,
      inspect(model, { depth: 20, showHidden: true }),
    ])
      expect(shown).not.toContain(apiKey);
  });

  it("come from the environment, as the provider's package reads it, and are hidden all the same", async () => {
    const provider = await fake({ script: () => "wrong key" });
    vi.stubEnv("OPENAI_BASE_URL", provider.baseUrl);
    vi.stubEnv("OPENAI_API_KEY", apiKey);
    const error = await errorOf(ask(textModel("openai/gpt-4o-mini")));
    expect(provider.calls[0]!.key).toBe(apiKey);
    expect(error).toMatchObject({ kind: "fatal", reason: "wrong key" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(apiKey);
  });

  it("of a model that somebody has made are hidden too, as far as they look like keys", async () => {
    const { baseUrl } = await fake({ script: () => "wrong key" });
    const error = await errorOf(ask(textModel(createCompatible6({ ...settings, baseURL: baseUrl, apiKey })("m"))));
    expect(error.message).toContain("[key]");
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(apiKey);
  });

  it("are asked for by the name of their variable when there is none", async () => {
    vi.stubEnv("OPENAI_API_KEY", undefined);
    const fetched = vi.fn();
    vi.stubGlobal("fetch", fetched);
    const { ready } = textModel("openai/gpt-4o-mini");
    for (const asked of [
      ready!(),
      ask(textModel("openai/o3")),
      embeddingModel("openai/text-embedding-3-small").ready!(),
    ]) {
      const error = await errorOf(asked);
      expect(error).toMatchObject({ kind: "fatal", reason: "no key" });
      expect(error.message).toContain("OPENAI_API_KEY");
    }
    vi.stubEnv("OPENAI_API_KEY", "sk-test-0123456789");
    await textModel("openai/gpt-4o-mini").ready!();
    expect(fetched).not.toHaveBeenCalled();
  });

  it("in the address of a server are in no id", () => {
    const baseUrl = "http://me:secretpassword@localhost:11434/secretpath/v1?key=secretquery";
    expect(textModel("m", { baseUrl }).id).toMatch(/^m@localhost:11434~[0-9a-f]{8}\?temperature=0.2$/);
  });

  it("never bring the conversation into an error", async () => {
    const { baseUrl } = await fake({ script: () => "server error" });
    const error = await errorOf(ask(textModel("m", { baseUrl }), "what a person said in confidence"));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("confidence");
  });
});

describe("a text model of a provider's package", () => {
  it("is called through that package", async () => {
    const provider = await fake();
    vi.stubEnv("OPENAI_BASE_URL", provider.baseUrl);
    vi.stubEnv("OPENAI_API_KEY", "sk-test-0123456789");
    const { text, usage, finish } = await ask(textModel("openai/gpt-4o-mini"));
    expect(JSON.parse(text)).toHaveProperty("name");
    expect(finish).toBe("stop");
    expect(usage!.inputTokens).toBeGreaterThan(0);
    expect(provider.calls[0]!.body).toMatchObject({ model: "gpt-4o-mini", text: { format: { type: "json_schema" } } });
  });

  it("that is not installed is named, with the command that installs it, before anything is called", async () => {
    const error = await errorOf(textModel("nobody-makes-this/model").ready!());
    expect(error).toMatchObject({ kind: "fatal", reason: "not installed" });
    expect(error.message).toBe(
      'Cannot call nobody-makes-this/model?temperature=0.2: package "@ai-sdk/nobody-makes-this" is not installed; run `npm install @ai-sdk/nobody-makes-this`',
    );
  });

  it("may be one that somebody has made already", async () => {
    const { baseUrl } = await fake();
    const model = textModel(createCompatible6({ ...settings, name: "mine", baseURL: baseUrl })("m"));
    expect(model.id).toBe("mine.chat/m?temperature=0.2");
    expect(JSON.parse((await ask(model)).text)).toHaveProperty("name");
  });

  it("of another version of the specification is refused", async () => {
    const made = { specificationVersion: "v9", provider: "p", modelId: "m", doGenerate: () => Promise.reject() };
    const error = await errorOf(textModel(made).ready!());
    expect(error).toMatchObject({ kind: "fatal", reason: "unknown version" });
  });
});

describe("the id of a model", () => {
  it.each([
    [textModel("openai/gpt-4o-mini"), "openai/gpt-4o-mini?temperature=0.2"],
    [textModel("openai/gpt-4o-mini", { temperature: 0 }), "openai/gpt-4o-mini?temperature=0"],
    [textModel("openai/o3", { temperature: null }), "openai/o3"],
    [textModel("a/b/c:d", { temperature: null, maxOutputTokens: 9 }), "a/b/c:d?maxOutputTokens=9"],
    [
      textModel("Qwen/Qwen3-8B", { baseUrl: "http://10.0.0.1:8000/v1", temperature: null }),
      "Qwen/Qwen3-8B@10.0.0.1:8000",
    ],
    [
      textModel("openai/o3", { temperature: null, providerOptions: { openai: { reasoningEffort: "low" } } }),
      'openai/o3?providerOptions={"openai":{"reasoningEffort":"low"}}',
    ],
    [embeddingModel("openai/text-embedding-3-small"), "openai/text-embedding-3-small"],
  ])("%#: names all that decides its answers", ({ id }, expected) => {
    expect(id).toBe(expected);
  });

  it("tells servers of one host apart by their paths, and leaves out the one that all of them have", () => {
    const at = (baseUrl: string) => textModel("m", { baseUrl, temperature: null }).id;
    expect(at("http://gpu:80/v1/")).toBe("m@gpu");
    expect(at("https://gpu/small/v1")).toBe("m@gpu~bde4a72d");
    const paths = ["", "/", "/v1", "/small/v1", "/large/v1", "/v1beta/openai"];
    expect(new Set(paths.map((path) => at(`http://gpu:8000${path}`))).size).toBe(paths.length - 1);
    expect(at("http://gpu:8000/small/v1")).not.toBe(at("http://gpu:8001/small/v1"));
  });

  it("does not depend on timeouts and batches", () => {
    expect(textModel("openai/o3", { timeoutMs: 1 }).id).toBe(textModel("openai/o3").id);
    expect(embeddingModel("openai/e", { textsPerCall: 1 }).id).toBe(embeddingModel("openai/e").id);
  });

  it.each(["gpt-4o-mini", "", "openai/", "../x/y", "OpenAI/x"])("%j is no name of a model", (name) => {
    expect(() => textModel(name)).toThrow(TypeError);
  });

  it.each(["localhost:11434", "ftp://x/v1", ""])("%j is no address", (baseUrl) => {
    expect(() => textModel("m", { baseUrl })).toThrow(TypeError);
  });
});

describe("an embedding model", () => {
  it("says what a call used that brought too few vectors", async () => {
    const model = embeddingModel({
      specificationVersion: "v3",
      provider: "made",
      modelId: "few",
      doEmbed: async () => ({ embeddings: [[1]], usage: { tokens: 7 }, warnings: [] }),
    } as never);
    const error = await errorOf(model.embed(["a", "b"]));
    expect(error).toMatchObject({ kind: "final", reason: "wrong count", usage: { inputTokens: 7 } });
    expect(error.message).toContain("2 texts were sent, 1 vectors came");
  });

  it("returns a vector per text, in their order, and the usage", async () => {
    const provider = await fake({ dimensions: 32 });
    const model = embeddingModel("e", { baseUrl: provider.baseUrl });
    const { vectors, usage } = await model.embed(["sort spreadsheets", "bake bread", "sort spreadsheets"]);
    expect(vectors.map(({ length }) => length)).toEqual([32, 32, 32]);
    expect(vectors[0]).toEqual(vectors[2]);
    expect(vectors[0]).not.toEqual(vectors[1]);
    expect(usage!.inputTokens).toBeGreaterThan(0);
    expect(provider.counts).toMatchObject({ embedding: 1, embeddedTexts: 3 });
  });

  it.each([
    ["6", createCompatible6],
    ["7", createCompatible7],
  ] as const)("may be one that somebody has made with AI SDK %s", async (_, create) => {
    const { baseUrl } = await fake({ dimensions: 16 });
    const model = embeddingModel(create({ ...settings, baseURL: baseUrl }).embeddingModel("e"));
    expect(model.id).toBe("server.embedding/e");
    expect((await model.embed(["a", "b"])).vectors.map(({ length }) => length)).toEqual([16, 16]);
  });

  it("of OpenAI is called through its package, with what it is told", async () => {
    const provider = await fake();
    vi.stubEnv("OPENAI_BASE_URL", provider.baseUrl);
    vi.stubEnv("OPENAI_API_KEY", "sk-test-0123456789");
    const providerOptions = { openai: { dimensions: 16 } };
    const { vectors } = await embeddingModel("openai/text-embedding-3-small", { providerOptions }).embed(["a text"]);
    expect(vectors[0]).toHaveLength(16);
  });

  it("of Cohere is told that it is for clustering", async () => {
    const bodies: unknown[] = [];
    vi.stubEnv("COHERE_API_KEY", "co-test-0123456789");
    vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
      bodies.push(JSON.parse(body));
      return Response.json({ embeddings: { float: [[1, 0]] }, meta: { billed_units: { input_tokens: 2 } } });
    });
    const { vectors } = await embeddingModel("cohere/embed-v4.0").embed(["a text"]);
    expect(vectors).toEqual([Float32Array.of(1, 0)]);
    expect(bodies).toMatchObject([{ model: "embed-v4.0", texts: ["a text"], input_type: "clustering" }]);
  });

  it("says how many texts a call may have, as Kura has it", () => {
    expect(embeddingModel("openai/text-embedding-3-small").textsPerCall).toBe(50);
    expect(embeddingModel("cohere/embed-v4.0").textsPerCall).toBe(96);
    expect(embeddingModel("openai/x", { textsPerCall: 7 }).textsPerCall).toBe(7);
  });

  it("fails as text models do", async () => {
    const { baseUrl } = await fake({ script: () => "busy", retryAfterMs: 77 });
    const error = await errorOf(embeddingModel("e", { baseUrl }).embed(["a"]));
    expect(error).toMatchObject({ kind: "transient", reason: "busy", retryAfterMs: 77 });
  });
});
