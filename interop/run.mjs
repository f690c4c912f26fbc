/**
 * Opens in Python what the library wrote, and in the library what Python wrote; prints who could read what, and counts.
 *
 *   [KURA_INTEROP_FORMAT=hf] node interop/run.mjs [--write-docs] <version set>...      after `npm run build`; interop/run.sh makes the Python environments
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FORMATS } from "./formats.mjs";
import { matrix } from "./matrix.mjs";
import { difference } from "./tagged.mjs";
import { rowTypeOf, writeOurs } from "./write-ours.mjs";

const TOOLS = ["kura", "datasets", "pandas", "polars", "duckdb", "spark"];
/** Version sets of one tool, and the format that they are there for. */
const NARROW = { "datasets-2": ["datasets", "hf"], "datasets-4": ["datasets", "hf"] };

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = fileURLToPath(new URL("../dist", import.meta.url));
const writeDocs = process.argv.includes("--write-docs");
const versionSets = process.argv.slice(2).filter((word) => !word.startsWith("--"));

const kura = await import(pathToFileURL(join(dist, "index.js")).href);
const reports = [];
for (const versionSet of versionSets) {
  const folder = mkdtempSync(join(tmpdir(), "kura-interop-"));
  try {
    await writeOurs(kura, dist, folder);
    const reading = [];
    const [only, format = process.env["KURA_INTEROP_FORMAT"]] = NARROW[versionSet] ?? [];
    for (const tool of only ? [only] : TOOLS) {
      const report = await runTool(versionSet, tool, folder, format);
      reports.push(report);
      // While the next tool runs.
      reading.push(finish(report, folder));
    }
    await Promise.all(reading);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { text, markdown, passed, failed, skipped } = matrix(reports);
process.stdout.write(`${text}\n`);
if (writeDocs) writeFileSync(new URL("../docs/interop.md", import.meta.url), markdown);
process.stdout.write(`interop: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** The other direction. */
async function finish(report, folder) {
  for (const format of Object.keys(report.how))
    report.findings.push(...(await readTheirs(report.tool, folder, format)));
  const state = report.skipped ?? `${report.findings.filter(({ ok }) => ok).length} passed`;
  process.stderr.write(`${report.tool} ${report.version}: ${state}\n`);
}

/** One tool in one Python process: what it says of our files, and its own files left in the folder. */
async function runTool(versionSet, tool, folder, format) {
  const python = join(here, `.venv-${versionSet}`, "bin", "python");
  const args = ["-B", join(here, "check.py"), tool, folder, ...(format ? [format] : [])];
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
    how: lines[0]?.how ?? {},
    findings: lines.filter((line) => "what" in line),
  };
  const skipped = lines.find((line) => "skipped" in line);
  if (skipped) report.skipped = skipped.skipped;
  if (error)
    report.findings.push({
      format: "",
      set: "",
      checkpoint: "",
      what: "runs",
      ok: false,
      note: stderr.trim().split("\n").at(-1) || error.message,
    });
  return report;
}

/** No manifest is beside these files: they are somebody's. */
async function readTheirs(tool, folder, format) {
  const findings = [];
  const { extension, manager } = FORMATS[format];
  const [truths, root] = ["truth", "theirs"].map((side) => join(folder, format, side, tool));
  for (const set of existsSync(truths) ? readdirSync(truths).sort() : []) {
    for (const file of readdirSync(join(truths, set)).sort()) {
      const checkpoint = file.replace(/\.json$/, "");
      const truth = JSON.parse(readFileSync(join(truths, set, file), "utf8"));
      const type = rowTypeOf(kura, checkpoint);
      const finding = { format, set, checkpoint };
      try {
        const rows = await manager(kura, join(root, set)).loadCheckpoint(checkpoint, type);
        const found = rows.length === truth.length ? undefined : `${truth.length} rows became ${rows.length}`;
        const note = found ?? truth.map((row, i) => difference(row, rows[i], `row ${i}`)).find(Boolean);
        findings.push({ ...finding, what: "is read", ok: note === undefined, note: note ?? `${rows.length} rows` });
        if (tool === "kura" && format === "jsonl")
          findings.push({
            ...finding,
            what: "same bytes back",
            ...(await saveAgain(join(root, set, checkpoint + extension), checkpoint, rows, type)),
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
