import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { writtenWith } from "../../src/formats/parquet/written-with.js";
import type { ConversationSummary } from "../../src/rows/builtin.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";
import { memorySource } from "../support/memory-source.js";
import { temporaryDirectory, typed } from "./typed.js";

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.knobs.redirects = true;
});

const summary = (n: number): ConversationSummary => ({
  summary: `S ${n}`,
  request: null,
  topic: "x",
  languages: ["en"],
  task: null,
  concerning_score: 1,
  user_frustration: null,
  assistant_errors: null,
  chat_id: `c${n}`,
  metadata: {},
  embedding: null,
});
const summaries = (count: number) => Array.from({ length: count }, (_, n) => summary(n));
const hubOf = {
  hubToken: "hf_writer",
  cacheBytes: 0,
  get hubUrl() {
    return hub.url;
  },
};
const kura = (...argv: string[]) => typed(argv, { env: { HF_TOKEN: "hf_writer", HF_ENDPOINT: hub.url } });

let dataset = "";
let number = 0;
beforeEach(() => {
  dataset = `me/cli-${++number}`;
});

async function filled(count = 3): Promise<string> {
  const out = join(temporaryDirectory(), "checkpoints");
  await new JSONLCheckpointManager(out).saveCheckpoint("summaries", summaries(count));
  await new ParquetCheckpointManager(out).saveCheckpoint("notes", [{ a: 1 }]);
  return out;
}

describe("a manager of a config that is a directory and a dataset", () => {
  it("has two copies, each of which is verified, listed and brought up", async () => {
    const home = temporaryDirectory();
    const out = join(home, "checkpoints");
    const manager = new HFDatasetCheckpointManager(out, { hubRepo: dataset, ...hubOf, hubRetryBaseMs: 1 });
    await manager.saveCheckpoint("summaries", summaries(3));
    const config = join(home, "kura.config.mjs");
    Object.assign(globalThis, { testedManager: manager });
    writeFileSync(config, "export default { checkpoints: globalThis.testedManager };");
    const onHub = new HubCheckpointManager(dataset, hubOf);
    const at = (...argv: string[]) => kura(...argv, "--config", config);

    const whole = await at("verify");
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing is damaged") });
    expect(whole.stdout).toMatch(new RegExp(`^${out} +summaries +hf-dataset .*whole$`, "m"));
    expect(whole.stdout).toMatch(new RegExp(`^${onHub.location} +summaries +parquet .*whole$`, "m"));
    expect((await at("ls")).stdout).toContain(onHub.location);

    writeFileSync(join(out, "summaries/state.json"), "");
    const damaged = await at("verify");
    expect(damaged).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("kura sync --check brings this copy up"),
    });
    expect(await at("sync", "--check")).toMatchObject({ code: 0, stdout: expect.stringContaining("was brought up") });
    expect((await at("verify")).code).toBe(0);
  });
});

