import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Conversation } from "../../src/rows/builtin.js";
import { type Typed, temporaryDirectory, typed } from "./typed.js";

const TOPICS = ["sort a list in python", "bake bread with rye flour", "repair the brakes of a bicycle"];

export function conversation(index: number): Conversation {
  const created_at = "2025-01-01T00:00:00";
  const content = `How do I ${TOPICS[index % TOPICS.length]}? Case ${index}.`;
  return { chat_id: `c${index}`, created_at, messages: [{ created_at, role: "user", content }], metadata: {} };
}

export interface Filled {
  /** Where the directory `out` and the input are. */
  readonly home: string;
  readonly out: string;
  run(...more: string[]): Promise<Typed>;
}

/** By the options of the run that filled it. */
const templates = new Map<string, Promise<string>>();
afterAll(async () => {
  for (const home of templates.values()) rmSync(await home, { recursive: true, force: true });
});

/** A checkpoint directory that a run on twelve conversations has filled: a copy of one, as the run takes longer. */
export async function filled(...more: string[]): Promise<Filled> {
  const key = more.join(" ");
  const made = templates.get(key) ?? fill(more);
  templates.set(key, made);
  const home = temporaryDirectory();
  cpSync(await made, home, { recursive: true });
  const [input, out] = [join(home, "input.jsonl"), join(home, "out")];
  return { home, out, run: (...further) => typed(["run", input, "--out", out, "--quiet", ...further]) };
}

async function fill(more: readonly string[]): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "kura-cli-filled-"));
  const input = join(home, "input.jsonl");
  writeFileSync(input, Array.from({ length: 12 }, (_, index) => `${JSON.stringify(conversation(index))}\n`).join(""));
  const { code, stderr } = await typed(["run", input, "--out", join(home, "out"), "--quiet", ...more]);
  if (code !== 0) throw new Error(stderr);
  return home;
}
