import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyCheckpoint } from "../../src/checkpoints/copy-checkpoint.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { writtenWith } from "../../src/formats/parquet/written-with.js";
import { Cluster, Conversation } from "../../src/rows/builtin.js";
import { memorySource } from "../support/memory-source.js";
import { conversation, filled } from "./directories.js";
import { type TypedOptions, temporaryDirectory, typed } from "./typed.js";

const files = (dir: string) =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name !== ".kura")
        .sort()
    : [];
const STEPS = ["clusters", "conversations", "dimensionality", "embeddings", "meta_clusters", "summaries"];
const all = (extension: string) => STEPS.map((step) => step + extension);

function home() {
  const dir = temporaryDirectory();
  const input = join(dir, "input.jsonl");
  writeFileSync(input, Array.from({ length: 9 }, (_, index) => `${JSON.stringify(conversation(index))}\n`).join(""));
  const run = (argv: readonly string[], options?: TypedOptions) => typed(["run", input, "--quiet", ...argv], options);
  return { dir, at: (name: string) => join(dir, name), run };
}

describe("where kura run keeps checkpoints", () => {
  it("is every --out, each a copy in its own format; one that comes later is brought up", async () => {
    const { at, run } = home();
    const [a, b, c] = [at("a"), at("b"), at("c")];
    expect((await run(["--out", a, "--out", `parquet:${b}`])).code).toBe(0);
    expect([files(a), files(b)]).toEqual([all(".jsonl"), all(".parquet")]);
    const third = await run(["--out", a, "--out", `parquet:${b}`, "--out", c]);
    expect(third.code).toBe(0);
    expect(files(c)).toEqual(all(".jsonl"));
    expect((await typed(["compare", c, "--with", b])).code).toBe(0);
    expect((await typed(["status", b])).stdout.match(/ fresh /g)).toHaveLength(6);
  });

  it("goes on with the compression of what is there, unless another is named", async () => {
    const { at, run } = home();
    const [out, config] = [at("out"), at("kura.config.json")];
    const compressions = async (dir: string) => {
      const found = all(".parquet").map((name) => writtenWith(memorySource(readFileSync(join(dir, name))), []));
      // In that of vectors nothing is compressed.
      return [...new Set((await Promise.all(found)).map(({ compression }) => compression))].filter(Boolean);
    };
    expect((await run(["--out", `parquet:${out}`])).code).toBe(0);
    expect(await compressions(out)).toEqual(["snappy"]);
    expect((await typed(["convert", out, "--to", "parquet", "--compression", "zstd"])).code).toBe(0);
    expect((await run(["--out", out, "--from", "conversations"])).code).toBe(0);
    expect(await compressions(out)).toEqual(["zstd"]);
    // Damage is the run's to tell of, and what another program saved decides nothing.
    rmSync(join(out, "clusters.parquet"));
    writeFileSync(join(out, "embeddings.parquet"), "");
    expect((await typed(["convert", out, "--to", "jsonl", "--only", "summaries", "--remove-source"])).code).toBe(0);
    expect((await typed(["convert", out, "--to", "parquet", "--only", "summaries"])).code).toBe(0);
    expect((await run(["--out", out, "--from", "embeddings"])).code).toBe(0);
    expect(await compressions(out)).toEqual(["zstd"]);
    expect((await run(["--out", `parquet:${at("new")}`, "--out", out])).code).toBe(0);
    expect(await compressions(at("new"))).toEqual(["snappy"]);
    writeFileSync(config, JSON.stringify({ checkpoints: { dir: out, compression: "gzip" } }));
    expect((await run(["--config", config, "--from", "conversations"])).code).toBe(0);
    expect(await compressions(out)).toEqual(["gzip"]);
    // Files of which nothing is compressed may only be small.
    expect((await typed(["convert", out, "--to", "parquet", "--compression", "none"])).code).toBe(0);
    expect(await compressions(out)).toEqual([]);
    expect((await run(["--out", out, "--from", "conversations"])).code).toBe(0);
    expect(await compressions(out)).toEqual(["snappy"]);
  });

  it("goes on in the dialect of what is there", async () => {
    const { at, run } = home();
    const dialects = async () => {
      const found = [];
      for (const type of [Conversation, Cluster] as const) {
        const bytes = readFileSync(at(`out/${type.name}.parquet`));
        found.push((await writtenWith(memorySource(bytes), type.columns)).dialect);
      }
      return found;
    };
    expect((await run(["--out", `parquet:${at("out")}`])).code).toBe(0);
    expect(await dialects()).toEqual(["none", "none"]);
    const forPython = new ParquetCheckpointManager(at("out"), { dialect: "kura-python", compression: "gzip" });
    for (const name of STEPS)
      await copyCheckpoint(new ParquetCheckpointManager(at("out")), forPython, name, { asNew: true });
    expect(await dialects()).toEqual(["kura-python", "kura-python"]);
    expect((await run(["--out", at("out"), "--from", "conversations"])).code).toBe(0);
    expect(await dialects()).toEqual(["kura-python", "kura-python"]);
    expect((await typed(["convert", at("out"), "--to", "parquet", "--compression", "zstd"])).code).toBe(0);
    expect(await dialects()).toEqual(["kura-python", "kura-python"]);
  });

  it("is what the environment says, for every command", async () => {
    const { at, run } = home();
    const env = { KURA_CHECKPOINT_DIR: at("there"), KURA_CHECKPOINT_FORMAT: "parquet" };
    expect((await run([], { env })).code).toBe(0);
    expect(files(at("there"))).toEqual(all(".parquet"));
    for (const argv of [
      ["ls"],
      ["status"],
      ["verify"],
      ["compare"],
      ["tree"],
      ["info", "summaries"],
      ["show", "summaries"],
    ])
      expect(await typed(argv, { env })).toMatchObject({ code: 0 });
    expect((await typed(["gc", "--dry-run"], { env })).code).toBe(0);
    const wrong = await run([], { env: { ...env, KURA_CHECKPOINT_FORMAT: "csv" } });
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("KURA_CHECKPOINT_FORMAT is one of jsonl, parquet"),
    });
  });

  it("is what the config says, in any of its forms, and --out goes before it", async () => {
    const { at, run } = home();
    const config = at("kura.config.json");
    const runWith = async (checkpoints: unknown, ...more: string[]) => {
      writeFileSync(config, JSON.stringify({ checkpoints }));
      return await run(["--config", config, ...more]);
    };
    expect((await runWith(`parquet:${at("text")}`)).code).toBe(0);
    expect(files(at("text"))).toEqual(all(".parquet"));
    expect((await runWith({ dir: at("object"), format: "parquet", compression: "zstd", keepRevisions: 2 })).code).toBe(
      0,
    );
    expect(files(at("object"))).toEqual(all(".parquet"));
    const copies = [at("first"), { dir: at("second"), format: "parquet" }];
    expect((await runWith({ copies, loadStrategy: "priority" })).code).toBe(0);
    expect([files(at("first")), files(at("second"))]).toEqual([all(".jsonl"), all(".parquet")]);
    expect((await runWith(copies, "--out", at("typed"))).code).toBe(0);
    expect(files(at("typed"))).toEqual(all(".jsonl"));
  });

  it("may be a manager that the config makes, also one of the user's own, as the environment has it", async () => {
    const { at, run } = home();
    const own = new URL("../../src/index.ts", import.meta.url).href;
    writeFileSync(
      at("kura.config.mjs"),
      `
      const { JSONLCheckpointManager, MultiCheckpointManager, ParquetCheckpointManager } = await import(${JSON.stringify(own)});
      class Mine extends JSONLCheckpointManager {}
      const managers = globalThis.kuraTestEnv === "production"
        ? [new ParquetCheckpointManager(${JSON.stringify(at("prod"))}), new Mine(${JSON.stringify(at("backup"))})]
        : [new JSONLCheckpointManager(${JSON.stringify(at("dev"))})];
      export default { checkpoints: new MultiCheckpointManager(managers) };
      `,
    );
    expect((await run(["--config", at("kura.config.mjs")])).code).toBe(0);
    expect(files(at("dev"))).toEqual(all(".jsonl"));
    expect(files(at("prod"))).toEqual([]);
  });

  it.each([
    [3, "checkpoints is to be a directory, format:dir, an object with dir or copies"],
    [[], "checkpoints is to be a list of at least one, not an empty list"],
    [{ dir: "x", format: "csv" }, 'checkpoints.format is to be one of "jsonl", "parquet"'],
    [{ copies: ["a", 3] }, "checkpoints.copies[1] is to be a directory"],
    [{ copies: ["a"], saveStrategy: "all" }, "checkpoints.saveStrategy is to be one of"],
    [{ directory: "x" }, "checkpoints.directory is no field of a config"],
  ])("is refused where the config says %j", async (checkpoints, message) => {
    const { at, run } = home();
    writeFileSync(at("kura.config.json"), JSON.stringify({ checkpoints }));
    const { code, stderr } = await run(["--config", at("kura.config.json")]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("twice in one place is refused", async () => {
    const { at, run } = home();
    const found = await run(["--out", at("a"), "--out", at("a")]);
    expect(found).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is there twice, and one place is one copy"),
    });
  });
});

