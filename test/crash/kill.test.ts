import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CheckpointManager } from "../../src/checkpoints/checkpoint-manager.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ownLibrary } from "../support/own-library.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { runAndKill } from "../support/run-and-kill.js";
import { notesNumbered, operationNumbered } from "./kill-plan.mjs";
import { LONG, SEED } from "./scale.js";
import { type Note, NoteType } from "./subject.js";

const KILLS = process.env["KURA_KILLS"];
const PHASES = ["locked", "recovered", "staged", "sealed", "kept", "described", "committed", "swept"] as const;
const CHILD = fileURLToPath(new URL("kill-child.mjs", import.meta.url));

interface Kind {
  readonly module: string;
  readonly Manager: new (directory: string) => CheckpointManager;
  /** Of the checkpoint, below `.kura`. */
  readonly history: string;
  readonly kills: number;
}

/** The second shares the protocol with the first, and is sampled less. */
const KINDS: readonly Kind[] = [
  {
    module: "jsonl-checkpoint-manager",
    Manager: JSONLCheckpointManager,
    history: "notes.jsonl",
    kills: Number(KILLS ?? (LONG ? 5000 : 8)),
  },
  {
    module: "hf-dataset-checkpoint-manager",
    Manager: HFDatasetCheckpointManager,
    history: "notes.hf-dataset",
    kills: Math.ceil(Number(KILLS ?? (LONG ? 5000 : 16)) / 4),
  },
];

let scratch: string;
let library: string;
const tables: string[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-kill-"));
  library = await ownLibrary(scratch);
  for (const { history } of KINDS) await mkdir(join(scratch, history));
}, 120_000);

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  console.log(tables.join("\n"));
});

/** What stands: the number whose rows are current (undefined: none), and the one kept before it. */
interface Stand {
  readonly current: number | undefined;
  readonly kept: number | undefined;
}

function after(number: number, { current, kept }: Stand): Stand {
  switch (operationNumbered(number)) {
    case "save":
      return { current: number, kept: current };
    case "delete":
      return current === undefined ? { current, kept } : { current: undefined, kept: undefined };
    case "restore":
      return kept === undefined ? { current, kept } : { current: kept, kept: current };
  }
}

const labelOf = (rows: readonly Note[] | undefined): number | undefined => {
  if (rows === undefined) return undefined;
  const number = Number(rows[0]?.label);
  expect(rows).toEqual(notesNumbered(number));
  return number;
};

/** What is on disk now, and what is kept, read as a reader does: every byte is verified. */
async function standing({ Manager, history }: Kind): Promise<Stand> {
  const manager = new Manager(join(scratch, history));
  const info = await manager.getCheckpointInfo("notes", { check: true });
  const current = labelOf(await manager.loadCheckpoint("notes", NoteType));
  if (current !== undefined) expect(info?.verified).toBe("bytes");
  const kept: number[] = [];
  for (const { id, current: visible, ours } of await manager.listRevisions("notes")) {
    expect(ours).toBe(true);
    if (visible) continue;
    const opened = await manager.openRevision("notes", id, NoteType);
    const rows: Note[] = [];
    for await (const batch of opened.batches()) rows.push(...batch);
    await opened.close();
    kept.push(labelOf(rows)!);
  }
  return { current, kept: kept[0] };
}

it.each(KINDS.map((kind) => [kind.Manager.name, kind] as const))(
  "%s: processes killed at any moment lose nothing they acknowledged",
  async (name, kind) => {
    const { kills, module, Manager, history } = kind;
    const hits = new Map<string, number>();
    const random = seededRandom(SEED);
    let known: Stand = { current: undefined, kept: undefined };
    let next = 0;
    for (let kill = 0; kill < kills; kill++) {
      // Every other kill at a certain phase of a save, each phase in turn; the others whenever.
      let number = next + seededIndex(random, 4);
      while (operationNumbered(number) !== "save") number += 1;
      const how =
        kill % 2 === 0 ? { stopAt: `${number}:${PHASES[(kill / 2) % PHASES.length]}` } : { afterMs: random() * 60 };
      const { done, begun, phase } = await runAndKill(
        [CHILD, library, module, Manager.name, join(scratch, history), String(next), how.stopAt ?? ""],
        how,
      );
      for (const finished of done) known = after(finished, known);
      const allowed = done.includes(begun) || begun < 0 ? [known] : [known, after(begun, known)];
      const found = await standing(kind);
      const where =
        begun < 0 ? "before the first" : `${operationNumbered(begun)}, ${done.includes(begun) ? "done" : phase}`;
      hits.set(where, (hits.get(where) ?? 0) + 1);
      // A delete removes what is kept before it commits; a sweep may still be to come.
      const fits = allowed.filter(
        ({ current, kept }) =>
          current === found.current && (kept === found.kept || operationNumbered(begun) === "delete"),
      );
      expect(
        fits.length,
        `kill ${kill} (${where}): found ${JSON.stringify(found)}, allowed ${JSON.stringify(allowed)}`,
      ).toBeGreaterThan(0);
      known = found;
      next = Math.max(next, begun + 1);
    }
    for (const phase of PHASES) expect(kills < 16 ? 1 : (hits.get(`save, ${phase}`) ?? 0)).toBeGreaterThan(0);
    // The next save sweeps what the last kill left.
    const manager = new Manager(join(scratch, history));
    await manager.saveCheckpoint("notes", notesNumbered(next), NoteType);
    expect((await readdir(join(scratch, history, ".kura", history))).filter((file) => file.endsWith(".tmp"))).toEqual(
      [],
    );
    const parts = await readdir(join(scratch, history, "notes")).catch(() => []);
    expect(parts.filter((file) => file.startsWith("data-")).length).toBeLessThanOrEqual(2);
    const table = [...hits].sort().map(([where, count]) => `  ${where}: ${count}`);
    tables.push(`kills of ${name}, seed ${SEED}: ${kills}\n${table.join("\n")}`);
  },
  30_000 + Math.max(...KINDS.map(({ kills }) => kills)) * 1000,
);
