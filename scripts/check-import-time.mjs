/**
 * What `import "kura-ts"` costs: no package of node_modules may load with it, and its CPU time has a budget, in starts of a bare node:
 * a machine that is slow or busy is so for both.
 *
 *   node scripts/check-import-time.mjs [entry]      entry: dist/index.js
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Measured 1.1 to 1.2 with 67 files, idle and busy; the rest is room for growth. A file takes a quarter of a millisecond, and so does each 10 kB. */
export const BUDGET = 1.75;

/**
 * @param {string} entry
 * @returns {{ modules: string[], packages: string[], cpuMs: number, bareCpuMs: number, problems: string[] }}
 */
export function checkImportTime(entry, { budget = BUDGET, runs = 9 } = {}) {
  const modules = modulesOf(entry);
  // Where the entry itself is installed in node_modules, its own files are no other package's.
  const packages = [...new Set(modules.map(packageOf))].filter(
    (name) => name !== undefined && name !== packageOf(resolve(entry)),
  );
  // The least of several runs, taken by turns: noise only ever adds.
  const bare = [];
  const loaded = [];
  for (let i = 0; i < runs; i++) {
    bare.push(cpuMsOf(""));
    loaded.push(cpuMsOf(importing(entry)));
  }
  const bareCpuMs = Math.min(...bare);
  const cpuMs = Math.max(0, Math.min(...loaded) - bareCpuMs);
  const problems = packages.map((name) => `importing it loads the package "${name}"; load it when it is first used`);
  if (cpuMs > budget * bareCpuMs)
    problems.push(
      `importing it takes ${cpuMs.toFixed(1)} ms of CPU, more than ${budget} times the ${bareCpuMs.toFixed(1)} of node alone`,
    );
  return { modules, packages, cpuMs, bareCpuMs, problems };
}

/** Every file that runs when the entry is imported, ES module or not: V8's coverage names them all. */
function modulesOf(entry) {
  const folder = mkdtempSync(join(tmpdir(), "kura-import-"));
  try {
    run(importing(entry), { NODE_V8_COVERAGE: folder });
    return readdirSync(folder)
      .flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")).result)
      .filter(({ url }) => url.startsWith("file:") && !url.includes("[eval"))
      .map(({ url }) => fileURLToPath(url));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The package of node_modules that a file belongs to, if any. */
const packageOf = (path) => /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(path)?.[1];

const importing = (entry) => `await import(${JSON.stringify(pathToFileURL(resolve(entry)).href)});`;

const cpuMsOf = (code) => {
  const { user, system } = JSON.parse(run(`${code}process.stdout.write(JSON.stringify(process.cpuUsage()));`));
  return (user + system) / 1000;
};

function run(code, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "", ...env },
  });
  if (status !== 0) throw new Error(`Cannot import it: ${stderr.trim()}`);
  return stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const entry = process.argv[2] ?? fileURLToPath(new URL("../dist/index.js", import.meta.url));
  const { modules, cpuMs, bareCpuMs, problems } = checkImportTime(entry);
  for (const problem of problems) console.error(`${entry}: ${problem}`);
  console.log(
    `import: ${modules.length} modules, ${cpuMs.toFixed(1)} ms of CPU over the ${bareCpuMs.toFixed(1)} of node alone (budget ${BUDGET} times that)`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
