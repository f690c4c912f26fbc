import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, collectBlocks } from "./blocks.js";
import { checkBlock } from "./check-block.js";
import { openWorkshop, type Workshop } from "./workshop.js";

/** Every fenced block of the README, CONTRIBUTING and docs/ is true: it compiles, runs and prints what the page shows. */

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Decisions and the changelog tell of the past; their code need not run today. */
const pages = ["README.md", "CONTRIBUTING.md"]
  .filter((page) => existsSync(join(root, page)))
  .concat(
    readdirSync(join(root, "docs"), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
      .map((entry) => `docs/${entry.name}`)
      .sort(),
  );

const blocks = new Map<string, Block[]>();
const unread = new Map<string, Error>();
for (const page of pages) {
  try {
    blocks.set(page, collectBlocks(readFileSync(join(root, page), "utf8"), page));
  } catch (error) {
    unread.set(page, error as Error);
  }
}
const all = [...blocks.values()].flat();

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop(all);
}, 120_000);
afterAll(() => workshop?.close());

it("every block of every page is understood", () => {
  expect([...unread.values()].map(({ message }) => message)).toEqual([]);
});

it("the README has blocks that run", () => {
  expect(blocks.get("README.md")?.filter(({ noRun }) => noRun === undefined).length ?? 0).toBeGreaterThan(0);
});

it("at most a few blocks are excused from running", () => {
  const excused = all.filter(({ noRun }) => noRun !== undefined);
  expect(excused.map(({ page, line, noRun }) => `${page}:${line} ${noRun}`).length).toBeLessThanOrEqual(
    Math.max(2, all.length / 5),
  );
});

it.each([...pages, "ARCHITECTURE.md", "CHANGELOG.md", "examples/README.md"])(
  "links of %s to files lead somewhere",
  (page) => {
    const text = readFileSync(join(root, page), "utf8");
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
    const files = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(files.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  },
);

describe.each([...blocks].filter(([, found]) => found.length > 0))("%s", (_, found) => {
  it.each(found.map((block) => [`line ${block.line} (${block.language})`, block] as const))(
    "%s is true",
    async (_, block) => {
      expect((await checkBlock(block, workshop, root)).join("\n")).toBe("");
    },
    120_000,
  );
});
