import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

interface Found {
  modules: string[];
  packages: string[];
  problems: string[];
}
type Check = (entry: string, options: { budget?: number; runs?: number }) => Found;

const script = new URL("../../scripts/check-import-time.mjs", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "kura-import-time-"));
let checkImportTime: Check;

beforeAll(async () => {
  ({ checkImportTime } = (await import(script.href)) as { checkImportTime: Check });
  const files = {
    "package.json": '{"type":"module"}',
    "light.js": 'import "./other.js";\nexport const later = () => import("heavy");\n',
    "other.js": "export {};\n",
    "eager.js":
      'import "./light.js";\nimport "heavy";\nimport { createRequire } from "node:module";\ncreateRequire(import.meta.url)("@a/old");\n',
    "slow.js": "const start = process.cpuUsage().user;\nwhile (process.cpuUsage().user - start < 200_000);\n",
    "node_modules/heavy/index.js": "exports.a = () => 1;\n",
    "node_modules/@a/old/index.js": "exports.a = 1;\n",
    "node_modules/kura-ts/package.json": '{"type":"module"}',
    "node_modules/kura-ts/index.js": 'import "./own.js";\n',
    "node_modules/kura-ts/own.js": "export {};\n",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const check = (entry: string, budget = 1000) => checkImportTime(join(folder, entry), { budget, runs: 1 });

it("lists what an import loads, not what it may load later", () => {
  const { modules, problems } = check("light.js");
  expect(modules.map((path) => path.split("/").at(-1)).sort()).toEqual(["light.js", "other.js"]);
  expect(problems).toEqual([]);
});

it("names packages that load with it, whichever way", () => {
  expect(check("eager.js").packages.sort()).toEqual(["@a/old", "heavy"]);
  expect(check("eager.js").problems).toHaveLength(2);
});

it("does not take an installed package for a package that it loads", () => {
  expect(check("node_modules/kura-ts/index.js")).toMatchObject({ packages: [], problems: [] });
});

it("finds an import that takes too long", () => {
  expect(check("slow.js", 1).problems).toEqual([expect.stringMatching(/takes .* ms of CPU, more than 1 times/)]);
});
