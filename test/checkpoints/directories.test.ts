import { chmod, cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import type { CheckpointEvent } from "../../src/checkpoints/event.js";
import type { Finding } from "../../src/checkpoints/finding.js";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { CorruptCheckpointError, SplitError, StorageError } from "../../src/errors.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { NoteType, newDirectory, notes, rejection } from "./notes.js";

const FLIPS = process.env["KURA_LONG"] ? 10_000 : 150;
const SEED = Number(process.env["KURA_SEED"] ?? 1);

async function place(options: CheckpointManagerOptions = {}) {
  const directory = await newDirectory();
  const events: CheckpointEvent[] = [];
  const manager = (more: CheckpointManagerOptions = {}) =>
    new HFDatasetCheckpointManager(directory, {
      maxShardBytes: 4_000,
      onEvent: (event) => events.push(event),
      ...options,
      ...more,
    });
  const path = (...names: string[]) => join(directory, ...names);
  return {
    directory,
    manager: manager(),
    again: manager,
    path,
    names: async (...names: string[]) => (await readdir(path(...names)).catch(() => [])).sort(),
    json: async (...names: string[]) => JSON.parse(await readFile(path(...names), "utf8")) as Record<string, unknown>,
    warnings: () => events.splice(0).flatMap((event) => (event.type === "warning" ? [event.code] : [])),
  };
}

/** A directory that nothing of ours describes, as `save_to_disk` or a copy leaves it. */
async function foreign(count = 5, options?: CheckpointManagerOptions) {
  const there = await place(options);
  await there.manager.saveCheckpoint("notes", notes(count), NoteType);
  await rm(there.path(".kura"), { recursive: true });
  return there;
}

const shards = (names: readonly string[]) => names.filter((name) => name.endsWith(".arrow"));

describe("a checkpoint that is a directory", () => {
  it("may be called as something of ours below .kura is", async () => {
    const { manager, again } = await place();
    const names = ["answers", "format", "locks", "models"];
    for (const name of names) await manager.saveCheckpoint(name, notes(3), NoteType);
    expect(await again().listCheckpoints()).toEqual(names);
    for (const name of names) expect(await again().loadCheckpoint(name, NoteType)).toEqual(notes(3));
    for (const name of names) expect(await again().deleteCheckpoint(name)).toBe(true);
    expect(await again().listCheckpoints()).toEqual([]);
  });

  it("has the shards of the revisions that are kept, and restoring one writes none", async () => {
    const { manager, names } = await place();
    for (const count of [500, 1, 2]) await manager.saveCheckpoint("notes", notes(count), NoteType);
    const [current, before] = await manager.listRevisions("notes");
    expect(shards(await names("notes"))).toEqual([before!, current!].map(({ id }) => `data-${id}-00000.arrow`).sort());
    const restored = await manager.restoreRevision("notes", before!.id);
    expect(restored.files).toEqual([`notes/data-${before!.id}-00000.arrow`, "notes/state.json"]);
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(1));
    for (const count of [7, 8]) await manager.saveCheckpoint("notes", notes(count), NoteType);
    expect(shards(await names("notes"))).toHaveLength(2);
    expect((await manager.listRevisions("notes")).map(({ rows }) => rows)).toEqual([8, 7]);
  });

  it("has none but the current shards where none are kept", async () => {
    const { manager, names } = await place({ keepRevisions: 0 });
    for (const count of [500, 1]) {
      const { files } = await manager.saveCheckpoint("notes", notes(count), NoteType);
      expect((await names("notes")).map((name) => `notes/${name}`)).toEqual(
        [...files, "notes/dataset_info.json"].sort(),
      );
    }
  });

  it("is gone when it is deleted, but for what is not ours", async () => {
    const { manager, names, path } = await place();
    for (const count of [5, 6]) await manager.saveCheckpoint("notes", notes(count), NoteType);
    await writeFile(path("notes", "README.md"), "mine");
    await manager.deleteCheckpoint("notes");
    expect(await names("notes")).toEqual(["README.md"]);
    await rm(path("notes", "README.md"));
    await manager.saveCheckpoint("notes", notes(7), NoteType);
    await manager.deleteCheckpoint("notes");
    expect(await names()).toEqual([".kura"]);
    expect(await manager.listCheckpoints()).toEqual([]);
  });

  it("sweeps the shards of saves that died, and no others", async () => {
    const { manager, names, path } = await place();
    await manager.saveCheckpoint("notes", notes(5), NoteType);
    const theirs = ["data-00000-of-00001.arrow", "data-mine-00000.arrow", "cache-1.arrow"];
    for (const name of [...theirs, "data-20200101T000000000Z-abc-00000.arrow"])
      await writeFile(path("notes", name), "");
    await manager.saveCheckpoint("notes", notes(6), NoteType);
    expect(shards(await names("notes")).filter((name) => !name.includes(`${new Date().getUTCFullYear()}`))).toEqual(
      [...theirs].sort(),
    );
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(6));
  });

  it("leaves nothing of a save that failed", async () => {
    const { manager, names } = await place();
    const bad = [...notes(2000), { id: 0.5, text: "x", meta: null }];
    await expect(manager.saveCheckpoint("notes", bad, NoteType)).rejects.toThrow(/row 2000/);
    expect(await names()).toEqual([".kura"]);
    await manager.saveCheckpoint("notes", notes(1), NoteType);
    const before = await names("notes");
    await expect(manager.saveCheckpoint("notes", bad, NoteType)).rejects.toThrow(/row 2000/);
    expect(await names("notes")).toEqual(before);
  });

  it("is read to its end whatever is saved and deleted meanwhile", async () => {
    const { manager, again } = await place({ keepRevisions: 0 });
    await manager.saveCheckpoint("notes", notes(3000), NoteType);
    const opened = await manager.openCheckpoint("notes", NoteType);
    await again().saveCheckpoint("notes", notes(2), NoteType);
    await again().deleteCheckpoint("notes");
    const rows = [];
    for await (const row of opened!.rows()) rows.push(row);
    expect(rows).toEqual(notes(3000));
    await opened!.close();
  });

  it.skipIf(process.platform === "win32")("keeps shards from those who may not read what is there", async () => {
    const { manager, path, names } = await place();
    await manager.saveCheckpoint("notes", notes(5), NoteType);
    await chmod(path("notes", "state.json"), 0o600);
    const { files } = await manager.saveCheckpoint("notes", notes(500), NoteType);
    for (const file of files) expect((await stat(path(file))).mode & 0o777).toBe(0o600);
    expect(await names("notes")).toContain("dataset_info.json");
  });

  it("is not what a file is that is called so, nor any other directory", async () => {
    const { manager, path, names } = await place();
    await writeFile(path("notes"), "a file");
    expect(await manager.loadCheckpoint("notes")).toBeUndefined();
    expect(await manager.listCheckpoints()).toEqual([]);
    expect(await manager.deleteCheckpoint("notes")).toBe(false);
    const error = await rejection(manager.saveCheckpoint("notes", notes(1), NoteType));
    expect(error).toBeInstanceOf(StorageError);
    expect(error.message).toMatch(/notes.*it is a file/);
    await mkdir(path("photos"));
    await writeFile(path("photos", "a.jpg"), "");
    expect(await manager.listCheckpoints()).toEqual([]);
    await manager.saveCheckpoint("photos", notes(1), NoteType);
    await manager.deleteCheckpoint("photos");
    expect(await names("photos")).toEqual(["a.jpg"]);
  });
});

