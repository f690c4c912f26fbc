/*
 * The whole pipeline behind the same fake provider: Python's Kura and this library, each in a process of its own with an input file, a checkpoint
 * directory and 50 calls at once. Makes its Python environment from interop/requirements-llm.txt (1 GB) when it is not there.
 *
 *   node bench/kura.mjs [--conversations 1000] [--latency 50]
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { conversations } from "./rows.mjs";

const CONCURRENCY = 50;
const { values: args } = parseArgs({
  options: {
    variant: { type: "string" },
    input: { type: "string" },
    conversations: { type: "string", default: "1000" },
    latency: { type: "string", default: "50" },
  },
});

if (args.variant === "ours") await ours(args.input);
else await compareBoth();

async function compareBoth() {
  const python = environment();
  const folder = mkdtempSync(join(tmpdir(), "kura-bench-"));
  const input = join(folder, "conversations.json");
  writeFileSync(input, JSON.stringify([...conversations(Number(args.conversations))]));
  try {
    const results = [];
    for (const [name, command, words] of [
      ["Python's Kura", python, [here("pythons_kura.py"), input, join(folder, "theirs")]],
      ["ours", process.execPath, [here("kura.mjs"), "--variant", "ours", "--input", input]],
    ]) {
      const { provider, baseUrl } = await startProvider();
      try {
        const env = { ...process.env, OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: "none", TQDM_DISABLE: "1" };
        const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"], env, cwd: folder });
        let printed = "";
        child.stdout.on("data", (bytes) => {
          printed += bytes;
        });
        const [code] = await once(child, "close");
        if (code !== 0) throw new Error(`${name} ended with ${code}: ${printed}`);
        const counts = await (await fetch(new URL("/", baseUrl))).json();
        results.push({ name, counts, ...JSON.parse(printed.trim().split("\n").at(-1)) });
      } finally {
        provider.kill();
      }
    }
    report(results);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `kura run` does, from the file on. */
async function ours(path) {
  const started = performance.now();
  const { conversationsFromFile, embeddingModel, JSONLCheckpointManager, runPipeline, textModel } = await import(
    "../dist/index.js"
  );
  const steps = { import: (performance.now() - started) / 1000 };
  const rows = {};
  const server = { baseUrl: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY };
  await runPipeline({
    conversations: conversationsFromFile(path),
    checkpointManager: new JSONLCheckpointManager("ours"),
    model: textModel("teller", server),
    embeddingModel: embeddingModel("measure", server),
    concurrency: CONCURRENCY,
    onEvent: (event) => {
      if (event.type !== "step-end") return;
      steps[event.step] = event.seconds;
      rows[event.step] = event.rows;
    },
  });
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const wall = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ steps, rows, wall, cpu: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS / 1024 }));
}

function report(results) {
  console.log(`${args.conversations} conversations, ${args.latency} ms a call, ${CONCURRENCY} at once\n`);
  console.log(
    "| | text calls | embedding calls | texts embedded | s | CPU s | peak MB |\n|---|---|---|---|---|---|---|",
  );
  for (const { name, counts, wall, cpu, peak } of results)
    console.log(
      `| ${name} | ${counts.text} | ${counts.embedding} | ${counts.embeddedTexts} | ${wall.toFixed(1)} | ${cpu.toFixed(1)} | ${peak.toFixed(0)} |`,
    );
  for (const { name, steps, rows } of results) {
    const times = Object.entries(steps).map(([step, seconds]) => `${step} ${seconds.toFixed(1)}`);
    console.log(`\n${name}: seconds ${times.join(", ")}; rows ${JSON.stringify(rows)}`);
  }
}

async function startProvider() {
  const options = JSON.stringify({ latencyMs: Number(args.latency), dimensions: 256 });
  const provider = spawn(process.execPath, [here("../test/support/fake-provider/serve.mjs"), options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(provider.stdout, "data");
  return { provider, baseUrl: String(line).trim() };
}

function environment() {
  const venv = here("../interop/.venv-llm");
  const made = join(venv, ".made");
  const requirements = here("../interop/requirements-llm.txt");
  const wanted = readFileSync(requirements, "utf8");
  const python = join(venv, "bin/python");
  if (existsSync(made) && readFileSync(made, "utf8") === wanted) return python;
  rmSync(venv, { recursive: true, force: true });
  must("python3", ["-m", "venv", venv]);
  must(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements]);
  writeFileSync(made, wanted);
  return python;
}

function must(command, words) {
  const { status } = spawnSync(command, words, { stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${status}`);
}

function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
