import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { globMatcher } from "../../src/checkpoints/hub/glob.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { conversationsFromHub, type HubConversationsOptions } from "../../src/pipeline/conversations-from-hub.js";
import { datasetFiles } from "../../src/pipeline/dataset/dataset-files.js";
import type { RowType } from "../../src/rows/row-type.js";
import { typed } from "../cli/typed.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";
import { WildChat } from "../support/wild-chat.js";

let hub: TestHub;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

const wild = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    conversation_hash: `h${n}`,
    timestamp: "2024-01-01T00:00:00Z",
    conversation: [
      { role: "user", content: `Question ${n} about Python` },
      { role: "assistant", content: "Answer" },
    ],
    model: "gpt-4",
  }));

async function parquet(rows: readonly Record<string, unknown>[], type: RowType, groupRows = 100): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), "kura-from-hub-"));
  await new ParquetCheckpointManager(directory, { rowGroupRows: groupRows }).saveCheckpoint(
    "x",
    rows,
    type as RowType<object>,
  );
  return readFileSync(join(directory, "x.parquet"));
}

function put(files: Record<string, Buffer | string>): void {
  const repo = hub.repo("me/wild") ?? hub.create("me/wild");
  const changes = Object.entries(files).map(([path, content]) => ({
    key: "file",
    value: { path, content: Buffer.from(content).toString("base64"), encoding: "base64" },
  }));
  repo.commit("main", { title: "x", changes });
}

async function read(options: HubConversationsOptions = {}) {
  const source = conversationsFromHub("me/wild", {
    hubUrl: hub.url,
    hubToken: "hf_writer",
    cacheBytes: 0,
    hubAttempts: 2,
    ...options,
  });
  const all = [];
  for await (const conversation of source.read()) all.push(conversation);
  return all;
}

