import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StorageError } from "../../src/errors.js";
import { NoteType, newDirectory, notes, rejection, Workplace } from "./notes.js";

// A real file system of one megabyte. Faults at every single call are in test/crash; here the system itself says no.

let root: string | undefined;
let unmountable = "";
const SMALL = await newDirectory();
try {
  if (process.platform !== "linux") throw new Error(`no tmpfs on ${process.platform}`);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", SMALL], { stdio: "pipe" });
  root = SMALL;
} catch (error) {
  unmountable = `a file system cannot be mounted here: ${String(error).split("\n")[0]}`;
}

afterAll(() => {
  if (root) execFileSync("umount", [root]);
});

let directories = 0;
function placeOnSmall(): Workplace {
  const directory = join(root!, String(directories++));
  mkdirSync(directory);
  return new Workplace(directory);
}

/** Use up all space that is left, and give back the path of what does. */
async function fill(): Promise<string> {
  const path = join(root!, "ballast");
  for (const bytes of [1 << 20, 1 << 16, 1 << 12, 1]) {
    while (
      await appendFile(path, Buffer.alloc(bytes)).then(
        () => true,
        () => false,
      )
    );
  }
  return path;
}

describe.skipIf(unmountable)(`a disk that is full${unmountable && ` (skipped: ${unmountable})`}`, () => {
  beforeAll(() => expect(root).toBeDefined());

  it("while rows are written: the error says so, the old rows stand, nothing is left, and after making room it works", async () => {
    const place = placeOnSmall();
    await place.manager.saveCheckpoint("notes", notes(100), NoteType);
    const before = await place.history();
    const error = await rejection(place.manager.saveCheckpoint("notes", notes(50_000), NoteType));
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "ENOSPC" });
    expect(error.message).toMatch(
      /^Cannot write ".+notes\.jsonl": no space is left on the device; free some and do it again, nothing was changed$/,
    );
    expect(await place.history()).toEqual(before);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(100));
    await place.manager.saveCheckpoint("notes", notes(200), NoteType);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(200));
    await rm(place.directory, { recursive: true });
  });

  it("from the beginning: the first save says so, and leaves no checkpoint", async () => {
    const place = placeOnSmall();
    const ballast = await fill();
    const error = await rejection(place.manager.saveCheckpoint("notes", notes(100), NoteType));
    expect(error).toMatchObject({ name: "StorageError", code: "ENOSPC" });
    expect(await place.manager.listCheckpoints()).toEqual([]);
    await rm(ballast);
    await place.manager.saveCheckpoint("notes", notes(100), NoteType);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(100));
    await rm(place.directory, { recursive: true });
  });

  it("keeps nobody from reading, nor from deleting to make room", async () => {
    const place = placeOnSmall();
    await place.manager.saveCheckpoint("notes", notes(1000), NoteType);
    const ballast = await fill();
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(1000));
    expect(await place.manager.getCheckpointInfo("notes", { check: true })).toMatchObject({ rows: 1000 });
    expect(await place.manager.deleteCheckpoint("notes")).toBe(true);
    expect(await place.manager.loadCheckpoint("notes")).toBeUndefined();
    expect(await place.manager.listRevisions("notes")).toEqual([]);
    const first = await place.manager.saveCheckpoint("notes", notes(100), NoteType);
    expect(first.revision?.parent).toBeTruthy();
    await rm(ballast);
    await rm(place.directory, { recursive: true });
  });
});
