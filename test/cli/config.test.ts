import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig, promptText } from "../../src/cli/config/load-config.js";
import { UsageError } from "../../src/cli/failure.js";
import { temporaryDirectory } from "./typed.js";

function file(name: string, content: string, directory = temporaryDirectory()): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const json = (value: unknown) => file("kura.config.json", JSON.stringify(value));

async function problemWith(value: unknown): Promise<string> {
  const path = json(value);
  const error = await loadConfig(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(path);
  return (error as Error).message.replace(`cannot use ${path}: `, "");
}

const WHOLE = {
  model: { name: "openai/gpt-4o-mini", temperature: 0, limits: { requestsPerMinute: 500, tokensPerMinute: 1e5 } },
  embeddingModel: "openai/text-embedding-3-small",
  steps: {
    summaries: {
      model: "anthropic/claude-haiku-4-5",
      temperature: null,
      prompt: { file: "summary.jinja" },
      extraFields: { mood: { type: "string", description: "in a word" } },
      maxConversationChars: 5000,
    },
    clusters: { prompt: "{{ positive_examples }}", maxExamples: 5, maxContrastiveExamples: 0 },
    meta_clusters: { prompts: { name: "{{ clusters }}" } },
  },
  concurrency: 5,
  attempts: 3,
  maxCost: 2.5,
  maxFailed: 0,
  prices: { "llama3.2": { input: 0.1, output: 0.2 } },
  itemsPerCluster: 20,
  maxClusters: 5,
  seed: 0,
};

describe("a config file", () => {
  it("is what it says, whether JSON or a module", async () => {
    const module = file("kura.config.mjs", `export default ${JSON.stringify(WHOLE)}`);
    expect((await loadConfig(json(WHOLE))).config).toEqual(WHOLE);
    expect((await loadConfig(module)).config).toEqual(WHOLE);
  });

  it("is found in the directory, and need not be there", async () => {
    const directory = temporaryDirectory();
    expect(await loadConfig(undefined, directory)).toEqual({ config: {}, path: undefined });
    const path = file("kura.config.json", '{"seed":7}', directory);
    expect(await loadConfig(undefined, directory)).toEqual({ config: { seed: 7 }, path });
    file("kura.config.mjs", "export default {}", directory);
    await expect(loadConfig(undefined, directory)).rejects.toThrow(
      "there are kura.config.mjs and kura.config.json: which one counts?",
    );
  });

  it("may hold models that are made already", async () => {
    const path = file(
      "kura.config.mjs",
      "export default { model: { id: 'm', generate() {} }, embeddingModel: { id: 'e', embed() {} } }",
    );
    expect((await loadConfig(path)).config).toMatchObject({ model: { id: "m" }, embeddingModel: { id: "e" } });
  });

  it.each<[unknown, string]>([
    [null, "the config is to be an object, not null"],
    [[], "the config is to be an object, not an empty list"],
    [{ modle: "a/b" }, "modle is no field of a config; did you mean model?"],
    [{ model: 3 }, "model is to be a name such as openai/gpt-4o-mini, an object with one, or a model, not a number"],
    [{ model: { temperature: 0 } }, "model.name is missing"],
    [{ model: { name: "a/b", temprature: 0 } }, "model.temprature is no field of a config; did you mean temperature?"],
    [
      { model: { name: "a/b", limits: { requestsPerMinute: 0 } } },
      "model.limits.requestsPerMinute is to be a number >= 1",
    ],
    [
      { model: { name: "a/b", schemaIn: "header" } },
      'model.schemaIn is to be one of "request", "prompt", not "header"',
    ],
    [{ concurrency: 1.5 }, "concurrency is to be an integer >= 1, not 1.5"],
    [{ maxCost: "5" }, "maxCost is to be a number >= 0, not a text"],
    [{ prices: { "a/b": { input: 1 } } }, 'prices["a/b"].output is missing'],
    [
      { steps: { dimensionality: {} } },
      "steps.dimensionality is no field of a config; there are summaries, clusters, meta",
    ],
    [{ steps: { clusters: { extraFields: {} } } }, "steps.clusters.extraFields is no field of a config"],
    [{ steps: { summaries: { prompt: { path: "x" } } } }, "steps.summaries.prompt.path is no field of a config"],
    [{ steps: { meta_clusters: { prompts: { nmae: "x" } } } }, "steps.meta_clusters.prompts.nmae is no field"],
  ])("%j is refused with the field named", async (value, message) => {
    expect(await problemWith(value)).toContain(message);
  });

  it("keeps what may be a key out of what it says", async () => {
    for (const apiKey of [12345678901, ["sk-secret"], { key: "sk-secret" }])
      expect(await problemWith({ model: { name: "a/b", apiKey } })).not.toMatch(/1234|secret/);
  });

  it.each([
    ["kura.config.json", '{\n  "seed": 1,\n  seed: 2\n}', "it is no JSON from line 3, column 3 on"],
    ["kura.config.mjs", "export default {", "it does not load: "],
    ["kura.config.mjs", "export const seed = 1", "it has no default export"],
    ["kura.config.mjs", "import 'nobody-has-this'", "it does not load: Error"],
  ])("%s with %j is refused", async (name, content, message) => {
    const path = file(name, content);
    await expect(loadConfig(path)).rejects.toThrow(`cannot use ${path}: ${message}`);
  });

  it("that is named and not there is refused", async () => {
    await expect(loadConfig("nowhere/kura.config.mjs")).rejects.toThrow(
      "there is no config file nowhere/kura.config.mjs",
    );
    await expect(loadConfig("nowhere/kura.config.json")).rejects.toThrow("there is no such file");
  });

  it("has prompts in files, from where it lies", () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "prompts"));
    file("prompts/summary.jinja", "Of {{ conversation }}", directory);
    const path = join(directory, "kura.config.json");
    expect(promptText({ file: "prompts/summary.jinja" }, "f", path)).toBe("Of {{ conversation }}");
    expect(promptText("Of it", "f", path)).toBe("Of it");
    expect(() => promptText({ file: "other" }, "steps.summaries.prompt", path)).toThrow(
      `cannot use ${path}: steps.summaries.prompt.file: cannot read ${join(directory, "other")}: there is no such file`,
    );
  });
});