describe("kura run --format", () => {
  it("takes over what is there in another format, and makes none of it again", async () => {
    const { out, run } = await filled();
    const before = readFileSync(join(out, "summaries.jsonl"));
    const dry = await run("--format", "parquet", "--dry-run");
    expect(dry.stdout.match(/ fresh /g)).toHaveLength(6);
    expect(files(out)).toEqual(all(".jsonl"));
    const taken = await run("--format", "parquet");
    expect(taken.code).toBe(0);
    expect(files(out)).toEqual([...all(".jsonl"), ...all(".parquet")].sort());
    expect(readFileSync(join(out, "summaries.jsonl"))).toEqual(before);
    expect((await typed(["status", out, "--format", "parquet"])).stdout.match(/ fresh /g)).toHaveLength(6);
  });

  it("leaves alone what another program saved in another format", async () => {
    const { out, run } = await filled("--format", "parquet");
    writeFileSync(join(out, "summaries.jsonl"), '{"a":1}\n');
    expect((await run()).code).toBe(0);
    expect((await run("--format", "jsonl")).code).toBe(1);
  });
});

describe("kura sync", () => {
  async function copies() {
    const { out, home } = await filled();
    const other = join(home, "other");
    await typed(["convert", out, "--to", "parquet", "--out", other, "--quiet"]);
    rmSync(other, { recursive: true });
    const argv = ["--out", out, "--out", `parquet:${other}`];
    return { out, other, sync: (...more: string[]) => typed(["sync", ...argv, ...more]) };
  }

  it("brings up a copy that has nothing, says beforehand what it would do, and does it once", async () => {
    const { other, sync } = await copies();
    const dry = await sync("--dry-run");
    expect(dry.code).toBe(0);
    expect(dry.stdout.match(/parquet\) +absent +would be brought up$/gm)).toHaveLength(6);
    expect(files(other)).toEqual([]);
    const done = await sync();
    expect(done.stdout.match(/absent +was brought up$/gm)).toHaveLength(6);
    expect(files(other)).toEqual(all(".parquet"));
    expect((await sync()).stdout.match(/good +is up to date$/gm)).toHaveLength(12);
    const json = (await sync("--json", "--only", "summaries")).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(json).toMatchObject([{ checkpoint: "summaries", inSync: true }]);
  });

  it("with --check finds and mends what rotted; deletions travel; a stranger's file stays, and is said", async () => {
    const { out, other, sync } = await copies();
    await sync();
    const rotten = join(out, "clusters.jsonl");
    const whole = readFileSync(rotten);
    const bytes = Buffer.from(whole);
    bytes[100] = bytes[100]! ^ 1;
    writeFileSync(rotten, bytes);
    await new JSONLCheckpointManager(out).deleteCheckpoint("dimensionality");
    writeFileSync(join(other, "summaries.parquet"), readFileSync(join(other, "clusters.parquet")));
    const { code, stdout, stderr } = await sync("--check");
    expect(stdout).toMatch(/^clusters +.*\(jsonl\) +damaged +was brought up$/m);
    expect(stdout).toMatch(/^dimensionality +.*\(parquet\) +behind +was deleted$/m);
    expect(stdout).toMatch(/^summaries +.*\(parquet\) +unversioned +is left as it is/m);
    expect(readFileSync(rotten)).toEqual(whole);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "kura: not all copies are brought up\n" });
  });

  it("needs two copies", async () => {
    expect(await typed(["sync", "--out", temporaryDirectory()])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("sync needs at least two copies"),
    });
  });
});
