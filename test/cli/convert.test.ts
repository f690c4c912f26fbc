import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { rowType } from "../../src/rows/row-type.js";
import { filled } from "./directories.js";
import { temporaryDirectory, typed } from "./typed.js";

const STEPS = ["clusters", "conversations", "dimensionality", "embeddings", "meta_clusters", "summaries"];
const files = (dir: string, extension: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith(extension))
    .sort();

describe("kura convert", () => {
  it("writes every checkpoint in another format, and the next run takes the copies for fresh", async () => {
    const { out, run } = await filled();
    const converted = await typed(["convert", out, "--to", "parquet"]);
    expect(converted.code).toBe(0);
    for (const step of STEPS)
      expect(converted.stdout).toMatch(new RegExp(`^${step} +\\d+ +jsonl .* parquet .* compared$`, "m"));
    expect(converted.stderr).toMatch(/^summaries: 12 rows, made in /m);
    expect(files(out, ".jsonl")).toHaveLength(6);
    const status = await typed(["status", out]);
    expect(status.stdout.match(/ fresh /g)).toHaveLength(6);
    expect(status.stdout).toContain("Checkpoints are parquet.");
    expect(await run()).toMatchObject({ code: 0, stderr: expect.stringContaining("going on with parquet") });
    const again = await typed(["convert", out, "--to", "parquet", "--quiet"]);
    expect(again.stdout.match(/is parquet already/g)).toHaveLength(6);
    expect(again.stderr).toBe("");
  });

  it("there and back gives the same bytes, in another directory, without its source", async () => {
    const { home, out } = await filled();
    const before = files(out, ".jsonl").map((name) => readFileSync(join(out, name)));
    const moved = await typed(["convert", out, "--to", "parquet", "--compression", "zstd", "--remove-source"]);
    expect(moved.stdout.match(/source removed/g)).toHaveLength(6);
    expect(files(out, ".jsonl")).toEqual([]);
    const back = join(home, "back");
    expect((await typed(["convert", out, "--to", "jsonl", "--out", back])).code).toBe(0);
    expect(files(back, ".jsonl").map((name) => readFileSync(join(back, name)))).toEqual(before);
    expect((await typed(["status", back])).stdout.match(/ fresh /g)).toHaveLength(6);
  });

  it("removes the source also of what was converted before, and compares it first", async () => {
    const { out } = await filled();
    const argv = ["convert", out, "--to", "parquet", "--quiet"];
    expect((await typed(argv)).code).toBe(0);
    await new ParquetCheckpointManager(out).deleteCheckpoint("summaries");
    const later = await typed([...argv, "--remove-source"]);
    expect(later.stdout.match(/was converted already, source removed/g)).toHaveLength(5);
    expect(later.stdout.match(/compared, source removed/g)).toHaveLength(1);
    expect(files(out, ".jsonl")).toEqual([]);
    expect((await typed(["status", out])).stdout.match(/ fresh /g)).toHaveLength(6);
  });

  it("takes along row types, what rows were made from, and which are missing", async () => {
    const dir = temporaryDirectory();
    const [jsonl, parquet] = [new JSONLCheckpointManager(dir), new ParquetCheckpointManager(dir)];
    const columns = [
      { name: "id", type: "int64", bigint: true },
      { name: "vector", type: "vector", length: 2, nullable: true },
      { name: "any", type: "json" },
    ] as const;
    const rows = [
      { id: 2n ** 62n, vector: new Float32Array([1, 0.5]), any: { big: 2n ** 70n, list: [null, ""] } },
      { id: 0n, vector: null, any: [] },
    ];
    const type = rowType({ name: "thing", key: "id", columns });
    const saved = await jsonl.saveCheckpoint("things", rows, type, { madeFrom: { by: "hand" }, missing: ["7"] });
    expect((await typed(["convert", dir, "--to", "parquet", "--json"])).stdout).toBe(
      `${JSON.stringify({
        checkpoint: "things",
        rows: 2,
        from: { format: "jsonl", bytes: saved.bytes, files: ["things.jsonl"] },
        to: { format: "parquet", bytes: (await parquet.getCheckpointInfo("things"))!.bytes, files: ["things.parquet"] },
        converted: true,
        sourceRemoved: false,
      })}\n`,
    );
    expect(await parquet.loadCheckpoint("things")).toEqual(rows);
    const {
      rowType: name,
      key,
      columns: kept,
      fingerprint,
      missing,
      revision,
    } = (await parquet.getCheckpointInfo("things"))!;
    expect({ name, key, fingerprint, missing }).toEqual({
      name: "thing",
      key: "id",
      fingerprint: { by: "hand" },
      missing: ["7"],
    });
    expect(kept).toEqual(saved.columns);
    expect(revision!.rowHash).toBe(saved.revision!.rowHash);
  });

  it("converts a file that nothing describes, given by its path", async () => {
    const dir = temporaryDirectory();
    const file = join(dir, "notes.jsonl");
    writeFileSync(file, '{"a":1}\n{"a":null,"b":"x"}\n');
    expect((await typed(["convert", file, "--to", "parquet"])).code).toBe(0);
    const shown = await typed(["show", join(dir, "notes.parquet"), "--json"]);
    expect(shown.stdout).toBe('{"a":1,"b":null}\n{"a":null,"b":"x"}\n');
    expect(readFileSync(file, "utf8")).toBe('{"a":1}\n{"a":null,"b":"x"}\n');
  });

  it("of a checkpoint in several formats converts what was saved last, and never an older one over it", async () => {
    const dir = temporaryDirectory();
    const [jsonl, parquet] = [new JSONLCheckpointManager(dir), new ParquetCheckpointManager(dir)];
    await jsonl.saveCheckpoint("notes", [{ a: "old" }]);
    await typed(["convert", dir, "--to", "parquet"]);
    await parquet.saveCheckpoint("notes", [{ a: "new" }]);
    await typed(["convert", dir, "--to", "parquet"]);
    expect(await parquet.loadCheckpoint("notes")).toEqual([{ a: "new" }]);
    await typed(["convert", dir, "--to", "jsonl"]);
    expect(await jsonl.loadCheckpoint("notes")).toEqual([{ a: "new" }]);
  });

  it("goes on past one that is damaged, and says so; nothing takes its place", async () => {
    const { home, out } = await filled();
    const file = join(out, "summaries.jsonl");
    writeFileSync(file, readFileSync(file).subarray(0, 900));
    const target = join(home, "target");
    const { code, stdout, stderr } = await typed([
      "convert",
      out,
      "--to",
      "parquet",
      "--out",
      target,
      "--remove-source",
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^embeddings .* source removed$/m);
    expect(stderr).toMatch(/kura: summaries was not converted: Cannot read ".*summaries\.jsonl"/);
    expect(files(target, ".parquet")).toHaveLength(5);
    expect(existsSync(file)).toBe(true);
  });

  it("to another directory is the same revision, so that copies of it are in sync; what another program saved there stays", async () => {
    const { home, out } = await filled();
    const target = join(home, "target");
    await typed(["convert", out, "--to", "parquet", "--out", target, "--quiet"]);
    const synced = await typed(["sync", "--out", out, "--out", `parquet:${target}`]);
    expect(synced.stdout.match(/good +is up to date$/gm)).toHaveLength(12);
    const theirs = join(home, "theirs");
    cpSync(target, theirs, { recursive: true });
    rmSync(join(theirs, ".kura"), { recursive: true });
    const file = join(out, "summaries.jsonl");
    rmSync(join(out, ".kura"), { recursive: true });
    // The same rows as another program saved are nobody's to write again.
    const held = readFileSync(join(theirs, "summaries.parquet"));
    expect((await typed(["convert", file, "--to", "parquet", "--out", theirs])).code).toBe(0);
    expect(readFileSync(join(theirs, "summaries.parquet"))).toEqual(held);
    writeFileSync(file, readFileSync(file, "utf8").split("\n").slice(1).join("\n"));
    const refused = await typed(["convert", file, "--to", "parquet", "--out", theirs]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--replace puts this one in its place") });
  });

  it("does not put rows in the place of others unless told to", async () => {
    const { home, out } = await filled();
    const target = join(home, "target");
    const held = new ParquetCheckpointManager(target);
    await held.saveCheckpoint("summaries", []);
    const argv = ["convert", out, "--to", "parquet", "--out", target, "--only", "summaries"];
    const refused = await typed(argv);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("holds another summaries\n--replace puts this one in its place");
    expect(await held.loadCheckpoint("summaries")).toEqual([]);
    expect((await typed([...argv, "--replace"])).code).toBe(0);
    expect((await held.listRevisions("summaries")).map(({ rows }) => rows)).toEqual([12, 0]);
    expect((await typed(argv)).stdout).toMatch(/was converted already/);
  });

  it.each([
    [[], /convert needs --to: one of jsonl, parquet/],
    [["--to", "csv"], /--to is one of .*; "csv" was given/],
    [["--to", "jsonl", "--compression", "gzip"], /jsonl has no compression/],
    [["--to", "parquet", "--compression", "zip"], /--compression of parquet is one of snappy, .*; "zip" was given/],
    [["--to", "parquet", "--only", "../x"], /Cannot use "\.\.\/x" as the name/],
    [["--to", "parquet", "--out", "package.json"], /"package.json" is a file/],
    [["--to", "parquet", "--out", "hf://datasets/a/b"], /is a dataset of the Hub[\s\S]*kura push a\/b/],
  ])("answers %j with exit code 2", async (argv, message) => {
    const dir = temporaryDirectory();
    copyFileSync("package.json", join(dir, "notes.jsonl"));
    const { code, stderr } = await typed(["convert", dir, ...argv]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
