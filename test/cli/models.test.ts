import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { type FakeCall, type FakeProvider, startFakeProvider } from "../support/fake-provider/fake-provider.mjs";
import { temporaryDirectory, typed } from "./typed.js";

const sample = fileURLToPath(new URL("../../examples/conversations.jsonl", import.meta.url));
let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({});
});
afterAll(() => provider.stop());

const directory = () => join(mkdtempSync(join(tmpdir(), "kura-cli-")), "checkpoints");
const run = (out: string, ...more: string[]) =>
  typed(["run", sample, "--out", out, "--limit", "30", "--style", "basic", "--base-url", provider.baseUrl, ...more], {
    env: { KURA_API_KEY: "a key of this server" },
  });

it("kura run asks the models of a server, says what it takes and what came of it, and asks nothing twice", async () => {
  const out = directory();
  const first = await run(out, "--model", "teller", "--embedding-model", "measure");
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/summaries: teller@\S+ is asked for 30 of 30 answers, about \S+ tokens in/);
  expect(first.stdout).toMatch(/summaries +made +30 rows +there was none; 30 answers paid for, 0 reused/);
  expect(provider.calls.every(({ key }) => key === "a key of this server")).toBe(true);
  const asked = provider.counts.text;
  const second = await run(out, "--model", "teller", "--embedding-model", "measure");
  expect(second.stdout).toMatch(/summaries +reused +30 rows +nothing changed/);
  expect(provider.counts.text).toBe(asked);
  const status = await typed(["status", out]);
  expect(status.stdout).toMatch(/summaries +fresh +reuses it +30 answers paid for, 0 reused/);
  expect(`${first.stdout}${first.stderr}`).not.toContain("a key of this server");
}, 60_000);

it.each([[["--json"]], [[]]])(
  "no key is in what kura run %j prints and keeps, even where a server repeats it",
  async (more) => {
    const key = "sk-live-0123456789abcdefghij";
    const faults = ["server error", "refused", "filtered", "broken json"] as const;
    const script = ({ prompt, attempt }: FakeCall) =>
      prompt.startsWith("Records")
        ? "wrong key"
        : prompt.length % 3 === 0 && attempt < 3
          ? faults[prompt.length % 4]
          : undefined;
    const echoing = await startFakeProvider({ script });
    try {
      const out = directory();
      const typedWith = [
        "run",
        sample,
        "--out",
        out,
        "--limit",
        "30",
        "--base-url",
        echoing.baseUrl,
        "--model",
        "teller",
      ];
      const { code, stdout, stderr } = await typed([...typedWith, "--max-failed", "0.9", ...more], {
        env: { KURA_API_KEY: key, KURA_DEBUG: "1" },
      });
      expect(code).toBe(1);
      expect(stderr).toContain("[key]");
      expect(echoing.calls.every((call) => call.key === key)).toBe(true);
      const kept = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(kept.length).toBeGreaterThan(4);
      const texts = kept.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
      for (const text of [stdout, stderr, ...texts]) expect(text).not.toContain(key);
    } finally {
      await echoing.stop();
    }
  },
  60_000,
);

it("kura run keeps a limit of what may be spent, or says that it cannot", async () => {
  const { code, stderr } = await run(directory(), "--model", "teller", "--max-cost", "1");
  expect(code).toBe(1);
  expect(stderr).toContain("no price is known for teller@");
});