describe("kura push, pull, log, tag", () => {
  it("push brings every checkpoint, of any format, and says how to load it; again, it sends nothing", async () => {
    const out = await filled();
    const pushed = await kura("push", dataset, "--out", out, "--private");
    expect(pushed.stderr).not.toContain("kura:");
    expect(pushed.stdout).toMatch(/^name +rows +size\nnotes +1 .* sent\nsummaries +3 .* sent\n/);
    expect(pushed.stdout).toContain(`${hub.url}/datasets/${dataset}\n`);
    expect(pushed.stdout).toContain(`datasets.load_dataset("${dataset}", name="summaries", split="train")\n`);
    expect(hub.repo(dataset)!.isPrivate).toBe(true);
    const commits = hub.repo(dataset)!.commits.size;
    expect((await kura("push", dataset, "--out", out)).stdout).toMatch(/notes +1 .* was there\nsummaries .* was there/);
    expect(hub.repo(dataset)!.commits.size).toBe(commits);
  });

  it("status shows a copy that lags, one that is well, and one that cannot be asked; another damage of the list is said", async () => {
    const out = await filled();
    const refused = await typed(["push", dataset, "--out", out], {
      env: { HF_TOKEN: "hf_nobody", HF_ENDPOINT: hub.url },
    });
    expect(refused.code).not.toBe(0);
    const lagging = await kura("status", out);
    expect(lagging.code).toBe(0);
    expect(lagging.stdout).toMatch(
      new RegExp(`hf://datasets/${dataset} cannot be compared: .*there is no dataset ${dataset}`),
    );
    expect(lagging.stdout).toContain(`(kura push ${dataset} --out ${out} makes it;`);
    await new HubCheckpointManager(dataset, hubOf).prepare();
    const empty = await kura("status", out);
    expect(empty.stdout).toContain(`hf://datasets/${dataset} is not up to date; kura sync --out ${out} brings it up`);
    expect(empty.stdout).toMatch(/ {2}notes: there absent.*\n {2}summaries: there absent/);
    await kura("push", dataset, "--out", out);
    expect((await kura("status", out)).stdout).toContain(`hf://datasets/${dataset} has all of this`);
    await new JSONLCheckpointManager(out).saveCheckpoint("summaries", summaries(4));
    const behind = await kura("status", out);
    expect(behind.stdout).toContain("  summaries: there behind");
    expect(behind.stdout).toContain(`is not up to date; kura sync --out ${out} brings it up`);
    expect(behind.stdout).not.toContain("notes: there");
    const garbled = await typed(["status", out], { env: { HF_TOKEN: "a b" } });
    expect(garbled.code).toBe(0);
    expect(garbled.stdout).toContain("Cannot use HF_TOKEN to access the Hub");
    expect((await typed(["status", await filled()], { env: { HF_TOKEN: "a b" } })).stdout).not.toContain("HF_TOKEN");
    const offline = await typed(["status", out], { env: { HF_ENDPOINT: "http://127.0.0.1:9" } });
    expect(offline.code).toBe(0);
    expect(offline.stdout).toMatch(/hf:\/\/datasets\/me\/cli-\d+ cannot be compared: .*nothing answers there/);
    for (const text of ["[7]", '[{"id":"a b"}]', '[{"id":"me/x","revision":"a..b"}]', "{"]) {
      writeFileSync(join(out, ".kura/hub-copies.json"), text);
      const damaged = await kura("status", out);
      expect(damaged.code).toBe(0);
      expect(damaged.stdout).toContain("hub-copies.json");
    }
    await kura("push", dataset, "--out", out);
    expect((await kura("status", out)).stdout).toContain(`hf://datasets/${dataset} has all of this`);
  });

  it("sync of a directory brings up the datasets that it was sent to, and itself; of one that cannot be asked it says so", async () => {
    const out = await filled();
    await kura("push", dataset, "--out", out);
    await new JSONLCheckpointManager(out).saveCheckpoint("summaries", summaries(4));
    const here = join(temporaryDirectory(), "here");
    await kura("pull", dataset, "--out", here, "--only", "notes");
    await new JSONLCheckpointManager(here).saveCheckpoint("notes", [{ a: 2 }]);
    await kura("push", dataset, "--out", here);
    const dry = await kura("sync", "--out", out, "--dry-run");
    expect(dry.stdout).toMatch(/summaries .*hf:\/\/datasets.* behind +would be brought up/);
    const synced = await kura("sync", "--out", out);
    expect(synced.stderr).toBe("");
    expect(synced.code).toBe(0);
    expect(synced.stdout).toMatch(/summaries .*hf:\/\/datasets.* behind +was brought up/);
    expect(synced.stdout).toMatch(/notes .*parquet.* behind +was brought up/);
    expect((await kura("status", out)).stdout).toContain(`hf://datasets/${dataset} has all of this`);
    expect(await new ParquetCheckpointManager(out).loadCheckpoint("notes")).toEqual([{ a: 2 }]);
    const theirs = readFileSync(join(out, "notes.parquet"));
    const value = { path: "theirs/train-0.parquet", content: theirs.toString("base64"), encoding: "base64" };
    const card = { path: "README.md", content: "---\nconfigs:\n- config_name: theirs\n  data_files: theirs/*\n---\n" };
    hub.repo(dataset)!.commit("main", {
      title: "theirs",
      changes: [
        { key: "file", value },
        { key: "file", value: card },
      ],
    });
    expect((await kura("ls", `hf://datasets/${dataset}`)).stdout).toContain("theirs");
    expect((await kura("sync", "--out", out)).code).toBe(0);
    expect((await kura("status", out)).stdout).toContain(`hf://datasets/${dataset} has all of this`);
    await new ParquetCheckpointManager(out).deleteCheckpoint("notes");
    expect((await kura("sync", "--out", out)).stdout).toMatch(/notes .*hf:\/\/datasets.* behind +was deleted/);
    expect(await new HubCheckpointManager(dataset, hubOf).listCheckpoints()).toEqual(["summaries", "theirs"]);
    const stranger = await typed(["sync", "--out", out], { env: { HF_TOKEN: "hf_no", HF_ENDPOINT: hub.url } });
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toMatch(/hf:\/\/datasets\/me\/cli-\d+ cannot be compared: .*does not know the token/);
    const elsewhere = await typed(["sync", "--out", join(temporaryDirectory(), "none")], {});
    expect(elsewhere.code).toBe(2);
    const alone = await kura("sync", "--out", await filled());
    expect(alone.code).toBe(2);
    expect(alone.stderr).toMatch(/was sent to no dataset/);
  });

  it("sync makes no dataset because a directory names one, nor tells another Hub the token", async () => {
    const out = await filled();
    const asked = hub.log.length;
    writeFileSync(join(out, ".kura/hub-copies.json"), JSON.stringify([{ id: "me/gone" }]));
    const gone = await kura("sync", "--out", out);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/hf:\/\/datasets\/me\/gone cannot be compared: .*there is no dataset me\/gone/);
    expect(gone.stderr).toContain(`(kura push me/gone --out ${out} makes it; if it is no copy any more`);
    expect(gone.stdout).toBe("");
    expect(hub.repo("me/gone")).toBeUndefined();
    expect(hub.log.slice(asked).every(({ method }) => method === "GET")).toBe(true);
    writeFileSync(
      join(out, ".kura/hub-copies.json"),
      JSON.stringify([{ id: "me/gone", hubUrl: "http://127.0.0.1:9" }]),
    );
    const other = await kura("sync", "--out", out);
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/me\/gone of http:\/\/127.0.0.1:9 is not asked/);
  });

  it("a run and a sync that write to a directory and a dataset make the one remember the other; a dry one does not", async () => {
    const conversations = join(temporaryDirectory(), "chats.json");
    const messages = [
      { role: "user", content: "How do I sort a list?", created_at: "2024-01-01T00:00:00Z" },
      { role: "assistant", content: "With sorted().", created_at: "2024-01-01T00:00:01Z" },
    ];
    const rows = ["a", "b", "c"].map((chat_id) => ({
      chat_id,
      created_at: "2024-01-01T00:00:00Z",
      messages,
      metadata: {},
    }));
    writeFileSync(conversations, JSON.stringify(rows));
    const out = join(temporaryDirectory(), "checkpoints");
    const places = ["--out", out, "--out", `hf://datasets/${dataset}`];
    await kura("run", conversations, ...places, "--dry-run");
    expect(existsSync(join(out, ".kura/hub-copies.json"))).toBe(false);
    expect((await kura("run", conversations, ...places, "--quiet")).code).toBe(0);
    expect((await kura("status", out)).stdout).toContain(`hf://datasets/${dataset} has all of this`);
    const other = await filled();
    await kura("sync", "--out", `jsonl:${other}`, "--out", `hf://datasets/${dataset}@other`, "--only", "summaries");
    expect(readFileSync(join(other, ".kura/hub-copies.json"), "utf8")).toContain('"other"');
  });

  it("what another program saved here is pushed once, and status says why it is not compared", async () => {
    const out = await filled();
    rmSync(join(out, ".kura"), { recursive: true });
    await kura("push", dataset, "--out", out);
    expect((await kura("push", dataset, "--out", out)).stdout).toMatch(/notes .* was there\nsummaries .* was there/);
    expect((await kura("pull", dataset, "--out", out)).stdout).toMatch(/notes .* was there\nsummaries .* was there/);
    const { stdout } = await kura("status", out);
    expect(stdout).toContain(
      `hf://datasets/${dataset}: nothing says how new notes, summaries are, which another program`,
    );
    expect(stdout).not.toContain("is not up to date");
  });

  it("status sends nobody a token because a directory says so", async () => {
    const out = await filled();
    const copy = JSON.stringify([{ id: dataset, hubUrl: hub.url }]);
    writeFileSync(join(out, ".kura/hub-copies.json"), copy);
    const asked = hub.log.length;
    const { code, stdout } = await typed(["status", out], { env: { HF_TOKEN: "hf_writer" } });
    expect(code).toBe(0);
    expect(stdout).toContain(`${dataset} of ${hub.url} is not asked, which may have your token only where HF_ENDPOINT`);
    expect(hub.log).toHaveLength(asked);
    expect((await kura("status", out)).stdout).toContain(`hf://datasets/${dataset} cannot be compared`);
  });

  it("pull brings them into the format that the directory has, else jsonl, or the one that is named", async () => {
    const out = await filled();
    await kura("push", dataset, "--out", out);
    const empty = join(temporaryDirectory(), "there");
    const pulled = await kura("pull", dataset, "--out", empty, "--json");
    expect(pulled.code).toBe(0);
    expect(
      pulled.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { checkpoint: "notes", rows: 1, sent: true },
      { checkpoint: "summaries", rows: 3, sent: true },
    ]);
    expect(await new JSONLCheckpointManager(empty).loadCheckpoint("summaries")).toEqual(summaries(3));
    expect((await kura("pull", dataset, "--out", empty, "--only", "summaries")).stdout).toContain("was there");
    const parquet = join(temporaryDirectory(), "parquet");
    await kura("pull", `hf://datasets/${dataset}`, "--out", parquet, "--format", "parquet");
    expect(await new ParquetCheckpointManager(parquet).listCheckpoints()).toEqual(["notes", "summaries"]);
    await new ParquetCheckpointManager(parquet, { compression: "zstd" }).saveCheckpoint("others", summaries(300));
    await new JSONLCheckpointManager(out).saveCheckpoint("summaries", summaries(300));
    await kura("push", dataset, "--out", out, "--only", "summaries");
    await kura("pull", dataset, "--out", parquet, "--only", "summaries", "--replace");
    const bytes = readFileSync(join(parquet, "summaries.parquet"));
    expect(await writtenWith(memorySource(bytes), [])).toMatchObject({ compression: "zstd" });
  });

  it("what is newer there stays, unless it is to be replaced", async () => {
    const out = await filled();
    await kura("push", dataset, "--out", out);
    const other = join(temporaryDirectory(), "other");
    await kura("pull", dataset, "--out", other);
    await new JSONLCheckpointManager(other).saveCheckpoint("summaries", summaries(9));
    await kura("push", dataset, "--out", other);
    const refused = await kura("push", dataset, "--out", out);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /summaries was not sent: .* it is newer than this one.*\n--replace puts this one in its place/,
    );
    expect(refused.stdout).toContain("notes");
    expect((await kura("pull", dataset, "--out", out)).code).toBe(0);
    expect((await kura("push", dataset, "--out", out)).code).toBe(0);
  });

  it("tags name states, which are pulled and listed by them", async () => {
    const out = await filled(1);
    await kura("push", dataset, "--out", out, "--tag", "v1");
    await new JSONLCheckpointManager(out).saveCheckpoint("summaries", summaries(2));
    expect((await kura("push", `${dataset}@try/it`, "--out", out)).code).toBe(0);
    expect(
      await new HubCheckpointManager(dataset, { ...hubOf, hubRevision: "v1" }).loadCheckpoint("summaries"),
    ).toHaveLength(1);
    const late = await kura("push", `${dataset}@v1`, "--out", out);
    expect(late.stderr).toContain("it is a tag or a commit, which stays as it is; give a branch");
    expect(JSON.parse(readFileSync(join(out, ".kura/hub-copies.json"), "utf8"))).toEqual([
      { id: dataset },
      { id: dataset, revision: "try/it" },
    ]);
    await kura("push", dataset, "--out", out);
    expect((await kura("tag", dataset, "--as", "v2/α", "--message", "two")).stdout).toBe(
      `hf://datasets/${dataset} is now also hf://datasets/${dataset}@v2/α\n`,
    );
    expect((await kura("tag", dataset)).stdout).toMatch(/^v1 +[0-9a-f]{40}\nv2\/α +[0-9a-f]{40}\n$/);
    const log = await kura("log", dataset);
    expect(log.stdout).toMatch(/^[0-9a-f]{10} .* UTC +Save summaries: 2 rows +v2\/α, main\n/);
    expect(log.stdout).toMatch(/Save summaries: 1 row +v1\n/);
    expect((await kura("log", `${dataset}@v1`, "--limit", "1", "--json")).stdout).toMatch(
      /"title":"Save summaries: 1 row".*"names":\["v1"\]/,
    );
    const old = join(temporaryDirectory(), "old");
    await kura("pull", `${dataset}@v1`, "--out", old);
    expect(await new JSONLCheckpointManager(old).loadCheckpoint("summaries")).toHaveLength(1);
  });

  it("a dataset is a place to every other command, and a copy to sync", async () => {
    const out = await filled(3);
    const place = `hf://datasets/${dataset}`;
    expect((await kura("sync", "--out", `jsonl:${out}`, "--out", place)).stdout).toMatch(/summaries .* was brought up/);
    expect((await kura("ls", place)).stdout).toMatch(/^name .*\nsummaries +3 .* parquet .* yes\n$/);
    expect((await kura("info", "summaries", "--out", place)).stdout).toMatch(/3/);
    expect((await kura("show", "summaries", "--out", place, "--limit", "1")).stdout).toContain("S 0");
    expect((await kura("verify", place)).code).toBe(0);
    await kura("tag", dataset, "--as", "v1");
    await new JSONLCheckpointManager(out).saveCheckpoint("summaries", summaries(4));
    await kura("sync", "--out", `jsonl:${out}`, "--out", place);
    const compared = await kura("compare", place, "--with", `${place}@v1`);
    expect(compared.stdout).toContain("c3");
    expect(compared.code).toBe(1);
    const converted = join(temporaryDirectory(), "converted");
    expect((await kura("convert", place, "--to", "jsonl", "--out", converted)).code).toBe(0);
    expect(await new JSONLCheckpointManager(converted).loadCheckpoint("summaries")).toHaveLength(4);
  });

  it("a dataset that is not there is an error of whoever looks at it; that there is nothing in one is an answer", async () => {
    const none = `hf://datasets/${dataset}-none`;
    for (const argv of [
      ["ls", none],
      ["verify", none],
      ["status", none],
      ["compare", none],
      ["info", "summaries", "--out", none],
      ["push", `${dataset}-other`, "--out", none],
    ]) {
      const { code, stdout, stderr } = await kura(...argv);
      expect({ argv, code, stdout }).toEqual({ argv, code: 1, stdout: "" });
      expect(stderr).toMatch(/there is no dataset me\/cli-\d+-none, or whose token this is/);
    }
    const config = join(temporaryDirectory(), "kura.config.json");
    const out = await filled();
    writeFileSync(config, JSON.stringify({ checkpoints: [out, none] }));
    const several = await kura("ls", "--config", config);
    expect(several).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no dataset") });
    expect(several.stdout).toMatch(/^notes .*\nsummaries /m);
    await new HubCheckpointManager(dataset, hubOf).prepare();
    expect(await kura("ls", `hf://datasets/${dataset}`)).toMatchObject({
      code: 0,
      stdout: `"hf://datasets/${dataset}" has no checkpoints\n`,
    });
    const branch = await kura("ls", `hf://datasets/${dataset}@v9`);
    expect(branch).toMatchObject({ code: 1, stderr: expect.stringContaining("v9") });
  });

  it("says what it waits for", async () => {
    const out = await filled();
    await kura("push", dataset, "--out", out);
    let times = 0;
    hub.onRequest(({ path }) =>
      path.endsWith("/refs") && ++times === 1
        ? { answer: { status: 429, headers: { "retry-after": "2" }, body: Buffer.from("") } }
        : undefined,
    );
    const { code, stderr } = await kura("log", dataset);
    hub.onRequest(() => undefined);
    expect(code).toBe(0);
    expect(stderr).toBe(
      `Cannot list the branches and tags of ${dataset}: the Hub takes no more requests for now; try again in 2 s (waiting 2 s)\n`,
    );
  });

  it("says what is wrong, and with what exit code", async () => {
    const out = await filled();
    const cases: [string[], number, RegExp][] = [
      [["push", "chats", "--out", out], 2, /Cannot use "chats" as a dataset of the Hub: it is called owner\/name/],
      [["push", "me/x@", "--out", out], 2, /names no revision after its @/],
      [["push", "me/x@a..b", "--out", out], 2, /as a revision/],
      [["push", dataset, "--out", join(out, "none")], 2, /there is no directory/],
      [["push", dataset, "--out", out, "--only", "nope"], 1, /has no checkpoint "nope"/],
      [["push", dataset, "--out", out, "--tag", "a b"], 2, /as the name of a tag/],
      [["push", "you/x", "--out", out], 1, /Cannot make the dataset you\/x: the token .* may not do this/],
      [["pull", "me/none", "--out", out], 1, /there is no dataset me\/none, or whose token this is/],
      [["log", "me/none"], 1, /there is no dataset me\/none/],
      [["pull", "me/none@v1", "--out", out], 1, /there is no dataset me\/none/],
      [["tag", "me/none", "--as", "v1"], 1, /there is no such branch, tag or commit/],
    ];
    for (const [argv, code, message] of cases) {
      const said = await kura(...argv);
      expect(said.stderr, argv.join(" ")).toMatch(message);
      expect(said.code, argv.join(" ")).toBe(code);
      expect(said.stderr).not.toContain("hf_writer");
    }
    const wrong = await typed(["push", "me/x", "--out", out], { env: { HF_TOKEN: "hf_no", HF_ENDPOINT: hub.url } });
    expect(wrong.stderr.match(/the Hub does not know the token \(HF_TOKEN\)/g)).toHaveLength(1);
    for (const [env, message] of [
      [{ HF_TOKEN: "x", HF_ENDPOINT: "not a hub" }, /Cannot use "not a hub" as the address of a Hub/],
      [{ HF_TOKEN: "a b" }, /Cannot use HF_TOKEN to access the Hub: it has characters in it that no token has/],
    ] as const) {
      const said = await typed(["log", "me/x"], { env });
      expect(said.code).toBe(2);
      expect(said.stderr).toMatch(message);
    }
  });
});
