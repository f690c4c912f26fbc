import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Effects, Output } from "../../src/cli/effects.js";
import { main } from "../../src/cli/main.js";

export interface Typed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TypedOptions {
  isTerminal?: boolean;
  columns?: number;
  env?: Record<string, string>;
  signal?: AbortSignal;
  now?: () => number;
  onStderr?: (text: string) => void;
}

/** What `kura …` prints and answers. */
export async function typed(argv: readonly string[], options: TypedOptions = {}): Promise<Typed> {
  const { effects, stdout, stderr } = fakeEffects(options);
  const code = await main(argv, effects);
  return { code, stdout: stdout(), stderr: stderr() };
}

export function fakeEffects(options: TypedOptions = {}) {
  const { isTerminal = false, columns = 80, env = {}, signal = new AbortController().signal, now = () => 0 } = options;
  const written = { stdout: "", stderr: "" };
  const output = (name: keyof typeof written): Output => ({
    isTerminal,
    columns,
    isClosed: false,
    write(text) {
      written[name] += text;
      if (name === "stderr") options.onStderr?.(text);
    },
  });
  const effects: Effects = { stdout: output("stdout"), stderr: output("stderr"), env, signal, now };
  return { effects, stdout: () => written.stdout, stderr: () => written.stderr };
}

/** A directory of its own for this test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "kura-cli-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