describe("a directory that nothing of ours describes", () => {
  it("loads, is said to be unverified, and is kept when it is saved over", async () => {
    const { again, warnings, names } = await foreign(400);
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(400));
    expect(warnings()).toEqual(["unverified"]);
    const theirs = shards(await names("notes"));
    const found = await again().getCheckpointInfo("notes");
    expect(found).toMatchObject({
      verified: false,
      files: [...theirs.map((name) => `notes/${name}`), "notes/state.json"],
    });
    for (const count of [1, 2, 3]) await again().saveCheckpoint("notes", notes(count), NoteType);
    expect((await names("notes")).filter((name) => theirs.includes(name))).toEqual(theirs);
    const kept = (await again().listRevisions("notes")).find(({ ours }) => !ours);
    expect(kept!.bytes).toBe(found!.bytes);
    await again().restoreRevision("notes", kept!.id);
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(400));
  });

  it("is adopted, and is ours then", async () => {
    const { again, warnings } = await foreign();
    const adopted = await again().adoptCheckpoint("notes", NoteType);
    expect(adopted).toMatchObject({ rows: 5, verified: "identity" });
    expect(await again().adoptCheckpoint("notes", NoteType)).toMatchObject({ revision: { id: adopted.revision!.id } });
    warnings();
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(5));
    expect(warnings()).toEqual([]);
  });

  it("keeps what its description says of other things than rows, and says nothing of rows", async () => {
    const { again, path, json } = await foreign();
    const info = {
      citation: "C",
      features: { id: { dtype: "int32", _type: "Value" } },
      dataset_size: 9,
      mine: { a: 1 },
    };
    await writeFile(path("notes", "dataset_info.json"), JSON.stringify(info));
    await again().saveCheckpoint("notes", notes(6), NoteType);
    expect(await json("notes", "dataset_info.json")).toEqual({ citation: "C", mine: { a: 1 } });
  });

  it("is deleted with the files that it lists, and no others", async () => {
    const { again, path, names } = await foreign();
    await writeFile(path("notes", "README.md"), "mine");
    expect(await again().deleteCheckpoint("notes")).toBe(true);
    expect(await names("notes")).toEqual(["README.md"]);
  });

  it("that was displaced is dropped with the files that it lists, when it is dropped", async () => {
    const { again, names, path } = await foreign();
    const theirs = shards(await names("notes"));
    await writeFile(path("notes", "README.md"), "mine");
    await again().saveCheckpoint("notes", notes(6), NoteType);
    const swept = await again().sweepCheckpoint("notes", { displacedBefore: new Date(Date.now() + 60_000) });
    expect(swept.revisions).toHaveLength(1);
    expect((await names("notes")).filter((name) => theirs.includes(name))).toEqual([]);
    expect(await names("notes")).toContain("README.md");
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(6));
  });

  it("that lists files elsewhere is refused, and a save over it takes none of them", async () => {
    const { again, path, json } = await foreign();
    await writeFile(path("secret.arrow"), "secret");
    for (const filename of ["../secret.arrow", path("secret.arrow"), "a/../../secret.arrow", "..\\secret.arrow", ""]) {
      const state = { ...(await json("notes", "state.json")), _data_files: [{ filename }] };
      await writeFile(path("notes", "state.json"), JSON.stringify(state));
      expect(await rejection(again().loadCheckpoint("notes")), filename).toBeInstanceOf(CorruptCheckpointError);
    }
    expect(await again().deleteCheckpoint("notes")).toBe(true);
    expect(await readFile(path("secret.arrow"), "utf8")).toBe("secret");
  });

  it("of several datasets is read, is not saved over, and can be deleted", async () => {
    const { directory, again, path, names } = await foreign();
    const dict = path("dict");
    await mkdir(dict);
    for (const split of ["test", "train"]) await cp(path("notes"), join(dict, split), { recursive: true });
    await writeFile(join(dict, "dataset_dict.json"), '{"splits": ["train", "test"]}');
    expect(await again().listCheckpoints()).toEqual(["dict", "notes"]);
    const warnings: string[] = [];
    const onEvent = (event: CheckpointEvent) => {
      if (event.type === "warning" && event.code === "other-splits") warnings.push(event.message);
    };
    const usual = new HFDatasetCheckpointManager(directory, { onEvent });
    expect(await usual.loadCheckpoint("dict", NoteType)).toEqual(notes(5));
    expect(warnings).toEqual([
      `of "${dict}" the split "train" is read, and not test; say which is meant by its name (split) or its own path`,
    ]);
    const test = new HFDatasetCheckpointManager(directory, { split: "test", onEvent });
    expect(await test.loadCheckpoint("dict", NoteType)).toEqual(notes(5));
    expect(warnings).toHaveLength(1);
    const error = await rejection(again().saveCheckpoint("dict", notes(1), NoteType));
    expect(error).toBeInstanceOf(StorageError);
    expect(error.message).toMatch(/dataset_dict\.json.*several/);
    expect(await again().deleteCheckpoint("dict")).toBe(true);
    expect(await names()).toEqual([".kura", "notes"]);
  });

  it("of several datasets is asked for by split, and verified in all of them", async () => {
    const { directory, again, path } = await foreign();
    const dict = path("dict");
    await mkdir(dict);
    for (const split of ["test", "validation"]) await cp(path("notes"), join(dict, split), { recursive: true });
    await writeFile(join(dict, "dataset_dict.json"), '{"splits": ["test", "validation"]}');
    const verified = async (manager = again()) => {
      const findings: Finding[] = [];
      for await (const finding of manager.verifyCheckpoint("dict")) findings.push(finding);
      return findings;
    };
    const asked = await rejection(again().loadCheckpoint("dict"));
    expect(asked).toBeInstanceOf(SplitError);
    expect(asked).toMatchObject({ splits: ["test", "validation"] });
    expect(asked.message).toBe(
      `Cannot read "${dict}": it has the splits test, validation; say which is meant (split), or open one by its own path, "${dict}/test"`,
    );
    const unknown = new HFDatasetCheckpointManager(directory, { split: "train" });
    expect((await rejection(unknown.loadCheckpoint("dict"))).message).toBe(
      `Cannot read split "train" of "${dict}": there is none; there are test, validation`,
    );
    expect(await again().getCheckpointInfo("dict")).toMatchObject({ rows: undefined, verified: false });
    const { length: bytes } = await readFile(join(dict, "test", "state.json"));
    const whole = { part: "current", path: dict, state: "unverified", rows: 5, revision: undefined };
    const findings = await verified(unknown);
    expect(findings).toMatchObject([
      { ...whole, split: "test" },
      { ...whole, split: "validation" },
    ]);
    for (const finding of findings) expect(finding.bytes).toBeGreaterThan(bytes);
    // Damage in the one is not damage in the other.
    const [shard] = (await readdir(join(dict, "test"))).filter((name) => name.endsWith(".arrow"));
    await truncate(join(dict, "test", shard!), 1000);
    expect(await verified()).toMatchObject([
      { split: "test", state: "damaged", problem: expect.stringContaining("cut off") },
      { split: "validation", state: "unverified", rows: 5 },
    ]);
    await writeFile(join(dict, "dataset_dict.json"), '{"splits": [');
    expect(await verified()).toMatchObject([{ state: "damaged", problem: expect.stringContaining("no JSON") }]);
  });
});

