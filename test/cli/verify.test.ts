import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { PackedKeys, writeKeyList } from "../../src/checkpoints/answers/key-list.js";
import { BaseCheckpointManager } from "../../src/checkpoints/base-checkpoint-manager.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { LocalStorage } from "../../src/storage/local.js";
import { filled } from "./directories.js";
import { temporaryDirectory, typed } from "./typed.js";

function flipByte(path: string, at: (bytes: Buffer) => number = (bytes) => bytes.length >> 1): void {
  const bytes = readFileSync(path);
  const index = at(bytes);
  bytes[index] = bytes[index]! ^ 4;
  writeFileSync(path, bytes);
}
const historyFile = (out: string, visible: string, ending: string) => {
  const dir = join(out, ".kura", visible);
  return join(dir, readdirSync(dir).find((name) => name.endsWith(ending))!);
};

describe("kura verify", () => {
  it("finds nothing where nothing is damaged, in any format", async () => {
    const { out } = await filled();
    await typed(["convert", out, "--to", "parquet", "--only", "clusters,summaries", "--quiet"]);
    for (const deep of [[], ["--deep"]]) {
      const { code, stdout, stderr } = await typed(["verify", out, ...deep]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout.match(/ whole$/gm)).toHaveLength(6 + 2 + 1);
      expect(stdout).toMatch(
        deep.length > 0 ? /Nothing is damaged: .*every row decoded\.\n$/ : /Nothing is damaged: .*hashed\.\n$/,
      );
    }
  });

  it("looks at one format of a directory, where that is what is named", async () => {
    const { out } = await filled();
    await typed(["convert", out, "--to", "parquet", "--only", "clusters", "--quiet"]);
    const { code, stdout } = await typed(["verify", `parquet:${out}`]);
    expect(code).toBe(0);
    expect(stdout).toContain("parquet");
    expect(stdout).not.toContain("jsonl");
  });

  it.each<[string, (out: string) => string, RegExp]>([
    ["a checkpoint's file", (out) => join(out, "summaries.jsonl"), /^summaries +jsonl .* damaged$/m],
    ["a checkpoint's Parquet", (out) => join(out, "clusters.parquet"), /^clusters +parquet .* damaged$/m],
    [
      "an earlier revision",
      (out) => historyFile(out, "embeddings.jsonl", ".data"),
      /^embeddings +jsonl +revision .* damaged$/m,
    ],
    [
      "a manifest",
      (out) => historyFile(out, "dimensionality.jsonl", ".json"),
      /^dimensionality +jsonl +manifest .* damaged$/m,
    ],
    ["a fitted model", (out) => historyFile(out, "models", ".data"), /^models +model .* damaged$/m],
  ])("finds one flipped bit in %s, says what works, and answers with exit code 1", async (_, pathOf, line) => {
    const { out } = await filled();
    await typed(["convert", out, "--to", "parquet", "--only", "clusters", "--quiet"]);
    const manager = new JSONLCheckpointManager(out);
    await manager.saveCheckpoint("embeddings", (await manager.loadCheckpoint("embeddings"))!);
    const path = pathOf(out);
    flipByte(path);
    const { code, stdout } = await typed(["verify", out]);
    expect(code).toBe(1);
    expect(stdout).toMatch(line);
    expect(stdout.match(/ damaged$/gm)).toHaveLength(1);
    const json = (await typed(["verify", out, "--json"])).stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(json.filter(({ state }) => state === "damaged")).toMatchObject([{ problem: expect.any(String) }]);
  });

  it("names the ways out that there are, which then work", async () => {
    const { out, run } = await filled();
    const file = join(out, "summaries.jsonl");
    flipByte(file);
    expect((await typed(["verify", out])).stdout).toMatch(/^kura run … --from summaries makes it anew/m);
    await typed(["verify", out]);
    expect((await run("--from", "summaries")).code).toBe(0);
    expect((await typed(["verify", out])).code).toBe(0);
    const manager = new JSONLCheckpointManager(out);
    await manager.saveCheckpoint("summaries", []);
    writeFileSync(file, "torn");
    const said = (await typed(["verify", out])).stdout;
    const restore = /^(kura restore summaries .*) has the revision before back$/m.exec(said)![1]!;
    expect((await typed(restore.split(" ").slice(1))).code).toBe(0);
    expect((await typed(["verify", out])).code).toBe(0);
    expect(await manager.loadCheckpoint("summaries")).toHaveLength(12);
  });

  it("tells of a checkpoint of which only earlier revisions are left, and of files that nothing describes", async () => {
    const dir = temporaryDirectory();
    const manager = new JSONLCheckpointManager(dir);
    for (const a of [1, 2]) await manager.saveCheckpoint("notes", [{ a }]);
    rmSync(join(dir, "notes.jsonl"));
    writeFileSync(join(dir, "theirs.jsonl"), '{"a":1}\n');
    writeFileSync(join(dir, "broken.jsonl"), '{"a":1}\n{"a');
    const { code, stdout } = await typed(["verify", dir]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^notes .* missing$/m);
    expect(stdout).toMatch(/^theirs +jsonl +1 +8 B +unverified$/m);
    expect(stdout).toMatch(/^broken .* damaged$/m);
    expect(stdout).toMatch(/kura restore notes --out .* has revision \S+ back/);
    const one = await typed(["verify", join(dir, "theirs.jsonl")]);
    expect(one.code).toBe(0);
    expect(one.stdout).not.toContain("notes");
  });

  it("with --deep finds rows that are not those that were hashed, though every byte is as it was written", async () => {
    const dir = temporaryDirectory();
    const manager = new JSONLCheckpointManager(dir);
    await manager.saveCheckpoint("notes", [{ a: 1 }]);
    const path = historyFile(dir, "notes.jsonl", ".json");
    const { decodeManifest, encodeManifest } = await import("../../src/checkpoints/manifest.js");
    const manifest = decodeManifest(readFileSync(path))!;
    writeFileSync(path, encodeManifest({ ...manifest, revision: { ...manifest.revision, rowHash: "sha256:0" } }));
    expect((await typed(["verify", dir])).code).toBe(0);
    const deep = await typed(["verify", dir, "--deep"]);
    expect(deep.code).toBe(1);
    expect(deep.stdout).toContain("its rows hash to sha256:");
  });

  it("reads answers, and tells of lines that are damaged", async () => {
    const dir = temporaryDirectory();
    const storage = new LocalStorage(dir);
    await new JSONLCheckpointManager(dir).saveCheckpoint("notes", []);
    const store = await AnswerStore.open(storage);
    const key = (index: number) => index.toString(16).padStart(64, "0");
    for (let index = 0; index < 5; index++) {
      const at = new Date(0).toISOString();
      await store.put({ key: key(index), value: `answer ${index}`, attempts: 1, at });
    }
    await store.close();
    expect((await typed(["verify", dir])).stdout).toMatch(/^answers +answers +5 .* whole$/m);
    flipByte(historyFile(dir, "answers", ".answers"), (bytes) => bytes.indexOf("answer 3"));
    const { code, stdout } = await typed(["verify", dir]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/is damaged: 1 of its lines/);
  });

  it("reads the lists of answers that revisions were made of", async () => {
    const dir = temporaryDirectory();
    const storage = new LocalStorage(dir);
    const keys = new PackedKeys();
    for (let index = 0; index < 5; index++) keys.add(index.toString(16).padStart(64, "0"));
    const id = await writeKeyList(storage, { project: "p", step: "notes", at: new Date(0).toISOString(), keys });
    expect((await typed(["verify", dir])).code).toBe(0);
    const path = readdirSync(join(dir, ".kura/answers")).find((name) => name.includes(id))!;
    flipByte(join(dir, ".kura/answers", path));
    const { code, stdout } = await typed(["verify", dir]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^answers +list +damaged$/m);
  });

  it.each([
    [["--only", "nothing"], 1, /has no checkpoint "nothing"/],
    [["--only", "../x"], 2, /Cannot use/],
  ])("answers %j with exit code %i", async (argv, code, message) => {
    const dir = temporaryDirectory();
    const found = await typed(["verify", dir, ...argv]);
    expect(found.stderr).toMatch(message);
    expect(found.code).toBe(code);
  });
});

