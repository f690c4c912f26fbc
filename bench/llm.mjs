/*
 * The whole pipeline with models, against a fake provider in a process of its own over real HTTP: calls, CPU, memory, and how much longer it
 * takes than the provider alone would.
 * node bench/llm.mjs [--conversations 10000] [--latency 50] [--concurrency 50]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { embeddingModel, JSONLCheckpointManager, runPipeline, textModel } from "../dist/index.js";
import { conversations } from "./rows.mjs";

const { values: args } = parseArgs({
  options: {
    variant: { type: "string" },
    conversations: { type: "string", default: "10000" },
    latency: { type: "string", default: "50" },
    concurrency: { type: "string", default: "50" },
  },
});
const [count, latencyMs, concurrency] = [args.conversations, args.latency, args.concurrency].map(Number);

const serve = fileURLToPath(new URL("../test/support/fake-provider/serve.mjs", import.meta.url));
const provider = spawn(process.execPath, [serve, JSON.stringify({ latencyMs })], {
  stdio: ["ignore", "pipe", "inherit"],
});
const [line] = await once(provider.stdout, "data");
const baseUrl = String(line).trim();
const directory = mkdtempSync(join(tmpdir(), "kura-bench-"));
try {
  const input = [...conversations(count)];
  const run = async () => {
    const calls = [];
    const cpu = process.cpuUsage();
    const started = performance.now();
    await runPipeline({
      conversations: input,
      checkpointManager: new JSONLCheckpointManager(directory),
      model: textModel("teller", { baseUrl, apiKey: "none" }),
      embeddingModel: embeddingModel("measure", { baseUrl, apiKey: "none" }),
      concurrency,
      onEvent: (event) => {
        if (event.type !== "step-end") return;
        const { user, system } = process.cpuUsage(cpu);
        const all = (user + system) / 1e6;
        const before = calls.reduce((sum, step) => sum + step.cpu, 0);
        calls.push({ step: event.step, seconds: event.seconds, cpu: all - before, ...event.calls });
      },
    });
    const used = process.cpuUsage(cpu);
    return { calls, wall: (performance.now() - started) / 1000, cpu: (used.user + used.system) / 1e6 };
  };
  const first = await run();
  const counts = await (await fetch(new URL("/", baseUrl))).json();
  const alone = ((counts.text + counts.embedding) * latencyMs) / 1000 / concurrency;
  console.log(`${count} conversations, ${latencyMs} ms a call, ${concurrency} at once, Node ${process.version}\n`);
  console.log("| step | s | CPU s | answers paid for | reused |\n|---|---|---|---|---|");
  for (const { step, seconds, cpu, paid = 0, reused = 0 } of first.calls)
    console.log(`| ${step} | ${seconds.toFixed(1)} | ${cpu.toFixed(1)} | ${paid} | ${reused} |`);
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    `\n${counts.text} text and ${counts.embedding} embedding calls; the provider alone: ${alone.toFixed(1)} s`,
  );
  console.log(`with a call open: ${(counts.busyMs / 1000).toFixed(1)} s`);
  console.log(`the run: ${first.wall.toFixed(1)} s, ${first.cpu.toFixed(1)} s of CPU, peak ${peak.toFixed(0)} MB`);
  const second = await run();
  console.log(`a second run: ${second.wall.toFixed(2)} s, ${second.cpu.toFixed(2)} s of CPU, nothing asked`);
} finally {
  provider.kill();
  rmSync(directory, { recursive: true });
}
