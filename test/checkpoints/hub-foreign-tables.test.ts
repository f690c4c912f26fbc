import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckpointEvent } from "../../src/checkpoints/event.js";
import {
  HubCheckpointManager,
  type HubCheckpointManagerOptions,
} from "../../src/checkpoints/hub-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { sendCheckpoint } from "../../src/checkpoints/send-checkpoint.js";
import { DivergedError, RowTypeMismatchError } from "../../src/errors.js";
import type { Columns } from "../../src/rows/column.js";
import { rowType } from "../../src/rows/row-type.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { temporaryDirectory, typed } from "../cli/typed.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

let dataset = "";
let number = 0;
beforeEach(() => {
  dataset = `me/foreign-${++number}`;
  hub.create(dataset);
});

const hubOf = (options: HubCheckpointManagerOptions = {}) =>
  new HubCheckpointManager(dataset, {
    hubUrl: hub.url,
    hubToken: "hf_writer",
    cacheBytes: 0,
    hubAttempts: 1,
    ...options,
  });

const COLUMNS: Columns = [
  { name: "id", type: "int64", nullable: true },
  { name: "text", type: "text", nullable: true },
];
const rows = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: first + n, text: `row ${first + n}` }));

/** The file of another program: ours without what describes it. */
async function parquet(some: readonly Record<string, unknown>[], columns: Columns = COLUMNS): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), "kura-foreign-"));
  try {
    const manager = new ParquetCheckpointManager(directory, { rowGroupRows: 10 });
    await manager.saveCheckpoint("x", some, rowType({ name: "x", columns }));
    return readFileSync(join(directory, "x.parquet"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function put(files: Record<string, Buffer | string>): void {
  hub.repo(dataset)!.commit("main", {
    title: "Upload dataset",
    changes: Object.entries(files).map(([path, content]) => ({
      key: "file",
      value: { path, content: Buffer.from(content).toString("base64"), encoding: "base64" },
    })),
  });
}

/** As `push_to_hub` writes it: two configs in folders, one of several files, one of several splits. */
async function pushed(): Promise<void> {
  put({
    "README.md": `---
dataset_info:
- config_name: en
  features: []
configs:
- config_name: en
  data_files:
  - split: train
    path: en/train-*
- config_name: fr
  data_files:
  - split: validation
    path: fr/validation-*
  - split: test
    path: fr/test-*
- config_name: "no name, of ours"
  data_files: "*.csv"
---
# Theirs
`,
    "en/train-00000-of-00002.parquet": await parquet(rows(0, 25)),
    "en/train-00001-of-00002.parquet": await parquet(rows(25, 5)),
    "fr/validation-00000-of-00001.parquet": await parquet(rows(100, 3)),
    "fr/test-00000-of-00001.parquet": await parquet(rows(200, 2)),
    "more.csv": "a,b",
  });
}

describe("configs of a dataset that another program wrote", () => {
  it("are listed, described and read as one table, also by range, column and condition", async () => {
    await pushed();
    const events: CheckpointEvent[] = [];
    const manager = hubOf({ onEvent: (event) => events.push(event) });
    expect(await manager.listCheckpoints()).toEqual(["en", "fr"]);
    expect(await manager.getCheckpointInfo("en")).toMatchObject({
      files: ["en/train-00000-of-00002.parquet", "en/train-00001-of-00002.parquet"],
      verified: false,
      rows: undefined,
      revision: undefined,
    });
    expect(await manager.getCheckpointInfo("en", { check: true })).toMatchObject({ rows: 30, verified: false });
    expect(await manager.loadCheckpoint("en")).toEqual(rows(0, 30));
    expect(events).toMatchObject([{ code: "unverified", checkpoint: "en" }]);
    expect(await manager.filterCheckpoint("en", { id: { gte: 24, lt: 27 } })).toEqual(rows(24, 3));
    const opened = (await manager.openCheckpoint("en"))!;
    const some = [];
    for await (const row of opened.rows({ rowStart: 23, rowEnd: 27, columns: ["text"] })) some.push(row);
    expect(some).toEqual(rows(23, 4).map(({ text }) => ({ text })));
    expect(opened.info.rows).toBe(30);
    expect(await manager.loadCheckpoint("gone")).toBeUndefined();
    const Named = rowType({ name: "en", columns: [{ name: "text", type: "text" }] });
    expect((await manager.loadCheckpoint("en", Named))?.[29]).toEqual({ text: "row 29" });
    expect(events.filter((event) => event.type === "warning" && event.code === "unknown-fields")).toHaveLength(1);
  });

  it("have splits, of which one is read", async () => {
    await pushed();
    expect(await hubOf({ split: "test" }).loadCheckpoint("fr")).toEqual(rows(200, 2));
    await expect(hubOf().loadCheckpoint("fr")).rejects.toThrow(
      `Cannot read "hf://datasets/${dataset}, fr": it has the splits validation, test; say which is meant (split)`,
    );
    await expect(hubOf({ split: "dev" }).loadCheckpoint("en")).rejects.toThrow(
      /Cannot read split "dev" of .*: there is none; there are train/,
    );
    expect((await hubOf().getCheckpointInfo("fr"))?.files).toHaveLength(2);
  });

  it("without a card are one, default; files at the top stay checkpoints, and with those alone no card is asked for", async () => {
    put({ "notes.parquet": await parquet(rows(0, 1)) });
    hub.log.length = 0;
    expect(await hubOf().listCheckpoints()).toEqual(["notes"]);
    put({ "README.md": "# Mine" });
    expect(await hubOf().listCheckpoints()).toEqual(["notes"]);
    expect(hub.log.filter(({ path }) => path.includes("README"))).toEqual([]);
    put({ "data/train-00000-of-00001.parquet": await parquet(rows(0, 2)) });
    expect(await hubOf().listCheckpoints()).toEqual(["default", "notes"]);
    expect(await hubOf().loadCheckpoint("default")).toEqual(rows(0, 2));
    put({ "README.md": "---\n: : [\n---\n" });
    await expect(hubOf().listCheckpoints()).rejects.toThrow(
      /Cannot read the card of hf:.*the YAML at the head of its README.md cannot be read; correct it there/,
    );
  });

  it("integers that one file has beyond 2^53 are bigint in all; other columns are refused by name", async () => {
    const big: Columns = [{ name: "id", type: "int64", bigint: true }, COLUMNS[1]!];
    put({
      "data/train-00000-of-00002.parquet": await parquet(rows(0, 2)),
      "data/train-00001-of-00002.parquet": await parquet([{ id: 2n ** 60n, text: "x" }], big),
    });
    expect(await hubOf().loadCheckpoint("default")).toEqual([
      { id: 0n, text: "row 0" },
      { id: 1n, text: "row 1" },
      { id: 2n ** 60n, text: "x" },
    ]);
    const other: Columns = [COLUMNS[0]!, { name: "text", type: "bool" }];
    put({ "data/train-00001-of-00002.parquet": await parquet([{ id: 1, text: true }], other) });
    await expect(hubOf().loadCheckpoint("default")).rejects.toThrow(RowTypeMismatchError);
    await expect(hubOf().loadCheckpoint("default")).rejects.toThrow(
      /00001-of-00002.parquet": field "text" is stored as bool and wanted as text or null/,
    );
  });

  it("of a hostile file the guard says so, and verify names the split", async () => {
    const whole = await parquet(rows(0, 25));
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 4, 60);
    put({ "data/train-00000-of-00002.parquet": whole, "data/train-00001-of-00002.parquet": damaged });
    await expect(hubOf().loadCheckpoint("default")).rejects.toThrow(/00001-of-00002.parquet/);
    const found = [];
    for await (const finding of hubOf().verifyCheckpoint("default")) found.push(finding);
    expect(found).toMatchObject([{ state: "damaged", path: `hf://datasets/${dataset}, default`, split: "train" }]);
  });

  it("verify goes on past a split whose files have unlike columns", async () => {
    const other: Columns = [{ name: "id", type: "bool" }];
    put({
      "data/test-00000-of-00002.parquet": await parquet(rows(0, 5)),
      "data/test-00001-of-00002.parquet": await parquet([{ id: true }], other),
      "data/train-00000-of-00001.parquet": await parquet(rows(0, 25)),
    });
    const found = [];
    for await (const finding of hubOf().verifyCheckpoint("default")) found.push(finding);
    expect(found).toMatchObject([
      { split: "test", state: "damaged", problem: expect.stringContaining('field "id" is stored as bool') },
      { split: "train", state: "unverified", rows: 25 },
    ]);
  });

  it("no sync and no push displaces them but one that is told to; adopted they are ours", async () => {
    await pushed();
    const here = new JSONLCheckpointManager(new MemoryStorage());
    await here.saveCheckpoint("en", [{ id: 7, text: "mine" }]);
    const [report] = await new MultiCheckpointManager([here, hubOf()]).sync({ checkpoints: ["en"] });
    expect(report).toMatchObject({
      inSync: false,
      copies: [{ state: "good" }, { state: "unversioned", action: "left" }],
    });
    await expect(sendCheckpoint(here, hubOf(), "en")).rejects.toThrow(DivergedError);
    await expect(hubOf().deleteCheckpoint("en")).rejects.toThrow(
      /another program wrote it; delete its files on the Hub/,
    );
    expect(await hubOf().adoptCheckpoint("en")).toMatchObject({
      rows: 30,
      verified: "identity",
      files: ["en.parquet"],
    });
    expect(await hubOf().loadCheckpoint("en")).toEqual(rows(0, 30));
    const card = hub.files(dataset).get("README.md")!.toString();
    expect(card).toContain("path: en.parquet");
    expect(card).toContain("path: fr/test-*");
    await sendCheckpoint(here, hubOf(), "en", { replace: true });
    expect(await hubOf().loadCheckpoint("en")).toHaveLength(1);
    expect(await hubOf().deleteCheckpoint("en")).toBe(true);
  });

  it("what Python pushes over a checkpoint of ours is what stands, until the checkpoint is saved again", async () => {
    await hubOf().saveCheckpoint("en", [{ id: 1 }]);
    await hubOf().saveCheckpoint("other", [{ id: 1 }]);
    const there = hub.files(dataset).get("README.md")!.toString();
    put({
      "README.md": there.replace("path: en.parquet", "path: en/train-*"),
      "en/train-00000-of-00001.parquet": await parquet(rows(0, 3)),
    });
    expect(await hubOf().loadCheckpoint("en")).toEqual(rows(0, 3));
    expect(await hubOf().getRevisionState("en")).toMatchObject({ state: "unversioned" });
    expect(await hubOf().getCheckpointInfo("en")).toMatchObject({ verified: false });
    await hubOf().saveCheckpoint("other", [{ id: 2 }]);
    const card = () => hub.files(dataset).get("README.md")!.toString();
    expect(card()).toContain("path: en/train-*");
    expect(card()).not.toContain("| `en` |");
    expect(await hubOf().loadCheckpoint("en")).toEqual(rows(0, 3));
    const here = new JSONLCheckpointManager(new MemoryStorage());
    await here.saveCheckpoint("en", [{ id: 5, text: "here" }]);
    await expect(sendCheckpoint(here, hubOf(), "en")).rejects.toThrow(/rows of another program/);
    await hubOf().saveCheckpoint("en", [{ id: 1 }]);
    expect(card()).toContain("path: en.parquet");
    expect(card()).toContain("| `en` | 1 |");
    expect(await hubOf().loadCheckpoint("en")).toEqual([{ id: 1 }]);
  });

  it("costs no request where there is nothing of others", async () => {
    await hubOf().saveCheckpoint("notes", [{ id: 1 }]);
    hub.log.length = 0;
    await hubOf().getRevisionState("notes");
    expect(await hubOf().loadCheckpoint("gone")).toBeUndefined();
    expect(hub.log.filter(({ path }) => path.includes("/revision/"))).toHaveLength(2);
  });

  it("a push with replace puts ours in their place", async () => {
    await pushed();
    const here = new JSONLCheckpointManager(new MemoryStorage());
    await here.saveCheckpoint("fr", [{ id: 7, text: "mine" }]);
    expect(await sendCheckpoint(here, hubOf(), "fr", { replace: true })).toMatchObject({ sent: true });
    expect(await hubOf().loadCheckpoint("fr")).toEqual([{ id: 7, text: "mine" }]);
    expect(hub.files(dataset).has("fr/test-00000-of-00001.parquet")).toBe(true);
  });

  it("kura pull brings them here, a split at a time, and does nothing twice", async () => {
    await pushed();
    const out = join(temporaryDirectory(), "out");
    const env = { HF_TOKEN: "hf_writer", HF_ENDPOINT: hub.url };
    const kura = (...argv: string[]) => typed(argv, { env });
    const first = await kura("pull", dataset, "--out", out);
    expect(first.code).toBe(1);
    expect(first.stdout).toMatch(/en +30 .* sent/);
    expect(first.stderr).toMatch(/fr was not sent: .*it has the splits validation, test/);
    const second = await kura("pull", dataset, "--out", out, "--split", "test", "--only", "fr");
    expect(second.code).toBe(0);
    expect((await kura("pull", dataset, "--out", out, "--only", "en")).stdout).toMatch(/en +30 .* was there/);
    expect(await new JSONLCheckpointManager(out).loadCheckpoint("fr")).toEqual(rows(200, 2));
    expect((await kura("ls", `hf://datasets/${dataset}`)).stdout).toMatch(/en +\? .* no\nfr +\? /);
    expect((await kura("show", "en", "--out", `hf://datasets/${dataset}`, "--limit", "1")).stdout).toContain("row 0");
    expect((await kura("verify", `hf://datasets/${dataset}`)).code).toBe(0);
  });
});