it("names the file that was displaced, where there is nothing else to have back", async () => {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, "notes.jsonl"), '{"n":1}\n');
  await new JSONLCheckpointManager(dir, { keepRevisions: 0 }).saveCheckpoint("notes", [{ n: 2 }]);
  rmSync(join(dir, "notes.jsonl"));
  const { stdout } = await typed(["verify", dir]);
  const way = /notes\.jsonl is missing: kura (restore notes --revision f\S+ --out \S+) has revision f\S+ back/.exec(
    stdout,
  )!;
  expect((await typed(way[1]!.split(" "))).code).toBe(0);
  expect(readFileSync(join(dir, "notes.jsonl"), "utf8")).toBe('{"n":1}\n');
});

describe("a directory of a dataset", () => {
  async function dataset() {
    const dir = temporaryDirectory();
    await new HFDatasetCheckpointManager(dir).saveCheckpoint("summaries", [], "summaries");
    return dir;
  }

  it("without its state.json is missing, and its rows are said to be there, and had back", async () => {
    const dir = await dataset();
    rmSync(join(dir, "summaries/state.json"));
    const { stdout } = await typed(["verify", dir]);
    expect(stdout).toMatch(/^summaries +hf-dataset .* missing$/m);
    expect(stdout).toMatch(/"summaries\/state\.json" is not there, and all rows of revision (\S+) are; kura restore/);
    expect(await typed(["restore", "summaries", "--out", dir])).toMatchObject({ code: 0 });
    expect((await typed(["verify", dir])).stdout).toMatch(/^summaries +hf-dataset .* whole$/m);
  });

  it("without its state.json and a shard is missing, and says that the rest stays", async () => {
    const dir = temporaryDirectory();
    const manager = new HFDatasetCheckpointManager(dir, { maxShardBytes: 1_000 });
    const rows = Array.from({ length: 2_500 }, (_, n) => ({ n }));
    const { files } = await manager.saveCheckpoint("numbers", rows);
    for (const file of [files[0]!, "numbers/state.json"]) rmSync(join(dir, file));
    const { stdout } = await typed(["verify", dir]);
    expect(stdout).toMatch(
      /"numbers\/state\.json" is not there, and some rows of revision \S+ are; what is left of it is kept when/,
    );
  });

  it("without its dataset_info.json is damaged, for others", async () => {
    const dir = await dataset();
    expect((await typed(["verify", dir])).code).toBe(0);
    for (const spoil of [(path: string) => writeFileSync(path, "{"), (path: string) => rmSync(path)]) {
      spoil(join(dir, "summaries/dataset_info.json"));
      const found = await typed(["verify", dir]);
      expect(found).toMatchObject({ code: 1, stdout: expect.stringContaining("the next save writes it anew") });
    }
  });

  it("with an empty state.json stops a run, which names what works", async () => {
    const { out, run } = await filled("--format", "hf");
    expect((await run("--format", "hf", "--from", "summaries")).code).toBe(0);
    writeFileSync(join(out, "summaries/state.json"), "");
    const { code, stderr } = await run("--format", "hf");
    expect(code).toBe(1);
    expect(stderr).toContain("--from summaries makes it anew");
    expect(stderr).toContain(`kura restore summaries --out ${out} has the revision before back`);
    expect((await typed(["restore", "summaries", "--out", out])).code).toBe(0);
  });
});

describe("kura verify of a manager of the user's own", () => {
  it("judges what it opens, as it does any rows", async () => {
    const dir = temporaryDirectory();
    const inner = new JSONLCheckpointManager(dir);
    // One that is no manager of this library, for all that can be seen.
    const own: JSONLCheckpointManager = new Proxy(inner, {
      getPrototypeOf: () => BaseCheckpointManager.prototype,
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key === "copies") return [own];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const config = join(dir, "kura.config.mjs");
    Object.assign(globalThis, { testedOwnManager: own });
    writeFileSync(config, "export default { checkpoints: globalThis.testedOwnManager };");
    await inner.saveCheckpoint("notes", [{ n: 1 }, { n: 2 }]);
    writeFileSync(join(dir, "others.jsonl"), '{"n":1}\n');
    const verify = async () => await typed(["verify", "--config", config]);
    const well = await verify();
    expect(well.code).toBe(0);
    expect(well.stdout).toMatch(/^notes .* 2 .*whole$/m);
    expect(well.stdout).toMatch(/^others .* 1 .*unverified$/m);
    flipByte(join(dir, "notes.jsonl"));
    expect(await verify()).toMatchObject({ code: 1, stdout: expect.stringMatching(/^notes .*damaged$/m) });
  });
});
