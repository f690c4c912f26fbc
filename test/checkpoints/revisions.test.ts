import { rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { decodeManifest, encodeManifest } from "../../src/checkpoints/manifest.js";
import { nextRevisionId } from "../../src/checkpoints/revision-id.js";
import { CorruptCheckpointError, MissingCheckpointError } from "../../src/errors.js";
import { NoteType, note, notes, rejection, Workplace, workplace } from "./notes.js";

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const kept = async ({ manager }: Workplace) => (await manager.listRevisions("notes")).filter(({ current }) => !current);

describe("keepRevisions", () => {
  it.each([0, 1, 3])("%i: so many earlier ones stay, with their manifests, and no more", async (keepRevisions) => {
    const place = await workplace({ keepRevisions });
    for (let count = 1; count <= 6; count++) {
      await place.manager.saveCheckpoint("notes", notes(count), NoteType);
      const expected = Math.min(keepRevisions, count - 1);
      expect((await kept(place)).map(({ rows }) => rows)).toEqual(
        Array.from({ length: expected }, (_, i) => count - 1 - i),
      );
      const history = await place.history();
      expect(history.filter((name) => name.endsWith(".data"))).toHaveLength(expected);
      expect(history.filter((name) => name.endsWith(".json"))).toHaveLength(expected + 1);
    }
  });

  it("of a later manager applies to what earlier ones kept", async () => {
    const place = await workplace({ keepRevisions: 5 });
    for (const count of [1, 2, 3, 4]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    expect(await kept(place)).toHaveLength(3);
    const strict = new Workplace(place.directory, { keepRevisions: 0 });
    await strict.manager.saveCheckpoint("notes", notes(5), NoteType);
    expect(await kept(place)).toEqual([]);
    expect(await place.history()).toHaveLength(1);
  });

  it("0 keeps another program's file all the same", async () => {
    const place = await workplace({ keepRevisions: 0 });
    await place.write("notes.jsonl", lines(notes(3)));
    for (const count of [1, 2]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    expect(await kept(place)).toMatchObject([{ ours: false, rows: undefined, rowHash: "" }]);
  });
});

describe("restoreRevision()", () => {
  it("of another program's file brings its rows back, as ours", async () => {
    const place = await workplace();
    const theirs = lines([...notes(300), { ...note(300), late: true }]).replaceAll('":', '": ');
    await place.write("notes.jsonl", theirs);
    await place.manager.saveCheckpoint("notes", notes(1), NoteType);
    const [foreign] = await kept(place);
    expect(foreign).toMatchObject({ ours: false, bytes: Buffer.byteLength(theirs), current: false, parent: null });
    expect(foreign!.id).toMatch(/^f\d/);
    expect(foreign!.savedAt).toMatch(/^20\d\d-.*Z$/);
    const restored = await place.manager.restoreRevision("notes", foreign!.id);
    expect(restored).toMatchObject({ rows: 301, complete: true, fingerprint: undefined });
    expect(await place.manager.loadCheckpoint("notes")).toEqual([
      ...notes(300).map((row) => ({ ...row, late: null })),
      { ...note(300), late: true },
    ]);
    // And it can be had again: restoring takes nothing away.
    expect((await kept(place)).map(({ id }) => id)).toContain(foreign!.id);
  });

  it("of another program's file of a built-in name tells of fields that are left out", async () => {
    const place = await workplace();
    await place.write("embeddings.jsonl", lines([{ chat_id: "a", embedding: [1], extra: 1 }]));
    await place.manager.saveCheckpoint("embeddings", []);
    const foreign = (await place.manager.listRevisions("embeddings")).find(({ ours }) => !ours)!;
    place.warnings();
    await place.manager.restoreRevision("embeddings", foreign.id);
    expect(place.warnings()).toEqual(["unknown-fields"]);
    expect(await place.manager.loadCheckpoint("embeddings")).toEqual([
      { chat_id: "a", embedding: new Float32Array([1]) },
    ]);
  });

  it("of another program's file that is broken says where, by the path where it is kept, and what stands stays", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", `${lines(notes(2))}{"id":`);
    await place.manager.saveCheckpoint("notes", notes(1), NoteType);
    const [foreign] = await kept(place);
    const error = await rejection(place.manager.restoreRevision("notes", foreign!.id));
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect(error).toMatchObject({ line: 3, path: place.path(`.kura/notes.jsonl/${foreign!.id}.data`) });
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(1));
  });

  it("keeps everything that was said of a revision, and is a revision of its own", async () => {
    const { manager } = await workplace();
    const first = await manager.saveCheckpoint("notes", notes(9), NoteType, { madeFrom: { a: 1 }, missing: ["x"] });
    const second = await manager.saveCheckpoint("notes", notes(2), NoteType);
    const restored = await manager.restoreRevision("notes", first.revision!.id);
    expect(restored).toMatchObject({
      rows: 9,
      fingerprint: { a: 1 },
      missing: ["x"],
      complete: false,
      rowType: "note",
    });
    expect(restored.columns).toEqual(first.columns);
    expect(restored.revision).toMatchObject({ parent: second.revision!.id, rowHash: first.revision!.rowHash });
    expect(restored.revision!.id > second.revision!.id).toBe(true);
    await manager.restoreRevision("notes", second.revision!.id);
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(2));
  });

  it.each([
    "",
    "x",
    "../../notes",
    "f",
    "20260630T120000007Z-none",
    "f20260630T120000007Z-none",
    "20269999T120000007Z-a",
  ])("of %j, which is none, says so and changes nothing", async (id) => {
    const { manager } = await workplace();
    await manager.saveCheckpoint("notes", notes(2), NoteType);
    const error = await rejection(manager.restoreRevision("notes", id));
    expect(error).toBeInstanceOf(MissingCheckpointError);
    expect(error).toMatchObject({ checkpoint: "notes", revision: expect.any(String) });
    expect(error.message).toMatch(/^Cannot read revision ".*" of checkpoint "notes": ".+" keeps none of that id/);
    expect(await manager.listRevisions("notes")).toHaveLength(1);
  });

  it("brings back rows over a file that is damaged, which is kept too", async () => {
    const place = await workplace();
    for (const count of [5, 6]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    await place.write("notes.jsonl", (await place.read("notes.jsonl")).subarray(0, 100));
    await expect(place.manager.loadCheckpoint("notes")).rejects.toThrow(CorruptCheckpointError);
    const [earlier] = await kept(place);
    await place.manager.restoreRevision("notes", earlier!.id);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(5));
    expect((await kept(place)).some(({ ours, bytes }) => !ours && bytes === 100)).toBe(true);
  });
});

