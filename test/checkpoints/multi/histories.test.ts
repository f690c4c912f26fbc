import fc from "fast-check";
import { expect, it } from "vitest";
import type { BaseCheckpointManager } from "../../../src/checkpoints/base-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../../src/checkpoints/jsonl-checkpoint-manager.js";
import type { CopyState } from "../../../src/checkpoints/multi/copy-state.js";
import { MultiCheckpointManager } from "../../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../../src/checkpoints/parquet-checkpoint-manager.js";
import { CorruptCheckpointError, TooFewCopiesError } from "../../../src/errors.js";
import { SwitchedStorage } from "../../support/switched-storage.js";

const LONG = process.env["KURA_LONG"] === "1";
const RUNS = LONG ? 1000 : 20;
const SEED = 20261125;
const COPIES = [0, 1, 2] as const;
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ n, text: `${n} of ${count}` }));

type Op =
  | { do: "save" | "save alone"; rows: number; minimum: number; copy: number }
  | { do: "delete" | "sync" | "load"; minimum: number }
  | { do: "delete alone" | "down" | "up" | "lose" | "damage" | "rewrite"; copy: number };

const copy = fc.constantFrom(...COPIES);
const minimum = fc.integer({ min: 1, max: 3 });
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("save" as const), rows: fc.nat(4), minimum, copy }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("save alone" as const), rows: fc.nat(4), minimum, copy }) },
  {
    weight: 7,
    arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "sync" as const, "load" as const), minimum }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "delete alone" as const,
        "down" as const,
        "down" as const,
        "up" as const,
        "up" as const,
        "lose" as const,
        "damage" as const,
        "rewrite" as const,
      ),
      copy,
    }),
  },
);

interface ModelRevision {
  readonly id: string;
  readonly parent: string | null;
  /** undefined: a deletion. */
  readonly rows: number | undefined;
}

/** What one copy holds. */
interface ModelCopy {
  isDown: boolean;
  is: "absent" | "ours" | "damaged" | "foreign";
  revision: ModelRevision | undefined;
  /** What was saved here, and took no part in what counts now: it stays, however often other rows are saved. */
  readonly sides: Set<ModelRevision>;
}

class Model {
  readonly copies: ModelCopy[] = COPIES.map(() => ({
    isDown: false,
    is: "absent",
    revision: undefined,
    sides: new Set(),
  }));
  readonly revisions = new Map<string, ModelRevision>();

  get up(): ModelCopy[] {
    return this.copies.filter(({ isDown }) => !isDown);
  }

  get newest(): ModelRevision | undefined {
    const known = this.up.flatMap(({ is, revision }) => (is === "foreign" || !revision ? [] : [revision]));
    return known.sort((a, b) => (a.id < b.id ? 1 : -1))[0];
  }

  isAncestor(older: ModelRevision, of: ModelRevision): boolean {
    for (let id = of.parent; id !== null; id = this.revisions.get(id)?.parent ?? null) if (id === older.id) return true;
    return false;
  }

  stateOf({ isDown, is, revision }: ModelCopy): CopyState {
    if (isDown) return "failed";
    if (is === "foreign") return "unversioned";
    if (!revision) return "absent";
    const newest = this.newest!;
    // Of damage that leaves the length nobody knows who does not read.
    if (revision.id === newest.id) return "good";
    return revision.rows === newest.rows || this.isAncestor(revision, newest) ? "behind" : "diverged";
  }

  set(copies: readonly ModelCopy[], revision: ModelRevision): void {
    this.revisions.set(revision.id, revision);
    for (const copy of copies) {
      const { is, revision: before, sides } = copy;
      if (revision.rows === undefined) sides.clear();
      else if (is === "ours" && before?.rows !== undefined && before !== revision && !this.isAncestor(before, revision))
        sides.add(before);
      Object.assign(copy, { is: "ours", revision });
    }
  }
}

