/**
 * The package as a user gets it: packs it, looks at the tarball, installs it into an empty directory outside of the repository and
 * works with it there: library, types, command line, a run that is killed and run again.
 *
 *   node scripts/check-package.mjs      prints what passed; exits 1 if something did not; KURA_KEEP=1 leaves the directory to look at
 */
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { checkImportTime } from "./check-import-time.mjs";
import { BARE_TYPES, BUNDLED, PROGRAM, SUITE, TYPES } from "./consumer.mjs";

/** Room for about twice what there is; a sample or a bundle that slips in goes far beyond. */
const BUDGET = { packedKb: 1400, unpackedKb: 4000 };

const MUST_HOLD = [
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "dist/index.js",
  "dist/index.d.ts",
  "dist/cli/bin.js",
  "examples/conversations.jsonl",
];
const MAY_HOLD = [
  /^dist\/.*\.(js|d\.ts)$/,
  /^examples\/(conversations\.jsonl|README\.md)$/,
  /^docs\/.*\.md$/,
  /^(package\.json|LICENSE|README\.md|ARCHITECTURE\.md|CHANGELOG\.md|CONTRIBUTING\.md)$/,
];

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kura-package-"));
const outside = join(folder, "outside");
const results = [];

await check("packs", pack);
const { tarball, files, size, unpackedSize } = results[0].value ?? { files: [] };
await check("holds what it should and nothing else", holdsWhatItShould);
await check("has what its README links to", hasLinkedFiles);
await check("is small enough", isSmallEnough);
await check("publint has nothing to say", () => tool("publint", "run", tarball, "--strict"));
await check("attw resolves its types (esm-only)", () => tool("attw", tarball, "--profile", "esm-only"));
await check("installs in an empty directory", install);
await check("a program uses the library", usesTheLibrary);
await check("a bundled program says what it lacks, and works with the package outside", bundles);
await check("a strict TypeScript file compiles against it", () => compilesTypes(TYPES, ["ES2023", "DOM"]));
await check("one without the types of Node and browsers does, too", () => compilesTypes(BARE_TYPES, ["ES2023"]));
await check("the suite for managers of one's own runs in node:test", runsTheSuite);
await check("its import is light", importIsLight);
await check("kura --help", () => `${kura(["--help"]).split("\n").length} lines`);
await check("kura run on the sample", runsTheSample);
await check("kura run again makes nothing anew", runsAgain);
await check("kura tree", () => `${kura(["tree"]).trim().split("\n").length} lines`);
await check("kura show --json", showsJson);
await check("a run that is killed is finished by the next, to the same bytes", survivesKill);

if (!process.env.KURA_KEEP) rmSync(folder, { recursive: true, force: true });
const failed = results.filter(({ ok }) => !ok).length;
console.log(`package: ${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** All checks run: one that fails takes no other's result away. */
async function check(name, act) {
  const start = performance.now();
  try {
    const value = await act();
    results.push({ ok: true, value });
    console.log(
      `ok      ${name}${typeof value === "string" ? `: ${value}` : ""} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
    );
  } catch (error) {
    results.push({ ok: false });
    console.log(`FAILED  ${name}: ${error.message.trim().split("\n").slice(-30).join("\n        ")}`);
  }
}

function pack() {
  const printed = run("npm", ["pack", "--json", "--pack-destination", folder], root);
  // The build that packing starts prints before the JSON does.
  const [packed] = JSON.parse(printed.slice(printed.search(/^\[/m)));
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
    size: packed.size,
    unpackedSize: packed.unpackedSize,
  };
}

