import { writeFileSync } from "node:fs";
import { join } from "node:path";
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

/** A checkpoint directory that a run on twelve conversations has filled. */
export async function filled(...more: string[]): Promise<Filled> {
  const home = temporaryDirectory();
  const [input, out] = [join(home, "input.jsonl"), join(home, "out")];
  writeFileSync(input, Array.from({ length: 12 }, (_, index) => `${JSON.stringify(conversation(index))}\n`).join(""));
  const run = (...further: string[]) => typed(["run", input, "--out", out, "--quiet", ...further]);
  const { code, stderr } = await run(...more);
  if (code !== 0) throw new Error(stderr);
  return { home, out, run };
}