class World {
  readonly model = new Model();
  readonly places = COPIES.map((n) => new SwitchedStorage(`copy ${n}`));
  readonly managers: readonly BaseCheckpointManager[] = this.places.map(({ storage }, n) =>
    n === 1 ? new ParquetCheckpointManager(storage) : new JSONLCheckpointManager(storage),
  );

  multi(minimumCopies: number): MultiCheckpointManager {
    return new MultiCheckpointManager(this.managers, { minimumCopies });
  }

  async run(op: Op): Promise<void> {
    const { model } = this;
    switch (op.do) {
      case "save": {
        const { up, newest } = model;
        const save = this.multi(op.minimum).saveCheckpoint("notes", rows(op.rows));
        if (up.length < op.minimum) {
          await expect(save).rejects.toThrow(TooFewCopiesError);
          return;
        }
        const { revision, copies } = await save;
        expect(revision!.parent).toBe(newest?.id ?? null);
        if (newest) expect(revision!.id > newest.id).toBe(true);
        expect(copies.map(({ state }) => state)).toEqual(
          model.copies.map(({ isDown }) => (isDown ? "failed" : "good")),
        );
        model.set(up, { ...revision!, rows: op.rows });
        return;
      }
      case "save alone": {
        const copy = model.copies[op.copy]!;
        if (copy.isDown) return;
        const { revision } = await this.managers[op.copy]!.saveCheckpoint("notes", rows(op.rows));
        model.set([copy], { ...revision!, rows: op.rows });
        return;
      }
      case "delete": {
        const { up, newest } = model;
        const isNowhere = model.copies.every(
          ({ isDown, is, revision }) => !isDown && is !== "foreign" && revision?.rows === undefined,
        );
        const outcome = await this.multi(op.minimum)
          .deleteCheckpoint("notes")
          .catch((error: unknown) => error);
        if (isNowhere) return expect(outcome).toBe(false);
        if (up.length < op.minimum) expect(outcome).toBeInstanceOf(TooFewCopiesError);
        else expect(outcome).toBe(up.some(({ is, revision }) => is === "foreign" || revision?.rows !== undefined));
        if (up.length === 0) return;
        const state = await this.managers[model.copies.findIndex(({ isDown }) => !isDown)]!.getRevisionState("notes");
        expect(state).toMatchObject({ state: "deleted", revision: { parent: newest?.id ?? null } });
        model.set(up, { ...state.revision!, rows: undefined });
        return;
      }
      case "delete alone": {
        const copy = model.copies[op.copy]!;
        if (copy.isDown || !(await this.managers[op.copy]!.deleteCheckpoint("notes"))) return;
        const { revision } = await this.managers[op.copy]!.getRevisionState("notes");
        model.set([copy], { ...revision!, rows: undefined });
        return;
      }
      case "load":
        return await this.load(op.minimum);
      case "sync":
        return await this.sync(op.minimum);
      case "down":
      case "up":
        model.copies[op.copy]!.isDown = op.do === "down";
        this.places[op.copy]!.isDown = op.do === "down";
        return;
      case "lose":
        this.places[op.copy]!.lose();
        model.copies[op.copy]!.sides.clear();
        Object.assign(model.copies[op.copy]!, { is: "absent", revision: undefined });
        return;
      case "damage": {
        const copy = model.copies[op.copy]!;
        if (copy.is !== "ours" || copy.revision!.rows === undefined || copy.revision!.rows === 0) return;
        await this.places[op.copy]!.overwrite(visible(op.copy), (bytes) =>
          bytes!.map((byte, at) => (at === bytes!.length >> 1 ? byte ^ 1 : byte)),
        );
        copy.is = "damaged";
        return;
      }
      case "rewrite": {
        const copy = model.copies[op.copy]!;
        if (op.copy === 1) return;
        await this.places[op.copy]!.overwrite(visible(op.copy), () =>
          Buffer.from(
            '{"n": -1, "text": "written by another program, at some length, so that it has not that of any of ours"}\n',
          ),
        );
        Object.assign(copy, { is: "foreign", revision: undefined });
      }
    }
  }

