import type { Agreement, NewRevision } from "../checkpoints/agreement.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { RevisionState } from "../checkpoints/revision-state.js";
import type { Implementation, TestRunner } from "./checkpoint-contract.js";
import { expect } from "./expect.js";

const FIRST = { id: "20250101T000000000Z-aaaaaaaa", parent: null, ancestors: [] };
const LATER = { id: "20990101T000000000Z-bbbbbbbb", parent: FIRST.id, ancestors: [] };
const AT = "2026-01-01T00:00:00.000Z";
const ROWS = Array.from({ length: 600 }, (_, n) => ({ n, text: `row ${n}` }));

type Plan = Pick<NewRevision, "id" | "parent" | "ancestors">;

/** Agrees to everything, and writes down what it was asked. */
function agreeing(plan: Plan, asked: unknown[] = []): Agreement {
  return {
    decide: async (found: RevisionState) => {
      asked.push(found);
      return { ...plan, savedAt: AT };
    },
    publish: async (written) => void asked.push(written),
  };
}

/** What a checkpoint manager must do to be a copy of a MultiCheckpointManager, besides all that any manager must. */
export function copyContract(name: string, { make, again }: Implementation, { describe, it }: TestRunner): void {
  const saved = async (manager: BaseCheckpointManager, plan: Plan, asked?: unknown[]) =>
    await manager.saveCheckpoint("notes", ROWS, undefined, { agreement: agreeing(plan, asked) });

  describe(`copy contract: ${name}`, () => {
    it("saveCheckpoint() saves as the revision that was decided, tells what it found, and what it wrote", async () => {
      const manager = await make();
      const asked: unknown[] = [];
      const { revision } = await saved(manager, FIRST, asked);
      expect(revision).toMatchObject({ id: FIRST.id, parent: null, savedAt: AT });
      expect(asked[0]).toEqual({ state: "absent", revision: undefined, ancestors: [], newest: undefined });
      expect(asked[1]).toEqual({ rows: ROWS.length, rowHash: revision!.rowHash });
      expect(asked).toHaveLength(2);
      expect((await manager.getCheckpointInfo("notes"))?.revision).toEqual(revision);
    });

    it("the same rows have the rowHash that they have in every format", async () => {
      const manager = await make();
      expect((await saved(manager, FIRST)).revision?.rowHash).toBe(
        "sha256:cd98d715d3e38a159aa38faf67cedb6b0593e423a99d7b187d99ef8cc99dd46d",
      );
    });

    it("getRevisionState() tells what stands, its ancestors and the greatest id, also to another manager", async () => {
      const manager = await make();
      expect(await manager.getRevisionState("notes")).toMatchObject({ state: "absent", revision: undefined });
      const { revision } = await saved(manager, { ...LATER, ancestors: ["20240101T000000000Z-cccccccc"] });
      for (const one of [manager, await again(manager)])
        expect(await one.getRevisionState("notes")).toEqual({
          state: "present",
          revision,
          ancestors: ["20240101T000000000Z-cccccccc"],
          newest: LATER.id,
        });
      const next = await manager.saveCheckpoint("notes", ROWS);
      expect(next.revision!.id > LATER.id).toBe(true);
      expect(next.revision!.parent).toBe(LATER.id);
      expect((await manager.getRevisionState("notes")).ancestors).toEqual([FIRST.id, "20240101T000000000Z-cccccccc"]);
    });

    it("nothing is visible before publish(), and nothing is left where that refuses", async () => {
      const manager = await make();
      await saved(manager, FIRST);
      const before = await manager.getRevisionState("notes");
      const refusing = {
        ...agreeing(LATER),
        publish: async () => {
          expect(await (await again(manager)).loadCheckpoint("notes")).toEqual(ROWS);
          throw new Error("too few copies");
        },
      };
      await expect(manager.saveCheckpoint("notes", [], undefined, { agreement: refusing })).rejects.toThrow(
        "too few copies",
      );
      await expect(manager.deleteCheckpoint("notes", { agreement: refusing })).rejects.toThrow("too few copies");
      expect(await manager.loadCheckpoint("notes")).toEqual(ROWS);
      expect((await manager.getRevisionState("notes")).revision).toEqual(before.revision);
    });

    it("nothing happens where decide() refuses, and the name is free again", async () => {
      const manager = await make();
      await saved(manager, FIRST);
      const agreement = { ...agreeing(LATER), decide: () => Promise.reject(new Error("somebody was faster")) };
      let taken = 0;
      async function* rows() {
        for (; taken < 1; taken++) yield { n: 1, text: "" };
      }
      await expect(manager.saveCheckpoint("notes", rows(), undefined, { agreement })).rejects.toThrow(
        "somebody was faster",
      );
      expect(taken).toBe(0);
      await saved(manager, LATER);
    });

    it("deleteCheckpoint() leaves the revision that was decided, also where there was nothing", async () => {
      const manager = await make();
      expect(await manager.deleteCheckpoint("notes", { agreement: agreeing(FIRST) })).toBe(false);
      expect(await manager.getRevisionState("notes")).toMatchObject({
        state: "deleted",
        revision: { id: FIRST.id },
        newest: FIRST.id,
      });
      expect(await manager.listCheckpoints()).toEqual([]);
      await manager.saveCheckpoint("notes", ROWS);
      expect(await manager.deleteCheckpoint("notes", { agreement: agreeing(LATER) })).toBe(true);
      for (const one of [manager, await again(manager)])
        expect(await one.getRevisionState("notes")).toMatchObject({ state: "deleted", revision: { id: LATER.id } });
      expect((await manager.saveCheckpoint("notes", ROWS)).revision!.parent).toBe(LATER.id);
    });

    it("saveCheckpoint() of the revision that is there saves it anew", async () => {
      const manager = await make();
      await saved(manager, FIRST);
      const { revision } = await saved(manager, FIRST);
      expect(revision!.id).toBe(FIRST.id);
      expect(await manager.loadCheckpoint("notes")).toEqual(ROWS);
      const refusing = { ...agreeing(FIRST), publish: () => Promise.reject(new Error("no")) };
      await expect(manager.saveCheckpoint("notes", [], undefined, { agreement: refusing })).rejects.toThrow("no");
      expect(await manager.loadCheckpoint("notes")).toEqual(ROWS);
      expect((await manager.getRevisionState("notes")).revision).toEqual(revision);
    });

    it("rows are asked for one after the other, and an abort ends a save that waits for them", async () => {
      const manager = await make();
      await saved(manager, FIRST);
      const stop = new AbortController();
      async function* rows() {
        yield { n: 1, text: "" };
        stop.abort(new Error("cut off"));
        await new Promise(() => {});
      }
      await expect(
        manager.saveCheckpoint("notes", rows(), undefined, { agreement: agreeing(LATER), signal: stop.signal }),
      ).rejects.toThrow("cut off");
      expect(await manager.loadCheckpoint("notes")).toEqual(ROWS);
      await saved(manager, LATER);
    });
  });
}
