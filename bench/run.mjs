/*
 * Every benchmark there is, each in a process of its own; needs a build, which `npm run bench` makes. Minutes on an idle machine, and
 * worth little on a busy one.
 *
 *   node bench/run.mjs [jsonl|parquet|hf|formats|answers|llm|k-means|quality|kura]...      all but kura, which needs Python, where none is named
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const SAMPLE = fileURLToPath(new URL("../examples/conversations.jsonl", import.meta.url));

/** Arguments of each, by the name of its file. */
const BENCHES = {
  jsonl: { heading: "JSONL against the floor", args: [] },
  parquet: { heading: "Parquet against other implementations", args: [] },
  hf: { heading: "HuggingFace datasets against other implementations", args: [] },
  formats: { heading: "The formats beside each other", args: [] },
  answers: { heading: "Answers, acknowledged and found", args: [] },
  llm: { heading: "The pipeline with models, against a fake provider", args: [] },
  kura: { heading: "The pipeline with models, beside Python's Kura", args: ["--latency", "5"] },
  "k-means": { heading: "Clustering and the other long computations", args: [] },
  quality: {
    heading: "Clusters of the sample against its true intents, and their names",
    args: ["--conversations", SAMPLE, "--truth", "intent", "--names"],
  },
};

/** Only when it is named: makes a Python environment of a gigabyte. */
const NEEDS_PYTHON = "kura";

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}

console.log(
  `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} x ${cpus()[0]?.model.trim()}`,
);
const failed = [];
const usual = Object.keys(BENCHES).filter((name) => name !== NEEDS_PYTHON);
for (const name of asked.length > 0 ? asked : usual) {
  const { heading, args } = BENCHES[name];
  console.log(`\n# ${heading} (bench/${name}.mjs)\n`);
  const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const { status, signal } = spawnSync(process.execPath, ["--expose-gc", script, ...args], { stdio: "inherit" });
  if (status === 0) continue;
  failed.push(name);
  console.error(`${name} ended with ${signal ?? `code ${status}`}`);
}
process.exitCode = failed.length === 0 ? 0 : 1;