  async load(minimum: number): Promise<void> {
    const { model } = this;
    const { newest, up } = model;
    const multi = this.multi(minimum);
    const loaded = await multi.loadCheckpoint("notes").catch((error: unknown) => error);
    const having = up.filter(({ is, revision }) => is === "ours" && revision === newest);
    if (newest && newest.rows === undefined) expect(loaded).toBeUndefined();
    else if (newest && having.length > 0) expect(loaded).toEqual(rows(newest.rows!));
    else if (newest) expect(loaded).toBeInstanceOf(CorruptCheckpointError);
    else if (up.some(({ is }) => is === "foreign")) expect(loaded).toMatchObject([{ n: -1 }]);
    else if (up.length < minimum) expect(loaded).toBeInstanceOf(Error);
    else expect(loaded).toBeUndefined();
    if (newest?.rows === undefined) return;
    const info = await multi.getCheckpointInfo("notes");
    expect(info!.revision!.id).toBe(newest.id);
    expect(info!.copies.map(({ state }) => state)).toEqual(model.copies.map((copy) => model.stateOf(copy)));
    expect(await multi.listCheckpoints()).toEqual(["notes"]);
  }

  async sync(minimum: number): Promise<void> {
    const { model } = this;
    const { newest, up } = model;
    if (up.length === 0) {
      await expect(this.multi(minimum).sync()).rejects.toThrow(/it is down/);
      return;
    }
    const hasSource = newest?.rows === undefined || up.some(({ is, revision }) => is === "ours" && revision === newest);
    const isListed = up.some(
      ({ is, revision }) => is !== "absent" && (is === "foreign" || revision!.rows !== undefined),
    );
    const before = JSON.stringify(model.copies);
    await this.multi(minimum).sync({ check: true, dryRun: true });
    const [report] = await this.multi(minimum).sync({ check: true });
    expect(report !== undefined).toBe(isListed);
    if (newest && hasSource && isListed) {
      // What a deletion was not made from is left.
      const isLeft = (copy: ModelCopy) => newest.rows === undefined && model.stateOf(copy) === "diverged";
      model.set(
        up.filter((copy) => copy.is !== "foreign" && !isLeft(copy)),
        newest,
      );
    }
    const isDone = model.copies.every(
      ({ isDown, is, revision }) => !isDown && is !== "foreign" && revision === newest && is !== "damaged",
    );
    if (report) expect(report.inSync, before).toBe(isDone);
  }
}

const visible = (copy: number) => (copy === 1 ? "notes.parquet" : "notes.jsonl");

it(`any history of saves, deletions, failures and syncs is as a model of it (${RUNS} histories)`, async () => {
  let ops = 0;
  let kept = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 25 }), async (history) => {
      const world = new World();
      for (const op of history) {
        await world.run(op);
        ops += 1;
      }
      for (const copy of COPIES) await world.run({ do: "up", copy });
      await world.load(1);
      await world.sync(1);
      await world.load(1);
      const { newest, copies } = world.model;
      for (const [n, { is, revision, sides }] of copies.entries()) {
        for (const { id, rows: count } of sides) {
          const opened = await world.managers[n]!.openRevision("notes", id);
          expect((await opened.check()).rows).toBe(count);
          await opened.close();
          kept += 1;
        }
        if (is !== "ours" || revision !== newest) continue;
        const loaded = await world.managers[n]!.loadCheckpoint("notes");
        expect(loaded).toEqual(newest?.rows === undefined ? undefined : rows(newest.rows));
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
  console.log(
    `${RUNS} histories of three copies, seed ${SEED}: ${ops} operations as the model says, ${kept} revisions kept that had diverged`,
  );
}, 3_600_000);
