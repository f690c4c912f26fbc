import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { CheckpointManager } from "../../src/checkpoints/checkpoint-manager.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { rowType } from "../../src/rows/row-type.js";
import { WildChat } from "../support/wild-chat.js";
import { temporaryDirectory, typed } from "./typed.js";

const chats = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    conversation_hash: `h${n}`,
    model: "m",
    timestamp: `2026-01-01T00:00:0${n % 10}`,
    conversation: [{ role: "user", content: `How do I do ${n}?` }],
  }));

let home: string;
beforeEach(() => {
  home = temporaryDirectory();
});
/** Nobody's: without what this library knows of it. */
async function foreign(manager: CheckpointManager, count: number, name = "chats"): Promise<void> {
  await manager.saveCheckpoint(name, chats(count), WildChat);
  rmSync(join(manager.location, ".kura"), { recursive: true, force: true });
}
const run = (input: string, ...more: string[]) =>
  typed(["run", join(home, input), "--out", join(home, "out"), "--only", "conversations", ...more]);
const conversations = async () => await new JSONLCheckpointManager(join(home, "out")).loadCheckpoint("conversations");

describe("kura run on tables", () => {
  it.each([
    ["chats.parquet", ParquetCheckpointManager],
    ["chats", HFDatasetCheckpointManager],
  ])("reads %s by the usual names of its columns, and knows it again", async (input, Manager) => {
    await foreign(new Manager(home), 12);
    const { code, stderr } = await run(input);
    expect(stderr).not.toContain("kura adopt");
    expect(code).toBe(0);
    const read = await conversations();
    expect(read).toHaveLength(12);
    expect(read![3]).toMatchObject({ chat_id: "h3", messages: [{ role: "user", content: "How do I do 3?" }] });
    expect((await run(input)).stderr).toContain("conversations: 12 rows, reused");
    await foreign(new Manager(home), 13);
    expect((await run(input)).stderr).toContain("conversations: 13 rows, made");
  });

  it.each([
    ["conversations.parquet", ParquetCheckpointManager],
    ["conversations", HFDatasetCheckpointManager],
  ])("takes %s of other columns for the table that it is, as every command does", async (input, Manager) => {
    const path = join(home, input);
    await foreign(new Manager(home), 3, "conversations");
    const { code, stderr } = await run(input);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("3 rows, made") });
    const shown = await typed(["show", path, "--json"]);
    expect(
      shown.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).conversation_hash),
    ).toEqual(["h0", "h1", "h2"]);
    expect(shown.stderr + stderr).not.toContain("warning");
    expect((await typed(["show", "conversations", "--out", home])).stderr).toContain(
      "is read by its own columns, not as conversations",
    );
    expect((await typed(["verify", path])).stdout).toMatch(/ unverified.*Nothing is damaged/s);
    expect((await typed(["info", path])).code).toBe(0);
    expect((await typed(["convert", path, "--to", "jsonl", "--out", join(home, "jsonl"), "--quiet"])).code).toBe(0);
    expect(await new JSONLCheckpointManager(join(home, "jsonl")).loadCheckpoint("conversations")).toEqual(chats(3));
    // Where a run would put its own.
    const refused = await typed(["run", path, "--out", home]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--out names another directory")]);
    expect(await new Manager(home).loadCheckpoint("conversations")).toEqual(chats(3));
  });

  it.each([
    ["chats.parquet", ParquetCheckpointManager],
    ["chats", HFDatasetCheckpointManager],
  ])("knows %s again once it is adopted, vectors and all", async (input, Manager) => {
    const WithVectors = rowType({
      name: "vectors",
      columns: [...WildChat.columns, { name: "vector", type: "vector", dimension: 2 }],
    });
    const rows = chats(12).map((row, n) => ({ ...row, vector: new Float32Array([n, 1 / 3]) }));
    await new Manager(home).saveCheckpoint("chats", rows, WithVectors);
    rmSync(join(home, ".kura"), { recursive: true });
    expect((await run(input)).code).toBe(0);
    await new Manager(home).adoptCheckpoint("chats", WithVectors);
    expect((await run(input)).stderr).toContain("conversations: 12 rows, reused");
  });

  it("reads the columns that are mapped, of JSON Lines too, and no more than asked for", async () => {
    const lines = chats(9).map(({ conversation, ...row }) => JSON.stringify({ ...row, talk: { turns: conversation } }));
    writeFileSync(join(home, "odd.jsonl"), `${lines.join("\n")}\n`);
    const map = ["--map", "chat_id=model,created_at=timestamp,messages=talk.turns", "--limit", "1"];
    expect((await run("odd.jsonl", ...map)).code).toBe(0);
    expect(await conversations()).toMatchObject([{ chat_id: "m", created_at: "2026-01-01T00:00:00" }]);
    const missing = await run("odd.jsonl", "--map", "chat_id=nowhere");
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('its rows have no "nowhere"');
    const text = await run("odd.jsonl", "--map", "messages=model");
    expect(text.code).toBe(1);
    expect(text.stderr).toContain('its column "model" is a text, and messages are a list: [{ role, content }, …]');
    await new ParquetCheckpointManager(home).saveCheckpoint("none", [], {
      name: "none",
      columns: [{ name: "x", type: "text" }],
    });
    rmSync(join(home, ".kura"), { recursive: true });
    expect((await run("none.parquet")).stderr).toContain("it has no rows: there are no conversations in it");
  });

  it("reads the split that is said, and names those there are", async () => {
    mkdirSync(join(home, "dict"));
    const splits = new HFDatasetCheckpointManager(home);
    for (const [name, count] of Object.entries({ test: 2, validation: 5 })) {
      await foreign(splits, count, name);
      renameSync(join(home, name), join(home, "dict", name));
    }
    writeFileSync(join(home, "dict/dataset_dict.json"), '{"splits": ["test", "validation"]}');
    expect((await run("dict")).stderr).toContain("it has the splits test, validation");
    expect((await run("dict", "--split", "train")).stderr).toContain("there are test, validation");
    expect((await run("dict", "--split", "validation")).code).toBe(0);
    expect(await conversations()).toHaveLength(5);
    const verified = await typed(["verify", join(home, "dict")]);
    expect(verified.stdout).toMatch(/split test +2 .* unverified\n.*split validation +5 .* unverified\n/);
    expect([verified.code, verified.stderr]).toEqual([0, ""]);
    expect((await typed(["show", join(home, "dict")])).stderr).toContain(
      `by its own path, "${join(home, "dict")}/test"`,
    );
    expect((await typed(["show", join(home, "dict", "test"), "--json"])).stdout.match(/\n/g)).toHaveLength(2);
  });

  it("refuses options that would be ignored, and columns that are none", async () => {
    await foreign(new ParquetCheckpointManager(home), 2);
    await foreign(new HFDatasetCheckpointManager(home), 2);
    writeFileSync(join(home, "list.json"), "[]");
    const refusals = [
      [await run("chats.parquet", "--split", "train"), "--split is of a dataset that has several"],
      [await run("chats", "--split", "train"), "--split is of a dataset that has several"],
      [await run("chats", "--subset", "x"), "--subset is of a dataset of the Hub"],
      [await run("list.json", "--map", "chat_id=x"), "--map is of a dataset"],
      [await run("chats.parquet", "--map", "id=x"), "conversations have chat_id, created_at, messages"],
    ] as const;
    for (const [{ code, stderr }, says] of refusals) expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    expect((await run("gone.parquet")).stderr).toContain("there is no such file");
    expect(await conversations()).toBeUndefined();
  });

  it("a table that is torn is told, and nothing is kept of it", async () => {
    writeFileSync(join(home, "torn.parquet"), "PAR1 and no more");
    const { code, stderr } = await run("torn.parquet");
    expect(code).toBe(1);
    expect(stderr).toContain("it does not end as a Parquet file does");
    expect(await conversations()).toBeUndefined();
  });
});
