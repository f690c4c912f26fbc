import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect } from "vitest";

/** What a child that was killed had said on standard output: `begin <n>`, `phase <name>` and `done <n>`, a line each. */
export interface Killed {
  readonly done: number[];
  /** The one under way. */
  readonly begun: number;
  readonly phase: string;
}

export interface When {
  /** `<n>:<phase>`, where the child waits for its end. */
  stopAt?: string;
  /** After it has begun. */
  afterMs?: number;
  /** How long the rest of the child may go on once it has stopped there. */
  lingerMs?: number;
}

/** Start a process of Node, and kill it where it stopped as it was told to, or some time after it began. */
export async function runAndKill(args: readonly string[], { stopAt, afterMs, lingerMs }: When): Promise<Killed> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  const done: number[] = [];
  let [begun, phase, complaint] = [-1, "before", ""];
  let timer: NodeJS.Timeout | undefined;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, value = ""] = line.split(" ");
    if (word === "begin") {
      [begun, phase] = [Number(value), "before"];
      if (afterMs !== undefined) timer ??= setTimeout(kill, afterMs);
    } else if (word === "phase") {
      phase = value;
      if (`${begun}:${phase}` !== stopAt) continue;
      if (lingerMs === undefined) kill();
      else setTimeout(kill, lingerMs);
    } else {
      done.push(Number(value));
    }
  }
  await closed;
  clearTimeout(timer);
  expect(complaint).toBe("");
  expect(child.signalCode).toBe("SIGKILL");
  return { done, begun, phase };
}