function holdsWhatItShould() {
  const missing = MUST_HOLD.filter((path) => !files.includes(path));
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(", ")}`);
  const strange = files.filter((path) => !MAY_HOLD.some((pattern) => pattern.test(path)));
  if (strange.length > 0) throw new Error(`it holds ${strange.join(", ")}`);
  const mapped = files.filter(
    (path) => path.endsWith(".js") && /^\/\/# sourceMappingURL=/m.test(readFileSync(join(root, path), "utf8")),
  );
  if (mapped.length > 0) throw new Error(`these point to source maps that are not in it: ${mapped.join(", ")}`);
  if (!/^#!\/usr\/bin\/env node\n/.test(readFileSync(join(root, "dist/cli/bin.js"), "utf8")))
    throw new Error("bin.js has no shebang line");
  return `${files.length} files`;
}

function hasLinkedFiles() {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const targets = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => target);
  const lacking = targets.filter(
    (target) => !/^[a-z]+:/.test(target) && !files.some((path) => path === target || path.startsWith(`${target}/`)),
  );
  if (lacking.length > 0) throw new Error(`it lacks ${lacking.join(", ")}`);
  return `${targets.length} links`;
}

function isSmallEnough() {
  const [packedKb, unpackedKb] = [size / 1000, unpackedSize / 1000];
  const said = `${packedKb.toFixed(0)} kB packed, ${unpackedKb.toFixed(0)} kB unpacked (budget ${BUDGET.packedKb} and ${BUDGET.unpackedKb})`;
  if (!(packedKb <= BUDGET.packedKb && unpackedKb <= BUDGET.unpackedKb)) throw new Error(said);
  return said;
}

function install() {
  mkdirSync(outside);
  run("npm", ["init", "-y"], outside);
  run("npm", ["install", tarball, "--prefer-offline", "--no-audit", "--no-fund"], outside);
  const packages = Object.keys(
    JSON.parse(readFileSync(join(outside, "node_modules/.package-lock.json"), "utf8")).packages,
  );
  return `${packages.length} packages`;
}

function usesTheLibrary() {
  writeFileSync(join(outside, "use.mjs"), PROGRAM);
  return run(process.execPath, ["use.mjs"], outside).trim();
}

async function bundles() {
  writeFileSync(join(outside, "bundled.mjs"), BUNDLED);
  for (const external of [[], ["kura-ts"]]) {
    const file = external.length === 0 ? "inside.mjs" : "beside.mjs";
    const bundle = await rolldown({ input: join(outside, "bundled.mjs"), cwd: outside, platform: "node", external });
    const dir = join(outside, "bundle");
    await bundle.write({ dir, entryFileNames: file, chunkFileNames: "[name]-[hash].mjs" });
    run(process.execPath, [join(dir, file), external.length === 0 ? "lacks" : "works"], outside);
  }
}

function runsTheSuite() {
  writeFileSync(join(outside, "suite.test.mjs"), SUITE);
  const printed = run(process.execPath, ["--test", "suite.test.mjs"], outside);
  return /tests \d+/.exec(printed)[0];
}

function compilesTypes(text, lib) {
  const compilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    module: "NodeNext",
    target: "ES2023",
    lib,
    types: [],
    noEmit: true,
  };
  writeFileSync(join(outside, "types.mts"), text);
  writeFileSync(join(outside, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.mts"] }));
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], outside);
}

function importIsLight() {
  const { modules, cpuMs, problems } = checkImportTime(join(outside, "node_modules/kura-ts/dist/index.js"));
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return `${modules.length} modules, ${cpuMs.toFixed(1)} ms of CPU`;
}

function runsTheSample() {
  kura(["run", sample(), "--out", "checkpoints"]);
  const names = visibleFiles(join(outside, "checkpoints"));
  for (const name of ["conversations", "summaries", "clusters", "meta_clusters", "dimensionality"]) {
    if (!names.includes(`${name}.jsonl`)) throw new Error(`it left no ${name}.jsonl, only ${names.join(", ")}`);
  }
  return names.join(", ");
}

function runsAgain() {
  const state = () => {
    const at = join(outside, "checkpoints");
    return JSON.stringify(
      visibleFiles(at).map((name) => [name, statSync(join(at, name)).mtimeMs, statSync(join(at, name)).ino]),
    );
  };
  const before = state();
  kura(["run", sample(), "--out", "checkpoints"]);
  if (state() !== before) throw new Error("files were written anew");
}

function showsJson() {
  const printed = kura(["show", "summaries", "--limit", "3", "--json"]);
  const rows = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  if (rows.length !== 3 || rows.some((row) => typeof row.chat_id !== "string"))
    throw new Error(`it printed ${printed}`);
  return `${rows.length} rows`;
}

async function survivesKill() {
  const at = join(outside, "killed");
  const bin = join(outside, "node_modules/kura-ts/dist/cli/bin.js");
  const child = spawn(process.execPath, [bin, "run", sample(), "--out", at], { stdio: "ignore", cwd: outside });
  const ended = new Promise((done) => child.on("close", (_, signal) => done(signal)));
  while (!existsSync(join(at, "conversations.jsonl")) && child.exitCode === null) await sleep(2);
  child.kill("SIGKILL");
  if ((await ended) !== "SIGKILL") throw new Error("it was over before it could be killed");
  const left = visibleFiles(at);
  if (left.length >= visibleFiles(join(outside, "checkpoints")).length)
    throw new Error("it was killed too late to show anything");
  const kept = statSync(join(at, "conversations.jsonl")).ino;
  kura(["run", sample(), "--out", at]);
  if (statSync(join(at, "conversations.jsonl")).ino !== kept)
    throw new Error("what was finished before the kill was made again");
  for (const name of visibleFiles(join(outside, "checkpoints"))) {
    if (!readFileSync(join(outside, "checkpoints", name)).equals(readFileSync(join(at, name))))
      throw new Error(`${name} has other bytes`);
  }
  return `killed with ${left.join(", ")} there`;
}

function sample() {
  return join(outside, "node_modules/kura-ts/examples/conversations.jsonl");
}

function visibleFiles(at) {
  return readdirSync(at)
    .filter((name) => name.endsWith(".jsonl"))
    .sort();
}

function kura(args) {
  return run("npx", ["--no-install", "kura", ...args], outside);
}

/** A development tool of this repository. */
function tool(name, ...args) {
  const home = join(root, "node_modules", { publint: "publint", attw: "@arethetypeswrong/cli" }[name]);
  const { bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  run(process.execPath, [join(home, typeof bin === "string" ? bin : bin[name]), ...args], root);
}

/** Standard output of a command that must succeed. */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${[command, ...args].join(" ")} ended with code ${status}\n${stdout}\n${stderr}`);
  return stdout;
}
