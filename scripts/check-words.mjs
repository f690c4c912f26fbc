/**
 * Nothing in the project names the machine it was made on: no absolute local path, no registry in the lock file.
 *
 *   node scripts/check-words.mjs [root]      prints file:line of each violation; exits 1 if there is one
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Made here, not written here. */
const SKIPPED = [/^node_modules$/, /^dist$/, /^coverage$/, /^checkpoints$/, /^\.git$/, /^\.venv/];

// An absolute path starts a word: the address https://example.com/home/ is none.
const path = (...folders) => new RegExp(`(?<![\\w.\\-/)}*])/(?:${folders.join("|")})(?=/\\w)`);

/** What no file may hold, and why. `files` limits a rule to some of them. */
export const FORBIDDEN = [
  { pattern: path("work", "root", "Users"), reason: "an absolute path of somebody's machine", except: /\.jsonl?$/ },
  { pattern: path("work"), reason: "an absolute path of somebody's machine", files: /\.jsonl?$/ },
  {
    pattern: path("tmp", "home"),
    reason: "an absolute local path in documentation; write a relative one",
    files: /\.md$/,
  },
  { pattern: /file:\/\/\/\w/, reason: "an absolute local address" },
  {
    pattern: /"resolved":/,
    reason: "an address in the lock file; npm writes none with omit-lockfile-registry-resolved",
    files: /(^|\/)package-lock\.json$/,
  },
  {
    pattern: /^\s*(registry|@[\w-]+:registry|\/\/.*)\s*=|_authToken/,
    reason: "a registry or its key",
    files: /(^|\/)\.npmrc$/,
  },
  {
    pattern: /(--(extra-)?index-url|--find-links|--trusted-host)/,
    reason: "a package index",
    files: /(^|\/)requirements[^/]*\.txt$/,
  },
];

/**
 * @param {string} root
 * @returns {{ file: string, line: number, message: string }[]} in the order of files and lines
 */
export function checkWords(root) {
  const violations = [];
  for (const file of textFiles(root)) {
    const rules = FORBIDDEN.filter(({ files, except }) => (files?.test(file) ?? true) && !except?.test(file));
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    lines.forEach((text, index) => {
      for (const { pattern, reason } of rules) {
        const found = pattern.exec(text);
        if (found) violations.push({ file, line: index + 1, message: `${reason}: ${excerpt(text, found.index)}` });
      }
    });
  }
  return violations;
}

function textFiles(root, folder = root) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = join(folder, entry.name);
    // In a worktree of git, .git is a file.
    if (SKIPPED.some((name) => name.test(entry.name))) continue;
    if (entry.isDirectory()) found.push(...textFiles(root, at));
    else if (entry.isFile() && !readFileSync(at).subarray(0, 8192).includes(0))
      found.push(relative(root, at).split(sep).join("/"));
  }
  return found;
}

const excerpt = (text, at) => text.slice(Math.max(0, at - 20), at + 40).trim();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkWords(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
  console.log(`words: ${violations.length === 0 ? "nothing local is named" : `${violations.length} violations`}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