it.each([
  [["--model", "nobody"], /provider\/model/],
  [["--model", "openai/x", "--max-cost", "much"], /--max-cost is a number/],
  [["--model", "openai/x", "--max-failed", "-1"], /--max-failed is a number/],
  [["--base-url", "http://localhost:1/v1"], /--base-url needs --model/],
])("kura run %j is refused before anything is read", async (options, message) => {
  const out = directory();
  const { code, stderr } = await typed(["run", sample, "--out", out, ...options]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(existsSync(out)).toBe(false);
});

it("kura run asks of each step what a config says, and of nobody else", async () => {
  const { baseUrl } = provider;
  const directory = temporaryDirectory();
  const config = join(directory, "kura.config.json");
  const apiKey = "a key of the config";
  const server = (name: string) => ({ name, baseUrl, apiKey });
  writeFileSync(join(directory, "names.jinja"), "Name this: {{ positive_examples }}");
  const told = {
    model: { ...server("teller"), temperature: 0.7 },
    embeddingModel: server("measure"),
    steps: {
      summaries: {
        model: server("small"),
        temperature: null,
        extraFields: { mood: { type: "string", description: "how it went" } },
      },
      clusters: { prompt: { file: "names.jinja" }, temperature: 0 },
    },
    prices: { teller: { input: 1000, output: 1000 }, small: { input: 0, output: 0 }, measure: { input: 0, output: 0 } },
    itemsPerCluster: 5,
    maxClusters: 2,
    maxCost: 1e6,
  };
  writeFileSync(config, JSON.stringify(told));
  const out = join(directory, "out");
  const first = provider.calls.length;
  const kura = (...more: string[]) =>
    typed(["run", sample, "--out", out, "--limit", "30", "--config", config, ...more]);
  const { code, stdout, stderr } = await kura();
  expect([code, stderr]).toEqual([0, expect.stringContaining("small@")]);
  const calls = provider.calls.slice(first).filter(({ kind }) => kind === "text");
  const asked = new Set(
    calls.map(({ body, prompt }) => `${body["model"]} ${body["temperature"]} ${prompt.slice(0, 9)}`),
  );
  expect(asked).toContain("small undefined You read ");
  expect(asked).toContain("teller 0 Name this");
  expect(asked).toContain("teller 0.7 These gro");
  expect(calls.every(({ key }) => key === apiKey)).toBe(true);
  expect(stdout).toMatch(/Spent about \$\d/);
  const rows = await new JSONLCheckpointManager(out).loadCheckpoint("summaries", "summaries");
  expect(rows!.every(({ metadata }) => typeof metadata["mood"] === "string")).toBe(true);
  expect(await new JSONLCheckpointManager(out).loadCheckpoint("clusters", "clusters")).toHaveLength(6);

  const again = await kura("--dry-run");
  expect(again.stdout).not.toContain("makes it");
  expect(again.stderr).toMatch(/summaries +asks small@\S+\n.*clusters +asks teller@/s);
  const other = await kura("--dry-run", "--model", "judge", "--base-url", baseUrl, "--items-per-cluster", "6");
  expect(other.stdout).toMatch(/summaries +stale .*"small@\S+" and is "judge@/);
  expect(other.stdout).toMatch(/clusters +stale .*"teller@.*itemsPerCluster was 5 and is 6/);
  expect(
    readFileSync(join(out, ".kura", "clusters.jsonl", readdirSync(join(out, ".kura", "clusters.jsonl"))[0]!), "utf8"),
  ).not.toContain(apiKey);
}, 60_000);

it.each([
  // The first, as it fails while models are still being loaded.
  [{ clusters: { prompt: { file: "nowhere.jinja" } } }, "steps.clusters.prompt.file: cannot read"],
  [{ clusters: { prompt: "Name it" } }, "steps.clusters: Cannot use the prompt that begins with"],
  [{ summaries: { prompt: "{% for" } }, "it is no Jinja template"],
  [{ summaries: { extraFields: { topic: {} } } }, 'steps.summaries: Cannot ask for extra field "topic"'],
  [
    { meta_clusters: { prompts: { choice: "{{ cluster }}" } } },
    "steps.meta_clusters: Cannot use the prompt that begins with",
  ],
])("kura run refuses %j of a config before anything is read", async (steps, message) => {
  const path = join(temporaryDirectory(), "kura.config.json");
  const embeddingModel = { name: "measure", baseUrl: "http://localhost:1/v1" };
  writeFileSync(path, JSON.stringify({ embeddingModel, steps }));
  const { code, stderr } = await typed(["run", "nowhere.json", "--config", path]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`cannot use ${path}: steps.`)]);
  expect(stderr).toContain(message);
});
