/**
 * Opens in Python what the library wrote, and in the library what Python wrote; prints who could read what, and counts.
 *
 *   node interop/run.mjs [--write-docs] <version set>...      after `npm run build`; interop/run.sh makes the Python environments
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { matrix } from "./matrix.mjs";
import { difference } from "./tagged.mjs";
import { rowTypeOf, writeOurs } from "./write-ours.mjs";

const TOOLS = ["kura", "datasets", "pandas", "polars", "duckdb", "spark"];

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = fileURLToPath(new URL("../dist", import.meta.url));
const writeDocs = process.argv.includes("--write-docs");
const versionSets = process.argv.slice(2).filter((word) => !word.startsWith("--"));

const kura = await import(pathToFileURL(join(dist, "index.js")).href);
const reports = [];
for (const versionSet of versionSets) {
  const folder = mkdtempSync(join(tmpdir(), "kura-interop-"));
  try {
    await writeOurs(dist, folder);
    for (const tool of TOOLS) {
      const report = await runTool(versionSet, tool, folder);
      report.findings.push(...(await readTheirs(tool, folder)));
      reports.push(report);
      const state = report.skipped ?? `${report.findings.filter(({ ok }) => ok).length} passed`;
      process.stderr.write(`${report.tool} ${report.version}: ${state}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { text, markdown, passed, failed, skipped } = matrix(reports);
process.stdout.write(`${text}\n`);
if (writeDocs) writeFileSync(new URL("../docs/interop.md", import.meta.url), markdown);
process.stdout.write(`interop: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** One tool in one Python process: what it says of our files, and its own files left in the folder. */
async function runTool(versionSet, tool, folder) {
  const python = join(here, `.venv-${versionSet}`, "bin", "python");
  const args = ["-B", join(here, "check.py"), tool, folder];
  const { error, stdout, stderr } = await new Promise((done) => {
    const options = {
      maxBuffer: 1 << 28,
      timeout: 300_000,
      env: { ...process.env, HF_HUB_OFFLINE: "1", PYTHONUTF8: "1" },
    };
    execFile(python, args, options, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
  const lines = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const report = {
    tool,
    version: lines[0]?.version ?? versionSet,
    how: lines[0]?.how ?? "",
    findings: lines.filter((line) => "what" in line),
  };
  const skipped = lines.find((line) => "skipped" in line);
  if (skipped) report.skipped = skipped.skipped;
  if (error)
    report.findings.push({
      set: "",
      checkpoint: "",
      what: "runs",
      ok: false,
      note: stderr.trim().split("\n").at(-1) || error.message,
    });
  return report;
}

/** No manifest is beside these files: they are somebody's. */
async function readTheirs(tool, folder) {
  const findings = [];
  const root = join(folder, "theirs", tool);
  for (const set of existsSync(root) ? readdirSync(root).sort() : []) {
    const files = readdirSync(join(root, set)).filter((name) => name.endsWith(".jsonl"));
    for (const file of files.sort()) {
      const checkpoint = file.replace(/\.jsonl$/, "");
      const truth = JSON.parse(readFileSync(join(folder, "truth", tool, set, `${checkpoint}.json`), "utf8"));
      const type = rowTypeOf(kura, checkpoint);
      const finding = { set, checkpoint };
      try {
        const rows = await new kura.JSONLCheckpointManager(join(root, set)).loadCheckpoint(checkpoint, type);
        const found = rows.length === truth.length ? undefined : `${truth.length} rows became ${rows.length}`;
        const note = found ?? truth.map((row, i) => difference(row, rows[i], `row ${i}`)).find(Boolean);
        findings.push({ ...finding, what: "is read", ok: note === undefined, note: note ?? `${rows.length} rows` });
        if (tool === "kura")
          findings.push({
            ...finding,
            what: "same bytes back",
            ...(await saveAgain(join(root, set, file), checkpoint, rows, type)),
          });
      } catch (error) {
        findings.push({ ...finding, what: "is read", ok: false, note: `${error.name}: ${error.message}` });
      }
    }
  }
  return findings;
}

async function saveAgain(path, checkpoint, rows, type) {
  const folder = mkdtempSync(join(tmpdir(), "kura-interop-"));
  try {
    await new kura.JSONLCheckpointManager(folder).saveCheckpoint(checkpoint, rows, type);
    const [theirs, ours] = [readFileSync(path), readFileSync(join(folder, `${checkpoint}.jsonl`))];
    if (theirs.equals(ours)) return { ok: true, note: "" };
    const at = theirs.findIndex((byte, i) => byte !== ours[i]);
    const around = (bytes) => JSON.stringify(bytes.subarray(Math.max(0, at - 20), at + 20).toString());
    return { ok: false, note: `at byte ${at}: ${around(theirs)} became ${around(ours)}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
