import { appendFile, copyFile, cp, open, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CorruptCheckpointError, MissingCheckpointError } from "../../src/errors.js";
import { NoteType, newDirectory, note, notes, rejection, Workplace, workplace } from "./notes.js";

const COUNT = 30;

async function saved() {
  const place = await workplace();
  await place.manager.saveCheckpoint("notes", notes(COUNT), NoteType, { madeFrom: { a: 1 } });
  return place;
}

/** Bytes written over a file in place, as Python's `open(path, "r+b")` does. */
async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.write(bytes, 0, bytes.length, 0);
  } finally {
    await file.close();
  }
  // Time of change may be as coarse as a tick.
  const later = new Date(Date.now() + 5_000);
  await utimes(path, later, later);
}

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

describe("a file that somebody saved anew over ours loads unverified, with a warning", () => {
  const rewritten = notes(COUNT).map((row) => ({ ...row, text: [...row.text].reverse().join("") }));
  const pythonic = rewritten
    .map((row) => JSON.stringify(row).replaceAll('":', '": ').replaceAll(',"', ', "'))
    .join("\n");
  it.each<[string, string, readonly object[]]>([
    ["at another length", `${pythonic}\n`, rewritten],
    ["without a newline at its end", pythonic, rewritten],
    ["at the same length, with the texts all other", lines(rewritten), rewritten],
    ["with rows more", lines(notes(COUNT + 1)), notes(COUNT + 1)],
    ["with other rows, fewer", lines(notes(COUNT).slice(5)), notes(COUNT).slice(5)],
    ["with CRLF", lines(notes(COUNT)).replaceAll("\n", "\r\n"), notes(COUNT)],
  ])("%s", async (_, content, rows) => {
    const place = await saved();
    await overwrite(place.path("notes.jsonl"), new Uint8Array());
    await place.write("notes.jsonl", content);
    place.warnings();
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(rows);
    expect(place.warnings()).toEqual(["unverified"]);
    expect(await place.manager.getCheckpointInfo("notes", { check: true })).toMatchObject({
      verified: false,
      revision: undefined,
      fingerprint: undefined,
      rows: rows.length,
    });
    await expect(place.manager.loadCheckpoint("notes", NoteType, { madeFrom: { a: 1 } })).rejects.toThrow(
      /nothing says what it was made from/,
    );
  });

  it("appended to", async () => {
    const place = await saved();
    await appendFile(place.path("notes.jsonl"), lines([note(99)]));
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual([...notes(COUNT), note(99)]);
    expect(place.warnings()).toEqual(["unverified"]);
  });

  it("with the same bytes is ours all the same", async () => {
    const place = await saved();
    await overwrite(place.path("notes.jsonl"), await place.read("notes.jsonl"));
    expect(await place.manager.loadCheckpoint("notes", NoteType, { madeFrom: { a: 1 } })).toEqual(notes(COUNT));
    expect(place.warnings()).toEqual([]);
    expect(await place.manager.getCheckpointInfo("notes")).toMatchObject({ verified: "length" });
    expect(await place.manager.getCheckpointInfo("notes", { check: true })).toMatchObject({ verified: "bytes" });
  });
});

