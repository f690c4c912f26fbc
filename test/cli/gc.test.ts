import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { filled } from "./directories.js";
import { temporaryDirectory, typed } from "./typed.js";

const history = (dir: string, visible = "notes.jsonl") => readdirSync(join(dir, ".kura", visible)).sort();
const data = (dir: string, visible?: string) => history(dir, visible).filter((name) => name.endsWith(".data"));

/** Three revisions, and between them a file of somebody else. */
async function used() {
  const dir = temporaryDirectory();
  const manager = new JSONLCheckpointManager(dir, { keepRevisions: 3 });
  for (const a of [1, 2]) await manager.saveCheckpoint("notes", [{ a }]);
  writeFileSync(join(dir, "notes.jsonl"), '{"theirs":1}\n{"theirs":2}\n{"theirs":3}\n');
  for (const a of [3, 4]) await manager.saveCheckpoint("notes", [{ a }]);
  return { dir, manager };
}

describe("kura gc", () => {
  it("says beforehand what it then drops: revisions beyond those that stay, and displaced files", async () => {
    const { dir, manager } = await used();
    expect(data(dir)).toHaveLength(3);
    const all = ["--keep-revisions", "1", "--displaced-days", "0"];
    const dry = await typed(["gc", dir, "--dry-run", ...all]);
    expect(dry.stdout).toMatch(/^notes +jsonl +\d+ B +1 earlier revision, 1 displaced file$/m);
    expect(data(dir)).toHaveLength(3);
    const { code, stdout } = await typed(["gc", dir, ...all]);
    expect(code).toBe(0);
    expect(stdout.replace("are gone", "would go; without --dry-run they do")).toBe(dry.stdout);
    expect(data(dir)).toHaveLength(1);
    // What is left is the newest of ours, whole.
    expect((await manager.listRevisions("notes")).map(({ rows, current }) => [rows, current])).toEqual([
      [1, true],
      [1, false],
    ]);
    expect((await typed(["verify", dir, "--deep"])).code).toBe(0);
    expect((await typed(["restore", "notes", "--out", dir])).code).toBe(0);
    expect(await manager.loadCheckpoint("notes")).toEqual([{ a: 3 }]);
    expect((await typed(["gc", dir, "--displaced-days", "0"])).stdout).toMatch(/^Nothing of ".*" is to go\.\n$/);
  });

  it("leaves displaced files alone for a month", async () => {
    const { dir } = await used();
    await typed(["gc", dir, "--keep-revisions", "0"]);
    expect(data(dir)).toEqual([expect.stringMatching(/^f/)]);
  });

  it("does not touch what describes a damaged checkpoint, which would else load as somebody's", async () => {
    const { dir, manager } = await used();
    const bytes = readFileSync(join(dir, "notes.jsonl"));
    bytes[5] = bytes[5]! ^ 1;
    writeFileSync(join(dir, "notes.jsonl"), bytes);
    await typed(["gc", dir, "--keep-revisions", "0", "--displaced-days", "0"]);
    expect(data(dir)).toEqual([]);
    await expect(manager.loadCheckpoint("notes")).rejects.toThrow(/not those that were saved/);
  });

  it("drops what writers that died have left, of a checkpoint that is not there too, and keeps tombstones", async () => {
    const { dir, manager } = await used();
    await manager.saveCheckpoint("gone", [{ a: 1 }]);
    await manager.deleteCheckpoint("gone");
    writeFileSync(join(dir, ".kura/notes.jsonl/20260101T000000000Z-00000000.tmp"), "half");
    writeFileSync(join(dir, ".kura/gone.jsonl/20260101T000000000Z-00000000.tmp"), "half");
    const { stdout } = await typed(["gc", dir, "--keep-revisions", "9", "--json"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { copy: dir, part: "gone", format: "jsonl", what: "1 temporary file", bytes: 4 },
      { copy: dir, part: "notes", format: "jsonl", what: "1 temporary file", bytes: 4 },
    ]);
    expect(history(dir, "gone.jsonl")).toEqual([expect.stringMatching(/\.json$/)]);
    expect((await manager.getRevisionState("gone")).state).toBe("deleted");
  });

  it("drops fitted models that nothing was made with, once they are a day old", async () => {
    const { out } = await filled();
    const models = join(out, ".kura/models");
    const [used] = readdirSync(models);
    const unused = join(models, `${"0".repeat(64)}.data`);
    writeFileSync(unused, "model");
    expect((await typed(["gc", out])).stdout).toMatch(/^Nothing/);
    utimesSync(unused, new Date(0), new Date(0));
    utimesSync(join(models, used!), new Date(0), new Date(0));
    expect((await typed(["gc", out])).stdout).toMatch(/^models +5 B +1 fitted model$/m);
    expect(existsSync(unused)).toBe(false);
    expect(readdirSync(models)).toEqual([used]);
  });

  it("answers wrong usage with exit code 2", async () => {
    const found = await typed(["gc", temporaryDirectory(), "--keep-revisions", "-1"]);
    expect(found).toMatchObject({ code: 2, stderr: expect.stringContaining("--keep-revisions") });
    const hub = await typed(["gc", "hf://datasets/a/b"]);
    expect(hub).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is a dataset of the Hub, and a directory is needed"),
    });
  });
});
