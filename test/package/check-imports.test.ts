import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

type Check = (root: string) => { file: string; line: number; message: string }[];

// Scripts are plain JavaScript, outside of the type-checked program: loaded by address.
const script = new URL("../../scripts/check-imports.mjs", import.meta.url);
const roots: string[] = [];
let checkImports: Check;

beforeAll(async () => {
  ({ checkImports } = (await import(script.href)) as { checkImports: Check });
});

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** Violations of a source tree, as `file:line message`. */
function check(files: Record<string, string>, manifest: object = {}): string[] {
  const root = mkdtempSync(join(tmpdir(), "kura-imports-"));
  roots.push(root);
  for (const [path, text] of Object.entries({ ...files, "../package.json": JSON.stringify(manifest) })) {
    const file = join(root, "src", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return checkImports(root).map(({ file, line, message }) => `${file}:${line} ${message}`);
}

const empty = "export {};\n";

describe("the import rule", () => {
  it("accepts a tree in which everything runs one way", () => {
    const violations = check(
      {
        "errors.ts": empty,
        "bytes/piece.ts": 'import "../errors.js";\n',
        "rows/column.ts": 'import type { Piece } from "../bytes/piece.js";\nexport type Column = Piece;\n',
        "formats/jsonl/read.ts": 'import "../../rows/column.js";\nimport "./line.js";\n',
        "formats/jsonl/line.ts": empty,
        "storage/local.ts": 'import { open } from "node:fs/promises";\nexport { open };\n',
        "models/ai-sdk.ts": 'export const load = () => import("ai");\n',
        "index.ts": 'export * from "./formats/jsonl/read.js";\n',
        "cli/bin.ts": 'import "./main.js";\nprocess.exitCode = 0;\n',
        "cli/main.ts": "export const main = (run: { process: string }) => run.process;\n",
      },
      { peerDependencies: { ai: "6" } },
    );
    expect(violations).toEqual([]);
  });

  it("refuses an import that runs upwards, and names file, line and rule", () => {
    expect(check({ "rows/a.ts": '// a comment\nimport "../pipeline/b.js";\n', "pipeline/b.ts": empty })).toEqual([
      "src/rows/a.ts:2 rows may not import pipeline (pipeline/b.ts); it may import bytes, errors",
    ]);
  });

  it.each([
    ["rooms of one level", "formats/a.ts", "storage/b.ts"],
    ["a pure step that looks at a format", "steps/a.ts", "formats/b.ts"],
    ["a loader that looks at a checkpoint", "loaders/a.ts", "checkpoints/b.ts"],
    ["rows from bytes", "bytes/a.ts", "rows/b.ts"],
    ["anything from errors", "errors.ts", "math/b.ts"],
    ["the command line from the front door", "index.ts", "cli/b.ts"],
    ["the front door from a room", "pipeline/a.ts", "index.ts"],
  ])("refuses to import %s", (_, from, to) => {
    const up = "../".repeat(from.split("/").length - 1) || "./";
    expect(check({ [from]: `import "${up}${to.replace(".ts", ".js")}";\n`, [to]: empty })).toHaveLength(1);
  });

  it.each([
    ["re-exports", 'export * from "../cli/b.js";'],
    ["named re-exports", 'export { b } from "../cli/b.js";'],
    ["type imports", 'import type { B } from "../cli/b.js"; export type C = B;'],
    ["import types", 'export type B = import("../cli/b.js").B;'],
    ["dynamic imports", 'export const b = () => import("../cli/b.js");'],
    ["addresses of workers", 'export const b = new URL("../cli/b.js", import.meta.url);'],
  ])("sees %s", (_, text) => {
    expect(check({ "models/a.ts": `${text}\n`, "cli/b.ts": empty })).toEqual([
      expect.stringMatching(/^src\/models\/a\.ts:1 models may not import cli/),
    ]);
  });

  it("is not fooled by comments, strings and templates", () => {
    const text = '// import "../cli/b.js"\nexport const s = `import "../cli/b.js" process`;\n/* process.exit() */\n';
    expect(check({ "models/a.ts": text, "cli/b.ts": empty })).toEqual([]);
  });

  it("refuses a room that is not in the table", () => {
    expect(check({ "utils/a.ts": empty })).toEqual([expect.stringContaining('src/utils/a.ts:1 "utils" is not a room')]);
  });

  it("refuses an import from outside of src", () => {
    expect(check({ "rows/a.ts": 'import "../../test/b.js";\n' })).toEqual([expect.stringContaining("outside of src")]);
  });

  it("refuses a cycle between files of one room, each once", () => {
    const files = {
      "rows/a.ts": 'import "./b.js";\n',
      "rows/b.ts": '\nimport "./c.js";\n',
      "rows/c.ts": 'import type {} from "./a.js";\n',
      "rows/d.ts": 'import "./a.js";\n',
    };
    expect(check(files)).toEqual(["src/rows/c.ts:1 closes a cycle: rows/a.ts -> rows/b.ts -> rows/c.ts -> rows/a.ts"]);
  });

  it("refuses the process global outside of its few places", () => {
    const text =
      'export const a = process.pid;\nexport const b = globalThis.process;\nimport { env } from "node:process";\nenv;\n';
    expect(check({ "pipeline/a.ts": text }).map((line) => line.split(" ")[0])).toEqual([
      "src/pipeline/a.ts:1",
      "src/pipeline/a.ts:2",
      "src/pipeline/a.ts:3",
    ]);
    expect(check({ "cli/bin.ts": text })).toEqual([]);
    expect(check({ "cli/main.ts": text })).toHaveLength(3);
  });

  it.each(["node:fs", "node:fs/promises"])("refuses %s where a storage should be asked", (specifier) => {
    const text = `import "${specifier}";\n`;
    expect(check({ "checkpoints/a.ts": text })).toEqual([expect.stringContaining("through a storage")]);
    expect(check({ "loaders/a.ts": text, "cli/a.ts": text, "storage/local.ts": text })).toEqual([]);
  });

  it("refuses a package that is loaded before it is used, or not declared", () => {
    const manifest = { dependencies: { zod: "4" } };
    expect(check({ "rows/a.ts": 'import { z } from "zod";\nz;\n' }, manifest)).toEqual([
      'src/rows/a.ts:1 imports "zod" statically; packages load when first used: await import("zod")',
    ]);
    expect(
      check({ "rows/a.ts": 'import type { ZodType } from "zod/v4";\nexport type A = ZodType;\n' }, manifest),
    ).toEqual([]);
    expect(check({ "rows/a.ts": 'export const a = () => import("@a/b/c");\n' }, manifest)).toEqual([
      expect.stringContaining('imports "@a/b", which is neither'),
    ]);
    expect(check({ "rows/a.ts": 'import "path";\n' })).toEqual([expect.stringContaining('write "node:path"')]);
  });

  it("does not pass because it found nothing to check", () => {
    expect(check({})).toHaveLength(1);
  });
});
