import { readdir, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { LockedError } from "../../src/errors.js";
import { NoteType, notes, rejection, workplace } from "./notes.js";

it.each(["staged", "sealed", "kept", "described"] as const)(
  "a writer that lost its lock when it was %s changes nothing, and takes nothing away from who has it now",
  async (at) => {
    const place = await workplace();
    for (const count of [1, 2]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    const slept = new JSONLCheckpointManager(place.directory, {
      onPhase: async (phase) => {
        if (phase !== at) return;
        // As when it gave no sign of life for too long: its lock is free for the next.
        const locks = place.path(".kura/locks");
        const mine = (await readdir(locks)).filter((name) => /^notes\.jsonl\.\d+\.lock$/.test(name)).at(-1)!;
        await writeFile(`${locks}/${mine.replace("lock", "free")}`, "");
        await place.manager.saveCheckpoint("notes", notes(3), NoteType);
      },
    });
    const error = await rejection(slept.saveCheckpoint("notes", notes(9), NoteType));
    expect(error.message).toMatch(at === "described" ? /another process took over/ : /./);
    if (at === "described") expect(error).toBeInstanceOf(LockedError);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(3));
    const revisions = await place.manager.listRevisions("notes");
    expect(revisions.map(({ rows, current }) => [rows, current])).toEqual([
      [3, true],
      [2, false],
    ]);
    await place.manager.restoreRevision("notes", revisions[1]!.id);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(2));
  },
);