it("deleting what is damaged leaves none of its files", async () => {
  for (const isDisplaced of [false, true]) {
    const { manager, again, names, path } = await place();
    for (const count of [3, 4]) await manager.saveCheckpoint("notes", notes(count), NoteType);
    await writeFile(path("notes", "state.json"), "{");
    // Nobody can tell any more which shards the head lists that is kept as displaced.
    if (isDisplaced) for (const count of [5, 6, 7]) await again().saveCheckpoint("notes", notes(count), NoteType);
    expect(await again().deleteCheckpoint("notes")).toBe(true);
    expect(await names()).toEqual([".kura"]);
  }
});

describe("a directory whose head is gone", () => {
  const headless = async (counts = [3, 2500], options?: CheckpointManagerOptions) => {
    const there = await place(options);
    for (const count of counts) await there.manager.saveCheckpoint("notes", notes(count), NoteType);
    const [current, ...earlier] = await there.manager.listRevisions("notes");
    await rm(there.path("notes", "state.json"));
    return { ...there, current: current!, earlier };
  };
  const load = async (there: { again: () => HFDatasetCheckpointManager }, id: string) => {
    const opened = await there.again().openRevision("notes", id, NoteType);
    try {
      const rows = [];
      for await (const row of opened.rows()) rows.push(row);
      return rows;
    } finally {
      await opened.close();
    }
  };

  it("has no rows, and keeps those that it had as an earlier revision, which can be read and restored", async () => {
    const there = await headless();
    const { current, earlier, again } = there;
    expect(await again().loadCheckpoint("notes", NoteType)).toBeUndefined();
    expect((await again().listRevisions("notes")).map(({ id }) => id)).toEqual([current.id, earlier[0]!.id]);
    expect(await load(there, current.id)).toEqual(notes(2500));
    const restored = await again().restoreRevision("notes", current.id);
    expect(restored.revision).toMatchObject({ parent: current.id, rowHash: current.rowHash });
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(2500));
  });

  it.each([1, 2])("keeps them when something is saved there (keepRevisions %i)", async (keepRevisions) => {
    const there = await headless([3, 2500], { keepRevisions });
    const { current, earlier, again, names } = there;
    const before = shards(await names("notes"));
    const saved = await again().saveCheckpoint("notes", notes(4), NoteType);
    expect(saved.revision!.parent).toBe(current.id);
    const kept = [current.id, ...earlier.slice(0, keepRevisions - 1).map(({ id }) => id)];
    expect((await again().listRevisions("notes")).map(({ id }) => id)).toEqual([saved.revision!.id, ...kept]);
    expect(await load(there, current.id)).toEqual(notes(2500));
    expect(shards(await names("notes")).filter((name) => name.includes(current.id))).toEqual(
      before.filter((name) => name.includes(current.id)),
    );
  });

  it("keeps no more revisions than are wanted", async () => {
    const { again, names, current } = await headless([3, 2500], { keepRevisions: 0 });
    await again().saveCheckpoint("notes", notes(4), NoteType);
    expect(shards(await names("notes")).filter((name) => name.includes(current.id))).toEqual([]);
  });

  it("keeps what is left of them, if not all is, as a file that was displaced", async () => {
    const { again, names, path, current } = await headless();
    const [first, ...others] = shards(await names("notes")).filter((name) => name.includes(current.id));
    await rm(path("notes", first!));
    expect(await again().listRevisions("notes")).toHaveLength(1);
    // Once, however many saves come to nothing.
    for (let time = 0; time < 3; time++)
      await expect(again().saveCheckpoint("notes", [{ id: 0.5, text: "", meta: null }], NoteType)).rejects.toThrow(
        /row 0/,
      );
    for (const count of [4, 5]) await again().saveCheckpoint("notes", notes(count), NoteType);
    expect(shards(await names("notes"))).toEqual(expect.arrayContaining(others));
    expect((await again().listRevisions("notes")).map(({ rows, ours }) => (ours ? rows : "displaced"))).toEqual([
      5,
      4,
      "displaced",
    ]);
  });

  it("keeps shards that no history knows of", async () => {
    const { again, names, path } = await headless();
    await rm(path(".kura"), { recursive: true });
    const before = shards(await names("notes"));
    for (const count of [4, 5]) await again().saveCheckpoint("notes", notes(count), NoteType);
    expect(shards(await names("notes"))).toEqual(expect.arrayContaining(before));
    const displaced = (await again().listRevisions("notes")).find(({ ours }) => !ours)!;
    await again().restoreRevision("notes", displaced.id);
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual([...notes(3), ...notes(2500)]);
  });

  it.each([
    ["is empty", ""],
    ["is cut off", '{"_data_files": ['],
    ["lists nothing", '{"_data_files": []}'],
  ])("or %s has its rows back when they are restored", async (_, content) => {
    for (const isSavedOver of [false, true]) {
      const { again, path, current, manager } = await headless();
      await writeFile(path("notes", "state.json"), content);
      expect((await manager.listRevisions("notes"))[0]).toMatchObject({ id: current.id, current: false });
      if (isSavedOver) await again().saveCheckpoint("notes", notes(4), NoteType);
      await again().restoreRevision("notes", current.id);
      expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(2500));
    }
  });

  it("that another program wrote its own into keeps the rows of before as well as its", async () => {
    const { again, path, current } = await headless();
    const other = await foreign(9);
    await cp(other.path("notes"), path("notes"), { recursive: true });
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(9));
    await again().saveCheckpoint("notes", notes(4), NoteType);
    const [, ...kept] = await again().listRevisions("notes");
    expect(kept.map(({ ours, id }) => (ours ? id : "theirs")).sort()).toEqual([current.id, "theirs"].sort());
    await again().restoreRevision("notes", current.id);
    expect(await again().loadCheckpoint("notes", NoteType)).toEqual(notes(2500));
  });

  it("has nothing that was deleted", async () => {
    const { again, path, names, current } = await headless();
    await again().restoreRevision("notes", current.id);
    await again().deleteCheckpoint("notes");
    expect(await again().listRevisions("notes")).toEqual([]);
    await again().saveCheckpoint("notes", notes(4), NoteType);
    await rm(path("notes", "state.json"));
    await again().sweepCheckpoint("notes");
    expect(shards(await names("notes"))).toHaveLength(1);
    expect((await again().listRevisions("notes")).map(({ rows }) => rows)).toEqual([4]);
  });
});

