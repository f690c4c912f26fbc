/**
 * The import rule of ARCHITECTURE.md, over src/: which room may import which, no cycles, and who may touch the outside world.
 *
 *   node scripts/check-imports.mjs [root]      prints file:line of each violation; exits 1 if there is one
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vitest/node";

const VALUES = ["rows", "bytes", "errors", "math"];
const PARTS = ["formats", "storage", "hub", "models"];
const ENGINES = ["checkpoints", "steps", "loaders"];

/** Which rooms a room may import, besides itself. A folder or file of src/ that is not here is a violation. */
export const MAY_IMPORT = {
  errors: [],
  math: ["bytes", "errors"],
  bytes: ["errors"],
  rows: ["bytes", "errors"],
  formats: ["rows", "bytes", "errors"],
  storage: ["bytes", "errors"],
  hub: ["bytes", "errors"],
  models: VALUES,
  checkpoints: [...VALUES, ...PARTS],
  // Steps are pure: they see neither formats nor storages.
  steps: [...VALUES, "models"],
  loaders: ["rows", "bytes", "errors"],
  pipeline: [...VALUES, ...PARTS, ...ENGINES],
  server: [...VALUES, ...PARTS, ...ENGINES, "pipeline"],
  cli: [...VALUES, ...PARTS, ...ENGINES, "pipeline", "server"],
  testing: [...VALUES, ...PARTS, "checkpoints"],
  index: [...VALUES, ...PARTS, ...ENGINES, "pipeline", "server"],
};

/** Who may touch the `process` global, and why. Everybody else is told what they need by their caller. */
export const MAY_USE_PROCESS = [
  {
    files: /^formats\/scout\/scout-child\.ts$/,
    reason: "is the entry of a child process, which watches its own memory",
  },
  { files: /^cli\/bin\.ts$/, reason: "turns the process into arguments, effects and an exit code" },
  { files: /^storage\/process-identity\.ts$/, reason: "a lock names its holder by pid and process start" },
  { files: /^checkpoints\/listener\.ts$/, reason: "a warning that nobody listens for is Node's to say" },
  { files: /^hub\/byte-cache\.ts$/, reason: "XDG_CACHE_HOME says where caches are" },
  { files: /^hub\/access\.ts$/, reason: "HF_TOKEN and HF_ENDPOINT are the same to every program of a user" },
  { files: /^storage\/node-file-system\.ts$/, reason: "syncing a directory differs by platform" },
];

/** Who may import node:fs, and why. Everybody else reads and writes through a storage. */
export const MAY_USE_FS = [
  { files: /^storage\/(local[^/]*|node-file-system)\.ts$/, reason: "the file system under the local storage" },
  { files: /^storage\/process-identity\.ts$/, reason: "the start time of a process is in /proc" },
  {
    files: /^hub\/(spool|byte-cache)\.ts$/,
    reason: "what waits to be sent, or was fetched: files that nothing depends on",
  },
  { files: /^hub\/access\.ts$/, reason: "the token that `hf auth login` keeps in a file" },
  { files: /^cli\//, reason: "looks at paths that the user typed" },
  { files: /^loaders\//, reason: "reads input files, which are in no storage" },
];

/** Packages that may be imported statically, and why. All others load when first used: `await import("…")`. */
export const LIGHT_PACKAGES = {};

/**
 * @param {string} root the folder that holds src/ and package.json
 * @returns {{ file: string, line: number, message: string }[]} in the order of files and lines
 */
export function checkImports(root) {
  const files = sourceFiles(join(root, "src"));
  if (files.length === 0) return [{ file: "src", line: 0, message: "there are no source files to check" }];
  const declared = declaredPackages(root);
  const violations = [];
  const graph = new Map();
  for (const file of files) {
    const { imports, processUses } = inspect(readFileSync(join(root, "src", file), "utf8"), file);
    const say = (line, message) => violations.push({ file: `src/${file}`, line, message });
    if (!(roomOf(file) in MAY_IMPORT))
      say(1, `"${roomOf(file)}" is not a room; add it to the table of rooms or move the file`);
    graph.set(file, []);
    for (const found of imports) {
      if (found.specifier.startsWith(".")) {
        const target = resolve(file, found.specifier);
        graph.get(file).push({ target, line: found.line });
        const message = badRoom(file, target);
        if (message) say(found.line, message);
      } else {
        const message = badOutside(file, found, declared);
        if (message) say(found.line, message);
      }
    }
    if (!allowed(MAY_USE_PROCESS, file)) {
      for (const line of processUses)
        say(line, "touches process; only cli/bin.ts does: take what is needed as an argument");
    }
  }
  violations.push(...cycles(graph));
  return violations.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** `rows/column.ts` is in the room `rows`; `errors.ts` is a room of its own. */
const roomOf = (file) => file.split("/")[0].replace(/\.ts$/, "");

const resolve = (from, specifier) => posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");

const allowed = (table, file) => table.some(({ files }) => files.test(file));

function declaredPackages(root) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return new Set([...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})]);
}

