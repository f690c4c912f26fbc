import { afterAll, expect, it } from "vitest";
import type { CheckpointManager } from "../../src/checkpoints/checkpoint-manager.js";
import { decodeManifest } from "../../src/checkpoints/manifest.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { Scheduler } from "../support/scheduled-file-system.js";
import { FORMS, type Form } from "./form.js";
import { LONG, SEED } from "./scale.js";
import { NAME, NoteType, notesOf, PARENT } from "./subject.js";

const RUNS = LONG ? 300 : 4;
const WRITERS = 2;
const SAVES = 5;
const EACH = FORMS.map((form) => [form.name, form] as const);
const counts = { saves: 0, reads: 0, turns: 0 };

afterAll(() =>
  console.log(
    `two writers, seed ${SEED}: ${RUNS} runs, ${counts.saves} saves, ${counts.reads} reads, ${counts.turns} interleaved calls`,
  ),
);

/** Writers and readers of one name, their calls interleaved by seed. */
async function race(form: Form, seed: number, write: (label: string, manager: CheckpointManager) => Promise<unknown>) {
  const disk = new PowerLossFileSystem();
  await disk.mkdir(PARENT);
  const scheduler = new Scheduler(seed);
  let writing = WRITERS;
  const writer = async (name: string): Promise<void> => {
    const manager = form.managerOn(scheduler.task(disk), { keepRevisions: 100 });
    for (let i = 0; i < SAVES; i++) {
      await write(`${name}${i}`, manager);
      counts.saves += 1;
    }
    writing -= 1;
  };
  const reader = async (): Promise<string[]> => {
    const seen: string[] = [];
    while (writing > 0) seen.push(await form.viewOf(scheduler.task(disk)));
    counts.reads += seen.length;
    return seen;
  };
  const [, , ...views] = await Promise.all([writer("a"), writer("b"), reader(), reader()]);
  counts.turns += scheduler.turns;
  return { disk, views };
}

function manifestsOn(form: Form, disk: PowerLossFileSystem) {
  const names = [...disk.tree.directory(disk.tree.lookup(form.history)!).now.keys()].filter((name) =>
    name.endsWith(".json"),
  );
  return names.sort().map((name) => decodeManifest(disk.bytesAt(`${form.history}/${name}`)!)!);
}

it.each(EACH)(
  `%s: two writers of one name make one chain of revisions and lose none, and no reader sees an error or goes back (${RUNS} interleavings)`,
  async (_, form) => {
    for (let run = 0; run < RUNS; run++) {
      const { disk, views } = await race(form, SEED * 1000 + run, (label, manager) =>
        manager.saveCheckpoint(NAME, notesOf(label), NoteType),
      );
      const manifests = manifestsOn(form, disk);
      expect(manifests.map(({ revision }) => revision.parent)).toEqual([
        null,
        ...manifests.slice(0, -1).map(({ revision }) => revision.id),
      ]);
      const saved = [...form.keptRevisions(disk), await form.viewOf(disk)].map((view) => view.split("@")[0]);
      expect(saved.sort()).toEqual(
        ["a", "b"].flatMap((name) => Array.from({ length: SAVES }, (_, i) => `${name}${i}`)),
      );
      expect(disk.openHandles).toBe(0);
      for (const seen of views) {
        expect(seen.filter((view) => view !== "absent" && !/^[ab]\d@/.test(view))).toEqual([]);
        // "absent" has none, and sorts first.
        const revisions = seen.map((view) => view.split("@")[1] ?? "");
        expect(revisions).toEqual([...revisions].sort());
      }
    }
  },
);

it.each(EACH)(
  `%s: a writer that deletes and one that saves leave readers with whole rows or none (${RUNS} interleavings)`,
  async (_, form) => {
    for (let run = 0; run < RUNS; run++) {
      const { disk, views } = await race(form, SEED * 1000 + run, (label, manager) =>
        label.startsWith("a") ? manager.saveCheckpoint(NAME, notesOf(label), NoteType) : manager.deleteCheckpoint(NAME),
      );
      for (const view of [...views.flat(), await form.viewOf(disk)]) expect(view).toMatch(/^absent$|^a\d@/);
      const visible = disk.tree.lookup(form.head);
      if (visible !== undefined) expect(disk.tree.linkCount(visible)).toBe(1);
      expect(disk.openHandles).toBe(0);
    }
  },
);
