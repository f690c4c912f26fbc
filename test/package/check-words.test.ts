import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, it } from "vitest";

type Check = (root: string) => { file: string; line: number; message: string }[];

const script = new URL("../../scripts/check-words.mjs", import.meta.url);
let checkWords: Check;

beforeAll(async () => {
  ({ checkWords } = (await import(script.href)) as { checkWords: Check });
});

function check(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), "kura-words-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return checkWords(root).map(({ file, line }) => `${file}:${line}`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

// Put together here, so that this file does not hold what it looks for.
const at = (folder: string) => `/${folder}/somebody/kura`;

it.each(["work", "root", "Users"])("finds a path below /%s in any file", (folder) => {
  expect(check({ "src/a.ts": `one\nconst a = "${at(folder)}";\n`, "docs/b.md": `see ${at(folder)}\n` })).toEqual([
    "docs/b.md:1",
    "src/a.ts:2",
  ]);
});

it.each(["tmp", "home"])("finds a path below /%s in documentation, not in code", (folder) => {
  expect(check({ "README.md": `\`\`\`sh\ncd ${at(folder)}\n`, "test/a.ts": at(folder) })).toEqual(["README.md:2"]);
});

it("finds addresses in the lock file and registries in settings", () => {
  const files = {
    "package-lock.json": '{\n  "resolved": "https://example.com/a.tgz"\n}\n',
    ".npmrc": "fund=false\nregistry=https://example.com\n",
    "interop/requirements.txt": "--index-url https://example.com\npandas==1\n",
  };
  expect(check(files)).toEqual([".npmrc:2", "interop/requirements.txt:1", "package-lock.json:2"]);
});

it("leaves addresses, relative paths, binary files and what is not ours alone", () => {
  const files = {
    "README.md": "https://example.com/work/a and art/work/a and ../work/a and ./tmp/a\n",
    "a.bin": `\0${at("work")}`,
    "node_modules/a/index.js": at("work"),
    "interop/.venv-current/a.py": at("work"),
  };
  expect(check(files)).toEqual([]);
});
