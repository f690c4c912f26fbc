import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { decodeManifest } from "../../src/checkpoints/manifest.js";
import { LONG } from "../crash/scale.js";
import { ownLibrary } from "../support/own-library.js";
import { NOTES, nameOf, notesOf } from "./saves.mjs";

const PROCESSES = LONG ? 16 : 4;
const SAVES = LONG ? 200 : 10;
/** Every save reads what is said of those that are kept. */
const KEPT = 100;
const CHILD = fileURLToPath(new URL("saver-child.mjs", import.meta.url));

let scratch: string;
let library: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-many-"));
  library = await ownLibrary(scratch);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Save {
  readonly name: string;
  readonly label: string;
  readonly id: string;
  readonly parent: string | null;
}

async function savesOf(directory: string, me: number, names: number): Promise<Save[]> {
  const args = [CHILD, library, directory, ...[me, SAVES, names, KEPT].map(String)];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 });
  expect(stderr).toBe("");
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Save);
}

/** Reads while others write: whole rows of one save, never of an earlier one than was seen before. */
async function watch(directory: string, name: string, isOver: () => boolean): Promise<{ looks: number; seen: number }> {
  const manager = new JSONLCheckpointManager(directory);
  const seen: string[] = [];
  let looks = 0;
  for (; !isOver(); looks++) {
    const opened = await manager.openCheckpoint(name, NOTES);
    if (!opened) continue;
    try {
      const rows: { id: string; label: string }[] = [];
      for await (const row of opened.rows()) rows.push(row);
      expect(rows).toEqual(notesOf(rows[0]!.label));
      const { id } = opened.info.revision!;
      expect(seen.length === 0 || id >= seen.at(-1)!).toBe(true);
      if (id !== seen.at(-1)) seen.push(id);
    } finally {
      await opened.close();
    }
    await manager.listCheckpoints();
  }
  return { looks, seen: seen.length };
}

/** What is on disk, read without the manager: each revision's parent, and the label of its rows. */
async function revisionsIn(directory: string, name: string): Promise<Save[]> {
  const history = join(directory, `.kura/${name}.jsonl`);
  const ids = (await readdir(history)).filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));
  return await Promise.all(
    ids.sort().map(async (id, i) => {
      const { revision } = decodeManifest(await readFile(join(history, `${id}.json`)))!;
      const isCurrent = i === ids.length - 1;
      const data = await readFile(isCurrent ? join(directory, `${name}.jsonl`) : join(history, `${id}.data`), "utf8");
      const rows = data
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { id: string; label: string });
      const { label } = rows[0]!;
      expect(rows).toEqual(notesOf(label));
      return { name, label, id: revision.id, parent: revision.parent };
    }),
  );
}

it.each([
  ["one name", 1],
  ["several names", 4],
])(
  `${PROCESSES} processes that save ${SAVES} times each under %s make one chain of each, and no reader sees an error`,
  async (which, names) => {
    const directory = join(scratch, which);
    let running = true;
    const saving = Promise.all(Array.from({ length: PROCESSES }, (_, me) => savesOf(directory, me, names))).finally(
      () => {
        running = false;
      },
    );
    const watching = Promise.all([0, 1].map((n) => watch(directory, nameOf(n, names), () => !running)));
    const [saved, watched] = await Promise.all([saving.then((all) => all.flat()), watching]);
    expect(saved.length).toBe(PROCESSES * SAVES);
    for (let n = 0; n < names; n++) {
      const name = nameOf(n, names);
      const found = await revisionsIn(directory, name);
      const told = saved.filter((save) => save.name === name).sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(told.map(({ parent }) => parent)).toEqual([null, ...told.slice(0, -1).map(({ id }) => id)]);
      // What each was told is what is there, of all that are kept.
      expect(found).toEqual(told.slice(-KEPT - 1));
    }
    const looks = watched.reduce((sum, { looks }) => sum + looks, 0);
    console.log(
      `${PROCESSES} processes, ${which}: ${saved.length} saves in ${names} chain${names > 1 ? "s" : ""} of parents, 0 lost; ` +
        `${looks} looks of ${watched.length} readers meanwhile, ${watched.map(({ seen }) => seen).join(" and ")} revisions seen, each whole, 0 errors`,
    );
  },
);
