import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider/fake-provider.mjs";
import { typed } from "./typed.js";

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
  expect(first.stderr).toMatch(/summaries: teller@\S+ is asked 30 times for 30 rows, about \S+ tokens in/);
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
