#!/usr/bin/env node
/** The program: turns the process into arguments, effects and an exit code. Nothing else here touches `process`. */
import { type Effects, Interruption, type Output } from "./effects.js";
import { main } from "./main.js";

const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // What is stored is whole at every instant, so leaving at once costs only work.
    if (controller.signal.aborted) dieOf(name);
    controller.abort(new Interruption(name));
  });
}

const effects: Effects = {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
  env: process.env,
  signal: controller.signal,
  now: () => performance.now(),
};

process.exitCode = await main(process.argv.slice(2), effects);
if (controller.signal.reason instanceof Interruption) {
  // A read that is under way holds up the end: of a pipe on which nothing comes, for ever.
  const { signalName } = controller.signal.reason;
  setTimeout(() => dieOf(signalName), 200).unref();
}

/** Empty when nobody answers any more: at the end of the input, or stopped. The terminal itself sees to Ctrl-C. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    return await Promise.race([lines.question(question, { signal: controller.signal }).catch(() => ""), ended]);
  } finally {
    lines.close();
  }
}

/** `process.exit` would wait for a blocked read. To a shell this is the same exit code. */
function dieOf(name: "SIGINT" | "SIGTERM"): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}

function outputOf(stream: NodeJS.WriteStream): Output {
  let isClosed = false;
  let waiting: (() => void)[] = [];
  const goOn = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  stream.on("drain", goOn);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    isClosed = true;
    goOn();
    // A reader that went away (`| head`) is no failure; a full disk is.
    if (error.code !== "EPIPE" && stream === process.stdout) {
      process.stderr.write(`kura: Cannot write the output: ${error.message}\n`);
      process.exit(1);
    }
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    get isClosed() {
      return isClosed;
    },
    async write(text) {
      if (isClosed || stream.write(text)) return;
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