describe("conversationsFromHub", () => {
  it("reads Parquet by usual names, in order, over all files of the split, and no more than the limit", async () => {
    const rows = wild(1000);
    put({
      "data/train-00000-of-00002.parquet": await parquet(rows.slice(0, 600), WildChat),
      "data/train-00001-of-00002.parquet": await parquet(rows.slice(600), WildChat),
      "data/test-00000-of-00001.parquet": await parquet(wild(3), WildChat),
      "README.md": "# Wild",
    });
    const all = await read();
    expect(all.map(({ chat_id }) => chat_id)).toEqual(rows.map(({ conversation_hash }) => conversation_hash));
    expect(all[7]).toEqual({
      chat_id: "h7",
      created_at: "2024-01-01T00:00:00Z",
      messages: rows[7]!.conversation.map(({ role, content }) => ({
        created_at: "2024-01-01T00:00:00Z",
        role,
        content,
      })),
      metadata: { model: "gpt-4" },
    });
    expect(await read({ split: "test" })).toHaveLength(3);
    hub.log.length = 0;
    expect(await read({ limit: 5 })).toEqual(all.slice(0, 5));
    expect(hub.log.filter(({ path }) => path.includes("00001-of-00002"))).toEqual([]);
  });

  it("maps columns, also those in a struct, and ShareGPT's turns", async () => {
    const rows = [
      {
        meta: { key: "a" },
        when: "2024-05-05",
        turns: [
          { from: "human", value: "hi" },
          { from: "gpt", value: "ho" },
        ],
      },
      { meta: { key: "b" }, when: "2024-05-06", turns: [{ from: "human", value: "hi" }] },
    ];
    put({ "train.jsonl": rows.map((row) => JSON.stringify(row)).join("\n") });
    const all = await read({ map: { chat_id: "meta.key", messages: "turns" } });
    expect(all.map(({ chat_id, messages }) => [chat_id, messages.map(({ role, content }) => [role, content])])).toEqual(
      [
        [
          "a",
          [
            ["user", "hi"],
            ["assistant", "ho"],
          ],
        ],
        ["b", [["user", "hi"]]],
      ],
    );
    await expect(read({ map: { chat_id: "nope" } })).rejects.toThrow(/its rows have no "nope"; they are like {"meta"/);
    expect(() => conversationsFromHub("me/wild", { map: { id: "x" } as never })).toThrow(/conversations have chat_id/);
  });

  it("is of the commit that it began with, and named by it", async () => {
    put({ "train.jsonl": `${JSON.stringify({ id: "a", messages: [{ role: "user", content: "x" }] })}\n` });
    const source = conversationsFromHub("me/wild", { hubUrl: hub.url, cacheBytes: 0, limit: 9 });
    const named = await source.fingerprint();
    expect(named).toMatchObject({
      dataset: "me/wild",
      commit: hub.repo("me/wild")!.branches.get("main"),
      split: "train",
      limit: "9",
    });
    put({ "train.jsonl": "not json\n" });
    const all = [];
    for await (const conversation of source.read()) all.push(conversation);
    expect(all).toHaveLength(1);
    await expect(read()).rejects.toThrow(/is not JSON/);
  });

  it("says what cannot be read", async () => {
    await expect(read()).rejects.toThrow(/there is no such dataset or revision/);
    put({
      "a/train.csv": "a,b\n",
      "README.md": "---\nconfigs:\n- config_name: a\n  data_files: a/*.csv\n- config_name: b\n  data_files: b/*\n---\n",
    });
    await expect(read()).rejects.toThrow(/it has several subsets: there are a, b \(--subset\)/);
    await expect(read({ subset: "c" })).rejects.toThrow(/it has no subset "c": there are a, b/);
    await expect(read({ subset: "a" })).rejects.toThrow(
      /its split "train" is \.csv; only \.parquet and \.jsonl are read/,
    );
    await expect(read({ subset: "b" })).rejects.toThrow(/its split "train" has no files/);
    await expect(read({ subset: "a", split: "test" })).rejects.toThrow(/it has no split "test": there are train/);
    hub.repo("me/wild")!.gated = "manual";
    await expect(read({ hubToken: "", subset: "a" })).rejects.toThrow();
    put({ "train.jsonl": "[1]\n", "README.md": "x" });
    hub.repo("me/wild")!.gated = false;
    await expect(read()).rejects.toThrow(/it is of no known format/);
  });

  it("kura run reads it, and does not fetch it again when it is fresh", async () => {
    put({ "data/train-00000-of-00001.parquet": await parquet(wild(40), WildChat) });
    const out = join(mkdtempSync(join(tmpdir(), "kura-from-hub-")), "checkpoints");
    const env = {
      HF_TOKEN: "hf_writer",
      HF_ENDPOINT: hub.url,
      XDG_CACHE_HOME: mkdtempSync(join(tmpdir(), "kura-cache-")),
    };
    const run = (...more: string[]) =>
      typed(
        [
          "run",
          "hf://datasets/me/wild",
          "--split",
          "train",
          "--map",
          "chat_id=conversation_hash",
          "--out",
          out,
          "--limit",
          "30",
          ...more,
        ],
        { env },
      );
    const first = await run();
    expect(first.stderr + first.stdout).toMatch(/conversations +made +30 rows/);
    expect(first.code).toBe(0);
    hub.log.length = 0;
    const second = await run();
    expect(second.stdout).toMatch(/conversations +reused/);
    expect(hub.log.filter(({ path }) => path.endsWith(".parquet"))).toEqual([]);
    expect((await typed(["run", "x.jsonl", "--split", "train"])).stderr).toMatch(/--split is of a dataset of the Hub/);
    expect((await run("--map", "x")).stderr).toMatch(/--map is given twice/);
  }, 60_000);
});

describe("which files a split has", () => {
  const of = async (paths: string[], card?: string, selection = {}) =>
    (await datasetFiles(paths, card, selection, "x")).paths;
  it.each([
    [["train.parquet", "test.parquet"], ["train.parquet"]],
    [["x/train/a.jsonl", "x/dev/a.jsonl"], ["x/train/a.jsonl"]],
    [
      ["a.jsonl", "b.jsonl", "README.md", ".x.jsonl", "dataset_infos.json"],
      ["a.jsonl", "b.jsonl"],
    ],
    [["data/train-00000-of-00001-abcdef.parquet", "test.jsonl"], ["data/train-00000-of-00001-abcdef.parquet"]],
    [["constraint.jsonl"], ["constraint.jsonl"]],
  ])("%j: %j", async (paths, wanted) => {
    expect(await of(paths)).toEqual(wanted);
  });

  it.each([
    ["*.parquet", "a.parquet", true],
    ["*.parquet", "b/a.parquet", false],
    ["**/*.parquet", "a.parquet", true],
    ["**/*.parquet", "b/c/a.parquet", true],
    ["en/test-*", "en/test-00000-of-00001.parquet", true],
    ["en/{a,b}[0-9]?.jsonl", "en/b7x.jsonl", true],
    ["en/{a,b}[!0-9].jsonl", "en/b7.jsonl", false],
    ["a+b(1).jsonl", "a+b(1).jsonl", true],
    ["**", "b/c/a.parquet", true],
    ["b/**", "b/c/a.parquet", true],
    ["b/**/a.*", "b/a.parquet", true],
    ["b?a", "b/a", false],
    ["[]x]a", "]a", true],
    ["[z-a]a", "ba", false],
    ["[^/]a", "/a", false],
    ["a[", "a[", true],
    ["{a,b{c,d}}e", "bde", true],
    ["{a,b", "b", true],
    ["a}", "a}", true],
    ["\u{1f600}?", "\u{1f600}\u{1f601}", true],
    // Somebody's pattern, that an expression would take for ever over.
    [`${"a*".repeat(40)}b`, "a".repeat(400), false],
    [`${"{a,a}".repeat(60)}b`, "a".repeat(60), false],
    [`${"**/".repeat(40)}b`, "a/".repeat(60), false],
  ])("%s and %s: %s", (glob, path, matches) => {
    expect(globMatcher(glob)(path)).toBe(matches);
  });

  it("understands every way to write data_files", async () => {
    const files = ["a/x.jsonl", "a/y.jsonl", "b/x.jsonl"];
    const card = (yaml: string) => `---\nconfigs:\n- config_name: only\n  ${yaml}\n---\n`;
    expect(await of(files, card('data_files: "a/*.jsonl"'))).toEqual(["a/x.jsonl", "a/y.jsonl"]);
    expect(await of(files, card('data_files: ["b/*", "a/x*"]'))).toEqual(["b/x.jsonl", "a/x.jsonl"]);
    expect(await of(files, card("data_files: [{split: s, path: [a/y.jsonl]}]"))).toEqual(["a/y.jsonl"]);
    expect(await of(files, card("data_files: {s: b/*}"))).toEqual(["b/x.jsonl"]);
    expect(await of(files, card("data_dir: b"))).toEqual(["b/x.jsonl"]);
  });
});
