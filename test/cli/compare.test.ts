import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { rowType } from "../../src/rows/row-type.js";
import { temporaryDirectory, typed } from "./typed.js";

const Thing = rowType({
  name: "thing",
  key: "id",
  columns: [
    { name: "id", type: "text" },
    { name: "n", type: "int64" },
  ],
});
const things = (from: number, to: number, n = 0) =>
  Array.from({ length: to - from }, (_, index) => ({ id: `t${from + index}`, n: from + index === 3 ? n : 1 }));

async function directories() {
  const [a, b] = [temporaryDirectory(), temporaryDirectory()];
  await new JSONLCheckpointManager(a).saveCheckpoint("things", things(0, 20), Thing);
  await new ParquetCheckpointManager(b).saveCheckpoint("things", things(2, 22, 7), Thing);
  return { a, b };
}

describe("kura compare", () => {
  it("has a table of sizes, of each format that is there, and a total", async () => {
    const { a } = await directories();
    await typed(["convert", a, "--to", "parquet", "--quiet"]);
    await new JSONLCheckpointManager(a).saveCheckpoint("notes", [{ text: "x" }]);
    const { code, stdout } = await typed(["compare", a]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name +rows +jsonl +parquet +parquet of jsonl$/m);
    expect(stdout).toMatch(/^notes +1 +13 B$/m);
    expect(stdout).toMatch(/^things +20 +\S+ B +\S+ B +\d+ %$/m);
    expect(stdout).toMatch(/^total of those in all +\S+ B +\S+ B +\d+ %$/m);
    const json = (await typed(["compare", a, "--json"])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(json).toMatchObject([
      { checkpoint: "notes", formats: { jsonl: { rows: 1, bytes: 13 } } },
      { checkpoint: "things", formats: { jsonl: { rows: 20 }, parquet: { rows: 20 } } },
    ]);
  });

  it("lists rows that were added, removed and changed, across formats", async () => {
    const { a, b } = await directories();
    const { code, stdout } = await typed(["compare", b, "--with", a]);
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        "+ things t20",
        "+ things t21",
        "- things t0",
        "- things t1",
        "~ things t3: n",
        "name    before  now  same  added  removed  changed",
        "things      20   20    17      2        2        1",
        "",
      ].join("\n"),
    );
    expect((await typed(["compare", b, "--with", a, "--limit", "1"])).stdout).toContain("… 4 more of things");
    const json = await typed(["compare", b, "--with", `jsonl:${a}`, "--json"]);
    expect(json.stdout.trimEnd().split("\n")).toHaveLength(6);
    expect(await typed(["compare", a, "--with", a])).toMatchObject({ code: 0 });
  });

  it("compares files that nothing describes, by a key that is named", async () => {
    const dir = temporaryDirectory();
    const [old, now] = [join(dir, "old.jsonl"), join(dir, "now.jsonl")];
    writeFileSync(old, '{"k":1,"v":1}\n{"k":2,"v":1}\n');
    writeFileSync(now, '{"k":2,"v":2}\n{"k":1,"v":1}\n');
    const { stdout } = await typed(["compare", now, "--with", old, "--key", "k"]);
    expect(stdout).toMatch(/^~ now 2: v$/m);
    expect(stdout).toMatch(/^now +2 +2 +1 +0 +0 +1$/m);
    const none = await typed(["compare", now, "--with", old, "--key", "id"]);
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toMatch(
      /rows of checkpoint "old" apart by "id": row 0 has no such field; it has k, v\n.*--key/,
    );
  });

  it("compares with the revision before, or another", async () => {
    const { a } = await directories();
    const manager = new JSONLCheckpointManager(a, { keepRevisions: 3 });
    const first = (await manager.getCheckpointInfo("things"))!.revision!.id;
    for (const count of [21, 22]) await manager.saveCheckpoint("things", things(0, count), Thing);
    const before = await typed(["compare", a, "--only", "things", "--revision", "before"]);
    expect(before.stdout).toMatch(/^\+ things t21\n/);
    const earlier = await typed(["compare", a, "--revision", first]);
    expect(earlier.stdout).toMatch(/^things +20 +22 +20 +2 +0 +0$/m);
    const none = await typed(["compare", a, "--revision", "x"]);
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("things has no earlier revision x\nthere are "),
    });
  });

  it("says which checkpoints only one side has", async () => {
    const { a, b } = await directories();
    await new JSONLCheckpointManager(a).saveCheckpoint("notes", []);
    const { code, stdout } = await typed(["compare", a, "--with", b, "--limit", "0"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^notes .* only in /m);
  });

  it.each([
    [["--with", "x", "--revision", "y"], 2, /cannot be combined/],
    [["--with", "no-such"], 2, /there is no directory "no-such"/],
    [["--with", "jsonl:"], 2, /names a format and no directory/],
    [["--only", "nothing"], 1, /has no checkpoint "nothing"/],
  ])("answers %j with exit code %i", async (argv, code, message) => {
    const { a } = await directories();
    const found = await typed(["compare", a, ...argv]);
    expect(found.stderr).toMatch(message);
    expect(found.code).toBe(code);
  });
});
