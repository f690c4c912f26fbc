import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import type { Conversation } from "../../src/rows/builtin.js";

const FIXTURES = new URL("../fixtures/pydantic/", import.meta.url);
const names = readdirSync(FIXTURES).map((file) => file.replace(".jsonl", ""));

it("finds the fixtures", () => expect(names.sort()).toEqual(["conversations", "dimensionality", "summaries"]));

it.each(names)("%s: what pydantic wrote loads and saves to the same bytes", async (name) => {
  const bytes = readFileSync(new URL(`${name}.jsonl`, FIXTURES));
  const directory = await mkdtemp(join(tmpdir(), "kura-pydantic-"));
  await writeFile(join(directory, `${name}.jsonl`), bytes);
  const manager = new JSONLCheckpointManager(directory);
  const rows = await manager.loadCheckpoint(name);
  expect(rows?.length).toBe(bytes.toString().split("\n").length - 1);
  // A copy of each row, as a program that changes one field makes it, keeps what it did not touch.
  await manager.saveCheckpoint(
    name,
    rows!.map((row) => ({ ...row })),
  );
  expect((await readFile(join(directory, `${name}.jsonl`))).equals(bytes)).toBe(true);
  expect(await manager.loadCheckpoint(name)).toEqual(rows);
});

it("values that JSON.parse would change come out right, and a changed value is not written back as it was", async () => {
  const directory = await mkdtemp(join(tmpdir(), "kura-pydantic-"));
  await writeFile(join(directory, "conversations.jsonl"), readFileSync(new URL("conversations.jsonl", FIXTURES)));
  const manager = new JSONLCheckpointManager(directory);
  const rows = (await manager.loadCheckpoint("conversations", "conversations")) as Conversation[];
  const integers = rows[3]!.metadata["integers"];
  expect(integers).toEqual([
    0,
    -1,
    2 ** 31,
    2 ** 53 - 1,
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    10n ** 30n,
  ]);
  expect(Object.is((rows[2]!.metadata["floats"] as number[])[3], -0)).toBe(true);
  expect(rows.map((row) => row.created_at)).toContain("2025-06-10T12:34:56.789012+02:00");
  rows[1]!.metadata["a"] = 2;
  (rows[2]!.metadata["floats"] as number[]).length = 1;
  await manager.saveCheckpoint("conversations", rows);
  const again = (await manager.loadCheckpoint("conversations", "conversations")) as Conversation[];
  expect(again).toEqual(rows);
  expect(again[2]!.metadata).toEqual({ floats: [1] });
});
