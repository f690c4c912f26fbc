import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Agreement } from "../../src/checkpoints/agreement.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import type { RevisionState } from "../../src/checkpoints/revision-state.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const AT = "2026-01-01T00:00:00.000Z";
const ID = "29990101T000000000Z-aaaa";
const rows = [{ a: 1 }, { a: 2 }];

function agreeing(id = ID, told: unknown[] = []): Agreement {
  return {
    decide: async (found: RevisionState) => {
      told.push(found);
      return { id, parent: "20200101T000000000Z-bbbb", savedAt: AT, ancestors: ["20190101T000000000Z-cccc"] };
    },
    publish: async (written) => void told.push(written),
  };
}

const inMemory = () => new JSONLCheckpointManager(new MemoryStorage());

describe("agreement", () => {
  it("a save has the revision that was agreed, and says so later", async () => {
    const manager = inMemory();
    const told: unknown[] = [];
    const info = await manager.saveCheckpoint("notes", rows, undefined, { agreement: agreeing(ID, told) });
    expect(info.revision).toMatchObject({ id: ID, parent: "20200101T000000000Z-bbbb", savedAt: AT });
    expect(told).toEqual([
      { state: "absent", revision: undefined, ancestors: [], newest: undefined },
      { rows: 2, rowHash: info.revision!.rowHash },
    ]);
    expect(await manager.getRevisionState("notes")).toEqual({
      state: "present",
      revision: info.revision,
      ancestors: ["20190101T000000000Z-cccc"],
      newest: ID,
    });
    const next = await manager.saveCheckpoint("notes", rows);
    expect(next.revision!.id > ID).toBe(true);
    expect(await manager.getRevisionState("notes")).toMatchObject({
      ancestors: ["20200101T000000000Z-bbbb", "20190101T000000000Z-cccc"],
    });
  });

  it("nothing is visible before it is published, nor after it was not", async () => {
    const manager = inMemory();
    await manager.saveCheckpoint("notes", rows);
    const before = await manager.getRevisionState("notes");
    const agreement = {
      ...agreeing(),
      publish: async () => {
        expect(await manager.loadCheckpoint("notes")).toEqual(rows);
        throw new Error("not enough");
      },
    };
    await expect(manager.saveCheckpoint("notes", [], undefined, { agreement })).rejects.toThrow("not enough");
    await expect(manager.deleteCheckpoint("notes", { agreement })).rejects.toThrow("not enough");
    expect(await manager.loadCheckpoint("notes")).toEqual(rows);
    expect(await manager.getRevisionState("notes")).toEqual(before);
  });

  it("a deletion is noted also where nothing is, and a save that died does not hide it", async () => {
    const manager = inMemory();
    expect(await manager.deleteCheckpoint("notes", { agreement: agreeing() })).toBe(false);
    expect(await manager.getRevisionState("notes")).toMatchObject({
      state: "deleted",
      revision: { id: ID },
      newest: ID,
    });
    expect(await manager.loadCheckpoint("notes")).toBeUndefined();
  });

  it("the same revision is saved anew over damage, which is kept; where that fails it is damaged as before", async () => {
    const directory = join(mkdtempSync(join(tmpdir(), "kura-agreement-")), "checkpoints");
    const manager = new JSONLCheckpointManager(directory);
    const { revision } = await manager.saveCheckpoint("notes", rows);
    const damaged = readFileSync(join(directory, "notes.jsonl"), "utf8").replace("1", "7");
    writeFileSync(join(directory, "notes.jsonl"), damaged);
    const state = async () => await manager.getRevisionState("notes");
    // As many bytes as were saved: who does not read them does not know.
    expect(await state()).toMatchObject({ state: "present", revision });
    const told: RevisionState[] = [];
    const agreement = agreeing(revision!.id, told);
    const failing = { ...agreement, publish: () => Promise.reject(new Error("no")) };
    await expect(manager.saveCheckpoint("notes", rows, undefined, { agreement: failing })).rejects.toThrow("no");
    expect(told[0]).toMatchObject({ state: "damaged", revision });
    await expect(manager.loadCheckpoint("notes")).rejects.toThrow(/not those that were saved/);
    for (const _ of [1, 2]) {
      await manager.saveCheckpoint("notes", rows, undefined, { agreement });
      expect(await manager.loadCheckpoint("notes")).toEqual(rows);
      expect(await state()).toMatchObject({ state: "present", revision: { id: revision!.id } });
    }
    const kept = (await manager.listRevisions("notes")).filter(({ ours }) => !ours);
    expect(kept.map(({ bytes }) => bytes)).toContain(damaged.length);
  });

  it("what no revision describes is unversioned", async () => {
    const directory = mkdtempSync(join(tmpdir(), "kura-agreement-"));
    writeFileSync(join(directory, "notes.jsonl"), '{"a": 1}\n');
    const manager = new JSONLCheckpointManager(directory);
    expect(await manager.getRevisionState("notes")).toMatchObject({ state: "unversioned", revision: undefined });
  });
});