describe("a file that was damaged is refused, by every way to read it, and told how to go on", () => {
  const refuses = async (place: Workplace, message: RegExp, { isSameLength = false } = {}) => {
    const { manager } = place;
    for (const read of [
      () => manager.loadCheckpoint("notes", NoteType),
      () => manager.streamCheckpoint("notes", NoteType).next(),
      () => manager.filterCheckpoint("notes", { id: 1 }, NoteType),
      () => manager.openCheckpoint("notes", NoteType).then((opened) => opened!.rows().next()),
      () => manager.getCheckpointInfo("notes", { check: true }),
    ]) {
      const error = await rejection(read());
      expect(error).toBeInstanceOf(CorruptCheckpointError);
      expect(error.message).toMatch(message);
      expect(error.message).toContain(place.path("notes.jsonl"));
    }
    expect((await manager.listRevisions("notes")).filter(({ current }) => current && !isSameLength)).toEqual([]);
    // The file is left as it is, and kept when it is replaced.
    const bytes = await place.read("notes.jsonl");
    await manager.saveCheckpoint("notes", notes(2), NoteType);
    const kept = (await place.history()).filter((name) => /^f.*\.data$/.test(name));
    expect(kept).toHaveLength(1);
    expect((await place.read(`.kura/notes.jsonl/${kept[0]}`)).equals(bytes)).toBe(true);
  };

  it("one byte is another", async () => {
    const place = await saved();
    const bytes = await place.read("notes.jsonl");
    const at = bytes.indexOf("note 17");
    bytes[at] = 0x4e;
    await overwrite(place.path("notes.jsonl"), bytes);
    const row =
      /rows (\d+)-(\d+), are not those that were saved \(revision .+\); no earlier revision is kept, so adopt the file .+, or remove it/;
    await refuses(place, row, { isSameLength: true });
  });

  it("names the rows that hold the damage", async () => {
    const place = await saved();
    const bytes = await place.read("notes.jsonl");
    bytes[bytes.indexOf("note 17")] = 0x4e;
    await overwrite(place.path("notes.jsonl"), bytes);
    const error = (await rejection(place.manager.loadCheckpoint("notes"))) as CorruptCheckpointError;
    const [, first, last] = /rows (\d+)-(\d+),/.exec(error.message)!;
    expect(Number(first)).toBeLessThanOrEqual(17);
    expect(Number(last)).toBeGreaterThanOrEqual(17);
    expect(error.row).toBe(Number(first));
  });

  it.each<[string, (bytes: Buffer) => number, RegExp]>([
    [
      "cut at the end of a line",
      (bytes) => bytes.indexOf("\n", bytes.length >> 1) + 1,
      /the beginning of the \d+ that were saved/,
    ],
    ["cut just before a newline", (bytes) => bytes.indexOf("\n", bytes.length >> 1), /the beginning of the/],
    ["cut in the middle of a line", (bytes) => bytes.indexOf("\n", bytes.length >> 1) + 9, /the beginning of the/],
    ["cut in the first line", () => 9, /its end is missing/],
    ["emptied", () => 0, /it has 0 bytes, the beginning of the/],
  ])("%s", async (_, lengthOf, message) => {
    const place = await saved();
    await truncate(place.path("notes.jsonl"), lengthOf(await place.read("notes.jsonl")));
    // Noticed by the length alone.
    await expect(place.manager.getCheckpointInfo("notes")).rejects.toThrow(message);
    await refuses(place, message);
  });

  it("filled with zeros, as some file systems leave it after a power cut", async () => {
    const place = await saved();
    const bytes = await place.read("notes.jsonl");
    await overwrite(place.path("notes.jsonl"), Buffer.alloc(bytes.length));
    place.warnings();
    const error = await rejection(place.manager.loadCheckpoint("notes", NoteType));
    expect(error).toBeInstanceOf(CorruptCheckpointError);
  });

  it("somebody else's, and torn", async () => {
    const place = await saved();
    await place.write("notes.jsonl", `${lines(notes(3).map((row) => ({ ...row, text: "theirs" })))}{"id":1,"te`);
    await refuses(place, /it is not what was saved, and its end is missing/);
  });
});

describe("at the same length, how much differs tells damage from a rewriting", () => {
  const changed = (count: number, which: (id: number) => boolean) =>
    notes(count).map((row) => (which(row.id) ? { ...row, text: row.text.toUpperCase() } : row));

  it.each([
    [COUNT, 0.3, "refused"],
    [COUNT, 0.9, "unverified"],
    [3, 1, "refused"],
    [1, 1, "refused"],
  ])("of %i rows, a share of %d: %s", async (count, share, expected) => {
    const place = await workplace();
    await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    // The last rows: each of the first is a piece of its own, so that what differs is a share of the pieces.
    const rows = changed(count, (id) => id >= count * (1 - share));
    await overwrite(place.path("notes.jsonl"), Buffer.from(lines(rows)));
    place.warnings();
    const loading = place.manager.loadCheckpoint("notes", NoteType);
    if (expected === "refused") return await expect(loading).rejects.toThrow(/are not those that were saved/);
    expect(await loading).toEqual(rows);
    expect(place.warnings()).toEqual(["unverified"]);
  });
});

