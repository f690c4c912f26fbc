import { rm, truncate } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { CorruptCheckpointError, MissingCheckpointError } from "../../src/errors.js";
import { rowType } from "../../src/rows/row-type.js";
import { NoteType, note, notes, rejection, Workplace, workplace } from "./notes.js";

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The kept file that was displaced last. */
async function displaced(place: Workplace, checkpoint = "notes"): Promise<Buffer> {
  const names = (await place.history(checkpoint)).filter((name) => /^f.*\.data$/.test(name));
  return await place.read(`.kura/${checkpoint}.jsonl/${names.at(-1)}`);
}

describe("adoptCheckpoint()", () => {
  it("makes another program's file ours: its rows in our words, its bytes kept, and it is no longer warned of", async () => {
    const place = await workplace();
    const theirs = `${JSON.stringify(note(0), null, 1).replaceAll("\n", "")}\n${JSON.stringify(note(1))}`;
    await place.write("notes.jsonl", theirs);
    const info = await place.manager.adoptCheckpoint("notes", NoteType, { madeFrom: { by: "hand" } });
    expect(info).toMatchObject({ rows: 2, fingerprint: { by: "hand" }, rowType: "note" });
    expect((await place.read("notes.jsonl")).toString()).toBe(lines(notes(2)));
    expect((await displaced(place)).toString()).toBe(theirs);
    place.warnings();
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(2));
    expect(place.warnings()).toEqual([]);
  });

  it("tells of rows that have the key of another, which are all taken", async () => {
    const place = await workplace();
    const row = (chat_id: string) => ({ chat_id, embedding: [1, 2] });
    await place.write("embeddings.jsonl", lines(["a", "b", "a", "c", "b", "a"].map(row)));
    const messages: string[] = [];
    const { manager } = new Workplace(place.directory, {
      onEvent: (event) => event.type === "warning" && event.code === "duplicate-keys" && messages.push(event.message),
    });
    expect(await manager.adoptCheckpoint("embeddings")).toMatchObject({ rows: 6, key: "chat_id" });
    expect(messages).toEqual([
      expect.stringMatching(/^3 rows of ".*" have a chat_id that a row before them has, such as "a", "b"$/),
    ]);
  });

  it.each([undefined, [{ name: "j", type: "json" }] as const])(
    "what is nested deeper than can be saved is refused when it is read",
    async (columns) => {
      const type = columns && rowType({ name: "deep", columns });
      const nested = (levels: number) => `{"j":${"[".repeat(levels)}${"]".repeat(levels)}}\n`;
      const place = await workplace();
      await place.write("deep.jsonl", nested(500));
      const [row] = (await place.manager.loadCheckpoint("deep", type))!;
      await place.manager.saveCheckpoint("again", [row as { j: unknown }], type);
      for (const levels of [501, 9000]) {
        await place.write("deep.jsonl", nested(1) + nested(levels));
        const error = await rejection(place.manager.loadCheckpoint("deep", type));
        expect(error).toMatchObject({ name: "CorruptCheckpointError", line: 2, field: "j" });
        expect(error.message).toMatch(/it is nested more than 500 deep/);
        expect(await rejection(place.manager.adoptCheckpoint("deep", type))).toBeInstanceOf(CorruptCheckpointError);
      }
    },
  );

  it("puts rows of others through the schema once", async () => {
    const place = await workplace();
    const Times = z.object({ id: z.int(), times: z.number().transform((n) => n * 10) });
    const Row = rowType({
      name: "rows",
      schema: Times,
      columns: { times: { type: "float64" } },
    });
    await place.write("rows.jsonl", lines([{ id: 1, times: 1 }]));
    await place.manager.adoptCheckpoint("rows", Row);
    await place.manager.adoptCheckpoint("rows", Row, { madeFrom: { by: "hand" } });
    expect(await place.manager.loadCheckpoint("rows", Row)).toEqual([{ id: 1, times: 10 }]);
  });

  it("keeps the types of columns that a file tells of itself", async () => {
    const place = await workplace();
    const manager = new ParquetCheckpointManager(place.directory);
    const columns = [
      { name: "id", type: "int64" },
      { name: "tags", type: "list", items: { type: "text" }, nullable: true },
    ] as const;
    const rows = [
      { id: 1, tags: ["a"] },
      { id: 2, tags: null },
    ];
    await manager.saveCheckpoint("things", rows, rowType({ name: "things", columns }));
    await rm(place.path(".kura"), { recursive: true });
    const adopted = await manager.adoptCheckpoint("things");
    expect(adopted.columns.map(({ name, type }) => [name, type])).toEqual([
      ["id", "int64"],
      ["tags", "list"],
    ]);
    expect(await manager.loadCheckpoint("things")).toEqual(rows);
  });

  it("without a row type takes every field of every row, as any JSON", async () => {
    const place = await workplace();
    const rows = [
      ...notes(600),
      { ...note(600), late: 12 },
      JSON.parse('{"id":601,"__proto__":[1],"big":12345678901234567890}'),
    ];
    const text = lines(rows).replace("12345678901234567000", "12345678901234567890");
    await place.write("things.jsonl", text);
    await place.manager.adoptCheckpoint("things");
    const adopted = (await place.manager.loadCheckpoint("things"))!;
    expect(adopted[600]).toMatchObject({ late: 12 });
    expect(Object.getOwnPropertyDescriptor(adopted[601], "__proto__")?.value).toEqual([1]);
    expect(adopted[601]).toMatchObject({ big: 12345678901234567890n, text: null });
  });

  it("of rows that are ours changes nothing; with another madeFrom it says so in a new revision", async () => {
    const place = await workplace();
    const saved = await place.manager.saveCheckpoint("notes", notes(3), NoteType, {
      madeFrom: { a: 1 },
      missing: ["9"],
    });
    for (const options of [{}, { madeFrom: { a: 1 } }])
      expect((await place.manager.adoptCheckpoint("notes", NoteType, options)).revision).toEqual(saved.revision);
    const again = await place.manager.adoptCheckpoint("notes", NoteType, { madeFrom: { a: 2 } });
    expect(again).toMatchObject({ fingerprint: { a: 2 }, rows: 3, missing: ["9"], complete: false });
    expect(again.revision).toMatchObject({ parent: saved.revision!.id, rowHash: saved.revision!.rowHash });
  });

  it("of rows that are ours after a copy, or of a rewriting with the same bytes, finds them ours", async () => {
    const place = await workplace();
    const saved = await place.manager.saveCheckpoint("notes", notes(3), NoteType);
    await place.write("notes.jsonl", await place.read("notes.jsonl"));
    expect((await place.manager.adoptCheckpoint("notes")).revision).toEqual(saved.revision);
  });

  it("of a damaged file that is right as it is, or cut off at a row's end, takes what is there", async () => {
    for (const damage of ["a byte", "cut"]) {
      const place = await workplace();
      await place.manager.saveCheckpoint("notes", notes(20), NoteType);
      const bytes = await place.read("notes.jsonl");
      if (damage === "cut") await truncate(place.path("notes.jsonl"), bytes.indexOf("\n", 900) + 1);
      else await place.write("notes.jsonl", bytes.toString().replace("note 17", "Note 17"));
      await expect(place.manager.loadCheckpoint("notes", NoteType)).rejects.toThrow(CorruptCheckpointError);
      const { rows } = await place.manager.adoptCheckpoint("notes", NoteType);
      const loaded = (await place.manager.loadCheckpoint("notes", NoteType))!;
      expect(loaded).toHaveLength(rows!);
      if (damage === "cut") expect(loaded).toEqual(notes(20).slice(0, rows));
      else expect(loaded[17]).toMatchObject({ text: "Note 17 🦆" });
      expect(rows).toBeGreaterThan(5);
    }
  });

  it.each<[string, string, object]>([
    ["torn", `${lines(notes(3))}{"id":3,"te`, { line: 4, row: 3 }],
    ["a row that does not fit", `${lines(notes(3))}{"id":"3","text":"x"}\n`, { line: 4, field: "id" }],
    ["a field that is missing", '{"id":3}\n', { line: 1, field: "text" }],
    ["not JSON", "id,text\n1,a\n", { line: 1 }],
    ["a blank line", `${lines(notes(3))}\n${lines(notes(3))}`, { line: 4, reason: "the line is blank" }],
  ])("of a file that is %s refuses at the first such row, and changes nothing", async (_, content, expected) => {
    const place = await workplace();
    await place.write("notes.jsonl", content);
    const error = await rejection(place.manager.adoptCheckpoint("notes", NoteType));
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect(error).toMatchObject(expected);
    expect((await place.read("notes.jsonl")).toString()).toBe(content);
    expect((await place.history()).filter((name) => /data|json|tmp/.test(name))).toEqual([]);
    expect(await place.manager.listRevisions("notes")).toEqual([]);
  });

  it("of nothing says so", async () => {
    const { manager } = await workplace();
    await expect(manager.adoptCheckpoint("notes")).rejects.toThrow(MissingCheckpointError);
    await manager.saveCheckpoint("notes", notes(1), NoteType);
    await manager.deleteCheckpoint("notes");
    await expect(manager.adoptCheckpoint("notes")).rejects.toThrow(MissingCheckpointError);
  });

  it("by a built-in name reads rows as Kura's, and tells of fields that are left out", async () => {
    const place = await workplace();
    const row = { chat_id: "a", embedding: [0.5, 1] };
    await place.write("embeddings.jsonl", lines([{ ...row, extra: 1 }]));
    await place.manager.adoptCheckpoint("embeddings");
    expect(place.warnings()).toEqual(["unknown-fields"]);
    expect(await place.manager.loadCheckpoint("embeddings")).toEqual([
      { ...row, embedding: new Float32Array([0.5, 1]) },
    ]);
    expect((await displaced(place, "embeddings")).toString()).toContain("extra");
  });

  it("runs a schema over what is adopted", async () => {
    const place = await workplace();
    const Checked = rowType({ name: "note", schema: z.object({ id: z.int32().max(5), text: z.string() }) });
    await place.write(
      "notes.jsonl",
      lines([
        { id: 1, text: "a" },
        { id: 9, text: "b" },
      ]),
    );
    expect(await rejection(place.manager.adoptCheckpoint("notes", Checked))).toMatchObject({ line: 2, field: "id" });
  });

  it("adopts what somebody saved in the meantime, not what was looked at before", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", lines(notes(3)));
    let isSaved = false;
    const slow = await workplaceOn(place, async (phase) => {
      if (phase !== "locked" || isSaved) return;
      isSaved = true;
      // As a program does that knows nothing of locks.
      await place.write("notes.jsonl", lines(notes(7)));
    });
    const info = await slow.adoptCheckpoint("notes", NoteType);
    expect(info.rows).toBe(7);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(7));
  });

  it("does not undo a save of another process that came between", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", lines(notes(3)));
    const adopting = await workplaceOn(place, undefined);
    const lock = await place.manager.storage.lock("notes.jsonl");
    const adoption = adopting.adoptCheckpoint("notes", NoteType);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Under the lock, as a save does it.
    const other = await workplace();
    await other.manager.saveCheckpoint("notes", notes(9), NoteType, { madeFrom: { a: 1 } });
    await rm(place.path("notes.jsonl"));
    await place.write("notes.jsonl", await other.read("notes.jsonl"));
    await lock.release();
    expect((await adoption).rows).toBe(9);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(9));
  });

  it("ends with the signal", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", lines(notes(3)));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(place.manager.adoptCheckpoint("notes", NoteType, { signal })).rejects.toThrow("enough");
    expect(await place.manager.listRevisions("notes")).toEqual([]);
  });
});

async function workplaceOn(place: Workplace, onPhase: ((phase: string) => Promise<void>) | undefined) {
  const { JSONLCheckpointManager } = await import("../../src/checkpoints/jsonl-checkpoint-manager.js");
  return new JSONLCheckpointManager(place.directory, { onPhase });
}