describe("damage in a directory that a manifest describes", () => {
  const saved = async (counts = [3, 2500]) => {
    const there = await place();
    for (const count of counts) await there.manager.saveCheckpoint("notes", notes(count), NoteType);
    const info = await there.manager.getCheckpointInfo("notes");
    return { ...there, files: info!.files };
  };
  const refused = async (there: Awaited<ReturnType<typeof saved>>, message: RegExp) => {
    for (const act of [
      () => there.again().loadCheckpoint("notes", NoteType),
      () => there.again().getCheckpointInfo("notes", { check: true }),
    ]) {
      const error = await rejection(act());
      expect(error).toBeInstanceOf(CorruptCheckpointError);
      expect(error.message).toMatch(message);
    }
    // The rows of before are had again, and displace what is damaged without losing it.
    const kept = (await there.again().listRevisions("notes")).find(({ current, ours }) => ours && !current);
    await there.again().restoreRevision("notes", kept!.id);
    expect(await there.again().loadCheckpoint("notes", NoteType)).toEqual(notes(3));
  };

  it("is a shard that is missing, cut off, or longer", async () => {
    for (const [act, message] of [
      [(file: string) => rm(file), /00001\.arrow.*is missing/],
      [
        async (file: string) => writeFile(file, (await readFile(file)).subarray(0, -9)),
        /00001\.arrow.*the beginning of/,
      ],
      [async (file: string) => writeFile(file, Buffer.concat([await readFile(file), Buffer.alloc(8)])), /were saved/],
    ] as const) {
      const there = await saved();
      expect(there.files.length).toBeGreaterThan(2);
      await act(there.path(there.files[1]!));
      await refused(there, message);
    }
  });

  it("names the rows of the whole checkpoint", async () => {
    const there = await saved();
    const file = there.path(there.files[1]!);
    const bytes = await readFile(file);
    bytes[bytes.length - 40]! ^= 1;
    await writeFile(file, bytes);
    const error = await rejection(there.again().loadCheckpoint("notes", NoteType));
    expect((error as CorruptCheckpointError).row).toBe(1000);
  });

  it("is not what another program does that saves its own rows there, or a manifest that is gone", async () => {
    const there = await saved();
    const other = await foreign(9);
    await rm(there.path("notes"), { recursive: true });
    await cp(other.path("notes"), there.path("notes"), { recursive: true });
    expect(await there.again().loadCheckpoint("notes", NoteType)).toEqual(notes(9));
    const again = await saved();
    const [current] = await again.manager.listRevisions("notes");
    await rm(again.path(".kura", "notes.hf-dataset", `${current!.id}.json`));
    expect(await again.again().loadCheckpoint("notes", NoteType)).toEqual(notes(2500));
    expect(again.warnings()).toContain("unverified");
    // Its shards are listed by nothing else, and stay.
    await again.again().saveCheckpoint("notes", notes(4), NoteType);
    const kept = (await again.again().listRevisions("notes")).find(({ ours }) => !ours);
    await again.again().restoreRevision("notes", kept!.id);
    expect(await again.again().loadCheckpoint("notes", NoteType)).toEqual(notes(2500));
  });

  it(`is never returned as rows: ${FLIPS} flipped bits`, async () => {
    const there = await saved([3, 120]);
    const random = seededRandom(SEED);
    const originals = await Promise.all(there.files.map((file) => readFile(there.path(file))));
    const outcomes = { refused: 0, same: 0, other: 0 };
    for (let flip = 0; flip < FLIPS; flip++) {
      const at = seededIndex(random, originals.length);
      const file = there.path(there.files[at]!);
      const bytes = Buffer.from(originals[at]!);
      bytes[seededIndex(random, bytes.length)]! ^= 1 << seededIndex(random, 8);
      await writeFile(file, bytes);
      try {
        const rows = await there.again().loadCheckpoint("notes", NoteType);
        outcomes[JSON.stringify(rows) === JSON.stringify(notes(120)) ? "same" : "other"] += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptCheckpointError);
        outcomes.refused += 1;
      }
      await writeFile(file, originals[at]!);
    }
    expect(outcomes).toEqual({ refused: FLIPS, same: 0, other: 0 });
    console.log(`damage in directories, seed ${SEED}: ${FLIPS} flips with a manifest: ${JSON.stringify(outcomes)}`);
  });
});