describe("a file that was never ours", () => {
  it("loads, unverified, by its own lines", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", lines(notes(3)));
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(3));
    expect(await place.manager.loadCheckpoint("notes")).toEqual(notes(3));
    expect(place.warnings()).toEqual(["unverified", "unverified"]);
    expect(await place.manager.getCheckpointInfo("notes")).toMatchObject({
      rows: undefined,
      verified: false,
      columns: [],
    });
    expect(await place.manager.listCheckpoints()).toEqual(["notes"]);
  });

  it("empty, is a checkpoint of no rows", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", "");
    expect(await place.manager.loadCheckpoint("notes")).toEqual([]);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual([]);
  });

  it("torn, is refused where it is torn, and what is before can be read", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", `${lines(notes(3))}{"id":3,"te`);
    expect(await rejection(place.manager.loadCheckpoint("notes", NoteType))).toMatchObject({ line: 4, row: 3 });
    expect(await place.manager.filterCheckpoint("notes", {}, NoteType, { rowEnd: 3 })).toEqual(notes(3));
  });
});

describe("a checkpoint directory that was copied", () => {
  it("holds the same checkpoints, revisions and fingerprints, whatever became of inodes and times", async () => {
    const place = await saved();
    await place.manager.saveCheckpoint("notes", notes(4), NoteType, { madeFrom: { a: 2 } });
    const directory = join(await newDirectory(), "copy");
    await cp(place.directory, directory, { recursive: true });
    const copy = new Workplace(directory);
    expect(await copy.manager.loadCheckpoint("notes", NoteType, { madeFrom: { a: 2 } })).toEqual(notes(4));
    expect(copy.warnings()).toEqual([]);
    expect(await copy.manager.getCheckpointInfo("notes")).toMatchObject({ verified: "length", fingerprint: { a: 2 } });
    const ids = async ({ manager }: Workplace) => (await manager.listRevisions("notes")).map(({ id }) => id);
    expect(await ids(copy)).toEqual(await ids(place));
    await copy.manager.restoreRevision("notes", (await ids(copy))[1]!);
    expect(await copy.manager.loadCheckpoint("notes", NoteType, { madeFrom: { a: 1 } })).toEqual(notes(COUNT));
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(4));
  });

  it("without .kura, holds the rows", async () => {
    const place = await saved();
    await rm(place.path(".kura"), { recursive: true });
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(COUNT));
    expect(place.warnings()).toEqual(["unverified"]);
    await place.manager.saveCheckpoint("notes", notes(1), NoteType);
    expect((await place.manager.listRevisions("notes")).map(({ ours }) => ours)).toEqual([true, false]);
  });

  it("with the file of another revision in place, as a careless copy leaves it, tells which one it is", async () => {
    const place = await saved();
    const old = await place.read("notes.jsonl");
    const before = (await place.manager.getCheckpointInfo("notes"))?.revision?.id;
    await place.manager.saveCheckpoint("notes", notes(4), NoteType, { madeFrom: { a: 2 } });
    await place.write("notes.jsonl", old);
    expect(await place.manager.getCheckpointInfo("notes", { check: true })).toMatchObject({
      verified: "bytes",
      revision: { id: before },
      fingerprint: { a: 1 },
    });
  });
});

it("of two revisions with the same bytes the one that stands is told by its file, and after a copy by its age", async () => {
  const place = await workplace();
  await place.manager.saveCheckpoint("notes", notes(5), NoteType, { madeFrom: { prompt: 1 } });
  await place.manager.saveCheckpoint("notes", notes(5), NoteType, { madeFrom: { prompt: 2 } });
  expect((await place.manager.getCheckpointInfo("notes"))?.fingerprint).toEqual({ prompt: 2 });
  const directory = join(await newDirectory(), "copy");
  await cp(place.directory, directory, { recursive: true });
  expect((await new Workplace(directory).manager.getCheckpointInfo("notes", { check: true }))?.fingerprint).toEqual({
    prompt: 2,
  });
});

it("a file that vanishes is absent again, and its revisions can be had", async () => {
  const place = await saved();
  await place.manager.saveCheckpoint("notes", notes(4), NoteType);
  await rm(place.path("notes.jsonl"));
  expect(await place.manager.loadCheckpoint("notes", NoteType)).toBeUndefined();
  await expect(place.manager.streamCheckpoint("notes").next()).rejects.toThrow(MissingCheckpointError);
  const [kept] = await place.manager.listRevisions("notes");
  expect(kept).toMatchObject({ rows: COUNT, current: false });
  await place.manager.restoreRevision("notes", kept!.id);
  expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(COUNT));
});

it("a reader is not disturbed by a program that rewrites the file under it: old rows, or an error, never a mixture", async () => {
  const place = await workplace();
  await place.manager.saveCheckpoint("notes", notes(40_000), NoteType);
  const theirs = lines(notes(40_000, "theirs"));
  const rows: { text: string }[] = [];
  const error = await rejection(
    (async () => {
      for await (const row of place.manager.streamCheckpoint("notes", NoteType)) {
        if (rows.push(row) === 1) await writeFile(place.path("notes.jsonl"), theirs);
      }
    })(),
  );
  expect(error).toBeInstanceOf(CorruptCheckpointError);
  expect(rows.every(({ text }) => text !== "theirs")).toBe(true);
  expect(await readFile(place.path("notes.jsonl"), "utf8")).toBe(theirs);
});

it("copies of the visible file beside it are checkpoints of their own", async () => {
  const place = await saved();
  await copyFile(place.path("notes.jsonl"), place.path("backup.jsonl"));
  expect(await place.manager.listCheckpoints()).toEqual(["backup", "notes"]);
  expect(await place.manager.loadCheckpoint("backup", NoteType)).toEqual(notes(COUNT));
  expect(place.warnings()).toEqual(["unverified"]);
});