async function collected(rows: AsyncIterable<object>): Promise<object[]> {
  const all: object[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

describe("openRevision()", () => {
  it("reads an earlier revision, and what was displaced, while others stand", async () => {
    const place = await workplace();
    const theirs = lines([...notes(3), { ...note(3), late: true }]);
    await place.write("notes.jsonl", theirs);
    for (const count of [5, 6]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    const [earlier, foreign] = await kept(place);
    const first = await place.manager.openRevision("notes", earlier!.id, NoteType);
    expect(first.info).toMatchObject({ rows: 5, revision: { id: earlier!.id } });
    expect(await collected(first.rows({ rowStart: 3 }))).toEqual(notes(5).slice(3));
    expect(await first.check()).toMatchObject({ verified: "bytes" });
    await first.close();
    const second = await place.manager.openRevision("notes", foreign!.id);
    expect(await collected(second.rows())).toEqual([...notes(3), { ...note(3), late: true }]);
    expect(await second.check()).toMatchObject({ rows: 4, verified: false });
    await second.close();
    await expect(place.manager.openRevision("notes", "x")).rejects.toThrow(MissingCheckpointError);
  });

  it("finds damage in it", async () => {
    const place = await workplace();
    for (const count of [5, 6]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    const [earlier] = await kept(place);
    const path = `.kura/notes.jsonl/${earlier!.id}.data`;
    const bytes = await place.read(path);
    bytes[60] = bytes[60]! ^ 1;
    await writeFile(place.path(path), bytes);
    const opened = await place.manager.openRevision("notes", earlier!.id);
    await expect(opened.check()).rejects.toThrow(CorruptCheckpointError);
    await opened.close();
  });
});

describe("a kept revision whose manifest is damaged", () => {
  it("is listed as one that nothing describes, and its rows can be had", async () => {
    const place = await workplace({ keepRevisions: 2 });
    for (const count of [3, 4]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    const [earlier] = await kept(place);
    await place.write(`.kura/notes.jsonl/${earlier!.id}.json`, "{}");
    expect(await kept(place)).toMatchObject([{ id: earlier!.id, ours: false, rows: undefined }]);
    const restored = await place.manager.restoreRevision("notes", earlier!.id);
    expect(restored.rows).toBe(3);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(3));
  });
});

it("what a writer left that died is swept by the next one, even by one that fails", async () => {
  const place = await workplace();
  await place.manager.saveCheckpoint("notes", notes(3), NoteType, { madeFrom: { a: 1 } });
  const before = await place.history();
  const manifest = decodeManifest(await place.read(await place.manifest()))!;
  // It had described the same rows, made from something else, and not yet given them their name.
  const revision = { ...manifest.revision, id: nextRevisionId(manifest.revision.id) };
  const left = { ...manifest, revision, identity: "another", fingerprint: { a: 2 } };
  await place.write(`.kura/notes.jsonl/${revision.id}.json`, encodeManifest(left));
  for (const name of [`${revision.id}.tmp`, `${revision.id}.json.tmp`, `${revision.id}.data.tmp`])
    await place.write(`.kura/notes.jsonl/${name}`, "torn");
  expect((await place.manager.getCheckpointInfo("notes"))?.fingerprint).toEqual({ a: 1 });
  await expect(place.manager.saveCheckpoint("notes", [{ id: "x" }] as never, NoteType)).rejects.toThrow(/field "id"/);
  expect(await place.history()).toEqual(before);
});

describe("ids and parents", () => {
  it("go on after the newest there is, also where the clock was set back, over deletions, and without the file", async () => {
    const place = await workplace({ keepRevisions: 1 });
    const first = await place.manager.saveCheckpoint("notes", notes(1), NoteType);
    const { Date: RealDate } = globalThis;
    const ids = [first.revision!.id];
    const parents = [first.revision!.parent];
    try {
      globalThis.Date = class extends RealDate {
        static override now() {
          return RealDate.UTC(2001, 0, 1);
        }
      } as DateConstructor;
      for (const step of ["save", "delete", "save", "remove", "save"]) {
        if (step === "delete") await place.manager.deleteCheckpoint("notes");
        else if (step === "remove") await rm(place.path("notes.jsonl"));
        else {
          const { revision } = await place.manager.saveCheckpoint("notes", notes(2), NoteType);
          ids.push(revision!.id);
          parents.push(revision!.parent);
        }
      }
    } finally {
      globalThis.Date = RealDate;
    }
    expect(ids).toEqual([...ids].sort());
    expect(parents[1]).toBe(ids[0]);
    // A deletion is a revision too.
    expect(parents[2]! > ids[1]!).toBe(true);
    expect(parents[3]).toBe(ids[2]);
  });
});
