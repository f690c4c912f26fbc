import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider/fake-provider.mjs";
import { ownLibrary } from "../support/own-library.js";

/* The command at a real terminal, which `script` of util-linux plays. */

const SCRIPT = "/usr/bin/script";
const sample = fileURLToPath(new URL("../../examples/conversations.jsonl", import.meta.url));
let root: string;
let bin: string;
let provider: FakeProvider;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "kura-terminal-"));
  bin = join(await ownLibrary(root), "cli/bin.js");
  provider = await startFakeProvider();
}, 60_000);
afterAll(async () => {
  await provider.stop();
  rmSync(root, { recursive: true, force: true });
});

/** Type `typed` when the question is there. Resolves to what the terminal showed, and the exit code. */
function atTerminal(args: readonly string[], typed: string): Promise<{ shown: string; code: number | null }> {
  const command = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(" ");
  const terminal = spawn(SCRIPT, ["-qec", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, KURA_API_KEY: "a key" },
  });
  let shown = "";
  let isAsked = false;
  terminal.stdout.on("data", (bytes: Buffer) => {
    shown += bytes.toString();
    if (isAsked || !shown.includes("[y/N]")) return;
    isAsked = true;
    terminal.stdin.write(typed);
  });
  return new Promise((resolve) => terminal.on("close", (code) => resolve({ shown, code })));
}

describe.runIf(existsSync(SCRIPT))("at a terminal, a run whose estimate passes the limit", () => {
  const args = (out: string) => [
    ...["run", sample, "--out", join(root, out), "--limit", "20", "--base-url", provider.baseUrl],
    ...["--model", "teller", "--embedding-model", "measure", "--prices", "teller=100/100,measure=1"],
  ];

  it("asks, and goes on after a yes without asking again", async () => {
    const { shown, code } = await atTerminal(args("yes"), "y\n");
    expect(code).toBe(0);
    expect(shown).toMatch(
      /this run will cost about \$\d[\d.]+ \(summaries, embeddings, clusters\), which is more than \$1\.00/,
    );
    expect(shown.match(/\[y\/N\]/g)).toHaveLength(1);
    expect(shown).toMatch(/Spent about \$\d/);
  }, 30_000);

  it.each([
    ["no", "n\n", 1],
    ["nothing", "\n", 1],
    ["the end of the input", "\x04", 1],
    ["Ctrl-C", "\x03", 130],
  ])(
    "is stopped by %s, and pays nothing",
    async (_, typed, expected) => {
      const before = provider.counts.text;
      const { shown, code } = await atTerminal(args("no"), typed);
      expect(shown).toContain(expected === 130 ? "Stopped." : "nothing is paid");
      expect(code).toBe(expected);
      expect(provider.counts.text).toBe(before);
    },
    30_000,
  );
});