function badRoom(file, target) {
  const from = roomOf(file);
  const to = roomOf(target);
  if (target.startsWith("../")) return `imports ${target}, which is outside of src`;
  if (from === to || !(from in MAY_IMPORT) || MAY_IMPORT[from].includes(to)) return undefined;
  const rule = MAY_IMPORT[from].length === 0 ? "nothing" : MAY_IMPORT[from].join(", ");
  return `${from} may not import ${to} (${target}); it may import ${rule}`;
}

function badOutside(file, { specifier, kind }, declared) {
  if (isBuiltin(specifier)) {
    const name = specifier.replace(/^node:/, "");
    if (!specifier.startsWith("node:")) return `imports "${specifier}"; write "node:${specifier}"`;
    if ((name === "fs" || name === "fs/promises") && !allowed(MAY_USE_FS, file)) {
      return `imports ${specifier}; only the local storage, cli and loaders do: read and write through a storage`;
    }
    if (name === "process" && !allowed(MAY_USE_PROCESS, file))
      return `imports ${specifier}; only cli/bin.ts touches the process`;
    return undefined;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (!declared.has(name))
    return `imports "${name}", which is neither in dependencies nor in peerDependencies of package.json`;
  if (kind === "static" && !(name in LIGHT_PACKAGES)) {
    return `imports "${name}" statically; packages load when first used: await import("${specifier}")`;
  }
  return undefined;
}

/** What a file imports (`import type` and `import("…").T` are kind "type"), and the lines that name `process`. */
function inspect(text, file) {
  const imports = [];
  const processUses = [];
  const lineOf = (offset) => text.slice(0, offset).split("\n").length;
  const add = (node, source, kind) => {
    if (typeof source?.value === "string") imports.push({ specifier: source.value, kind, line: lineOf(node.start) });
  };
  walk(parseAst(text, { lang: "ts" }, file), (node, parent, key) => {
    switch (node.type) {
      case "ImportDeclaration":
        add(node, node.source, isTypeOnly(node, "importKind") ? "type" : "static");
        break;
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
        add(node, node.source, isTypeOnly(node, "exportKind") ? "type" : "static");
        break;
      case "ImportExpression":
        add(node, node.source, "dynamic");
        break;
      case "TSImportType":
        add(node, node.source ?? node.argument?.literal ?? node.argument, "type");
        break;
      case "NewExpression":
        // new URL("./worker.js", import.meta.url): a file that is loaded by its address.
        if (node.callee.name === "URL" && node.arguments[1]?.object?.type === "MetaProperty") {
          const [address] = node.arguments;
          if (address.type === "Literal" && /^\.{1,2}\/.*\.js$/.test(address.value)) add(node, address, "dynamic");
        }
        break;
      case "Identifier":
        if (node.name === "process" && !isPropertyName(parent, key)) processUses.push(lineOf(node.start));
        break;
      case "MemberExpression":
        if (node.object.name === "globalThis" && node.property.name === "process") processUses.push(lineOf(node.start));
        break;
    }
  });
  return { imports, processUses };
}

const isTypeOnly = (node, key) =>
  node[key] === "type" ||
  (node.specifiers?.length > 0 && node.specifiers.every((specifier) => specifier[key] === "type"));

/** `run.process`, `{ process: … }`, `process(): void` in a class or type: a name, not the global. */
const isPropertyName = (parent, key) =>
  !parent.computed &&
  !parent.shorthand &&
  ((parent.type === "MemberExpression" && key === "property") || key === "key");

function walk(node, visit, parent = {}, key = "") {
  visit(node, parent, key);
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") walk(child, visit, node, name);
    }
  }
}

/** Each cycle once, at the import that closes it. */
function cycles(graph) {
  const found = [];
  const state = new Map();
  const visit = (file, path) => {
    state.set(file, "open");
    for (const { target, line } of graph.get(file) ?? []) {
      if (target === file || state.get(target) === "open") {
        const around = [...path.slice(path.indexOf(target)), target].join(" -> ");
        found.push({ file: `src/${file}`, line, message: `closes a cycle: ${around}` });
      } else if (!state.has(target)) visit(target, [...path, target]);
    }
    state.set(file, "done");
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file, [file]);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
  const violations = checkImports(root);
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
  console.log(`imports: ${violations.length === 0 ? "the rule holds" : `${violations.length} violations`}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
