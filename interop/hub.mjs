/**
 * The Hub's own Python clients against the Hub of the tests, both ways: what the library pushed is loaded by `datasets`, and what they
 * uploaded by the library; values are compared. Prints one line per finding that is wrong, and counts.
 *
 *   node interop/hub.mjs [--record] [--write-docs] <version set>...      after `npm run build`; interop/run.sh makes the Python environments
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startHub } from "../test/support/hub/hub.mjs";
import { recordingOf } from "../test/support/hub/recording.mjs";
import { ROWS, unfitOf } from "./rows.mjs";
import { difference, tagRow } from "./tagged.mjs";
import { rowTypeOf } from "./write-ours.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const kura = await import(pathToFileURL(join(here, "../dist/index.js")).href);
const versionSets = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const counts = { passed: 0, failed: 0, skipped: 0 };
const PAGE = new URL("../docs/interop.md", import.meta.url);
const HEADING = "## Datasets of the Hub";
/** By version, for the page. */
const tallies = new Map();

for (const versionSet of versionSets) {
  const folder = mkdtempSync(join(tmpdir(), "kura-interop-hub-"));
  const hub = await startHub({ partBytes: 20_000 });
  try {
    await pushOurs(hub, folder);
    const versions = await python(versionSet, "hub.py", hub, folder);
    await pullTheirs(hub, versions);
  } finally {
    await hub.close();
    rmSync(folder, { recursive: true });
  }
  if (process.argv.includes("--record")) await record(versionSet);
}
if (process.argv.includes("--write-docs")) writeFileSync(PAGE, withSection(readFileSync(PAGE, "utf8")));
process.stdout.write(`hub interop: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

function managerOf(hub, dataset) {
  return new kura.HubCheckpointManager(dataset, { hubUrl: hub.url, hubToken: "hf_writer", cacheBytes: 0 });
}

async function pushOurs(hub, folder) {
  for (const [set, checkpoints] of Object.entries(ROWS)) {
    const manager = managerOf(hub, `me/${set}`);
    for (const [checkpoint, rows] of Object.entries(checkpoints)) {
      const type = rowTypeOf(kura, checkpoint);
      await manager.saveCheckpoint(checkpoint, rows, type);
      const { datasets: unfit = [] } = unfitOf("parquet", set, checkpoint);
      const path = join(folder, set, `${checkpoint}.json`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, JSON.stringify({ unfit, rows: rows.map((row) => tagRow(row, type.columns)) }));
    }
    await manager.tag("first");
    // The tag still names what is here now.
    await manager.saveCheckpoint(Object.keys(checkpoints)[0], []);
  }
}

/** What Python uploaded of the same rows: files of its own, in our layout and in that of `push_to_hub`. */
async function pullTheirs(hub, { datasets }) {
  for (const [set, checkpoints] of Object.entries(ROWS)) {
    for (const [layout, what] of [
      ["theirs", "its file is read"],
      ["pushed", "what it pushed is read"],
    ]) {
      if (!hub.repo(`me/${layout}-${set}`)) continue;
      const manager = managerOf(hub, `me/${layout}-${set}`);
      for (const name of await manager.listCheckpoints()) {
        const type = rowTypeOf(kura, name);
        await finding({ datasets, what: `${what} (${set}/${name})` }, async () =>
          firstDifference(checkpoints[name], await manager.loadCheckpoint(name, type), type.columns),
        );
      }
    }
    const pushed = hub.repo(`me/pushed-${set}`) ? await managerOf(hub, `me/pushed-${set}`).listCheckpoints() : [];
    if (!pushed.includes("conversations")) continue;
    await finding({ datasets, what: `conversations that it pushed are streamed (${set})` }, async () => {
      const source = kura.conversationsFromHub(`me/pushed-${set}`, {
        hubUrl: hub.url,
        hubToken: "hf_writer",
        subset: "conversations",
        cacheBytes: 0,
      });
      const rows = [];
      for await (const row of source.read()) rows.push(row);
      return firstDifference(checkpoints.conversations, rows, kura.Conversation.columns);
    });
  }
}

/** The first difference; undefined where there is none. */
function firstDifference(wanted, rows, columns) {
  if (rows.length !== wanted.length) return `${wanted.length} rows became ${rows.length}`;
  return wanted.map((row, index) => difference(tagRow(row, columns), rows[index], `row ${index}`)).find(Boolean);
}

async function finding({ datasets, what }, check) {
  const note = await check().catch((error) => `${error.name}: ${error.message}`);
  count({ what, ok: note === undefined, note, datasets });
}

function count({ what, ok, note, datasets }) {
  const outcome = ok === null ? "skipped" : ok ? "passed" : "failed";
  counts[outcome]++;
  const tally = tallies.get(datasets) ?? { passed: 0, failed: 0, skipped: 0 };
  tally[outcome]++;
  tallies.set(datasets, tally);
  if (ok === false) process.stdout.write(`datasets ${datasets}: ${what}: ${note}\n`);
}

/** The page with what these clients found, last; `interop/run.mjs` writes the rest of it before. */
function withSection(page) {
  const rows = [...tallies].map(
    ([datasets, { client, passed, failed, skipped }]) =>
      `| ${datasets} | ${client} | ${passed} | ${failed} | ${skipped} |`,
  );
  return [
    page.split(`\n${HEADING}\n`)[0].trimEnd(),
    "",
    HEADING,
    "",
    "What `HubCheckpointManager` pushed is loaded by `load_dataset(repo, name=…, revision=…)`, streaming and not, and what `huggingface_hub` uploaded and",
    "`push_to_hub` pushed is read here, values compared; the Hub is that of the tests (`test/support/hub`). Passed over is what `datasets` cannot hold of",
    "Parquet (above).",
    "",
    "| datasets | huggingface_hub | passed | failed | passed over |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** Findings are lines of JSON; the first line says versions. */
async function python(versionSet, script, hub, ...args) {
  const home = mkdtempSync(join(tmpdir(), "kura-hf-home-"));
  const child = spawn(join(here, `.venv-${versionSet}`, "bin", "python"), ["-B", join(here, script), ...args], {
    env: {
      ...process.env,
      HF_ENDPOINT: hub.url,
      HF_TOKEN: "hf_writer",
      HF_HOME: home,
      HF_HUB_OFFLINE: "0",
      HF_HUB_DISABLE_XET: "1",
      HF_HUB_DISABLE_TELEMETRY: "1",
      HF_HUB_DISABLE_PROGRESS_BARS: "1",
      PYTHONUTF8: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, complaint] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended(child)]);
  rmSync(home, { recursive: true, force: true });
  const [versions, ...findings] = out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  for (const found of findings) count({ ...found, datasets: versions.datasets });
  if (child.exitCode !== 0)
    count({ what: script, ok: false, note: complaint.trim().split("\n").at(-1), datasets: versions?.datasets });
  if (versions) tallies.get(versions.datasets).client = versions.huggingface_hub;
  process.stderr.write(`datasets ${versions?.datasets}, huggingface_hub ${versions?.huggingface_hub}\n`);
  return versions ?? {};
}

async function textOf(stream) {
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) text += chunk;
  return text;
}

function ended(child) {
  return new Promise((resolve) => child.on("close", resolve));
}

/** A small session of the Python client, kept as a fixture: the test Hub has to go on answering it so. */
async function record(versionSet) {
  const hub = await startHub({ partBytes: 1000, record: true });
  try {
    const { huggingface_hub: version } = await python(versionSet, "hub_session.py", hub);
    const path = join(here, `../test/fixtures/hub/huggingface_hub-${version}.json`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(recordingOf(hub), null, 1)}\n`);
    process.stderr.write(
      `recorded ${JSON.parse(readFileSync(path, "utf8")).length} exchanges of huggingface_hub ${version}\n`,
    );
  } finally {
    await hub.close();
  }
}
