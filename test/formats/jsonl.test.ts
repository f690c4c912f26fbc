import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Piece } from "../../src/bytes/piece.js";
import { CorruptCheckpointError, InvalidRowError } from "../../src/errors.js";
import type { BatchOptions, ReadOptions } from "../../src/formats/format.js";
import { jsonlFormat } from "../../src/formats/jsonl.js";
import { ConversationSummary, Embedding } from "../../src/rows/builtin.js";
import type { Row } from "../../src/rows/column.js";
import { type RowType, rowType } from "../../src/rows/row-type.js";
import { memorySink, memorySource } from "../support/memory-source.js";

const Note = rowType({
  name: "notes",
  columns: [
    { name: "id", type: "int32" },
    { name: "text", type: "text", nullable: true },
    { name: "meta", type: "json", nullable: true },
  ],
}) as RowType;
const note = (id: number, text: string | null = `note ${id} 🦆`, meta: unknown = { n: id, big: 2n ** 60n }) => ({
  id,
  text,
  meta,
});
const notes = (count: number) => Array.from({ length: count }, (_, id) => note(id));

async function write(type: RowType, rows: readonly Row[], batchRows = 100) {
  const sink = memorySink();
  const writer = jsonlFormat.write(type, sink, "notes");
  for (let start = 0; start < rows.length; start += batchRows) await writer.write(rows.slice(start, start + batchRows));
  return { ...(await writer.finish()), sink, bytes: sink.bytes() };
}

async function read(
  content: string | Uint8Array,
  { columns, where, rowStart, rowEnd, signal, ...options }: Partial<ReadOptions> & BatchOptions = {},
): Promise<Row[]> {
  const source = memorySource(content);
  const reader = await jsonlFormat.read(source, {
    type: Note,
    path: "notes.jsonl",
    pieces: undefined,
    trusted: false,
    ...options,
  });
  const rows: Row[] = [];
  for await (const batch of reader.batches({ columns, where, rowStart, rowEnd, signal })) rows.push(...batch);
  return rows;
}

const failure = (content: string | Uint8Array, options = {}) =>
  read(content, options).then(
    () => expect.fail("it was read"),
    (error: unknown) => error as CorruptCheckpointError,
  );

describe("jsonlFormat.write()", () => {
  it("writes compact lines in column order, and says what it wrote", async () => {
    const { bytes, rows, pieces, rowHash } = await write(Note, [
      { meta: { a: 1 }, id: 1 } as Row,
      note(2, "ü\n", null),
    ]);
    expect(bytes.toString()).toBe('{"id":1,"text":null,"meta":{"a":1}}\n{"id":2,"text":"ü\\n","meta":null}\n');
    expect(rows).toBe(2);
    expect(rowHash).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
    expect(pieces.at(-1)).toMatchObject({ byteEnd: bytes.length, rowEnd: 2 });
  });

  it("pieces cover the file, end at row ends and carry its checksums, whatever the batches", async () => {
    const all = await Promise.all([1, 7, 5000].map((batchRows) => write(Note, notes(5000), batchRows)));
    for (const { bytes, pieces, rowHash } of all) {
      expect(rowHash).toBe(all[0]!.rowHash);
      expect(pieces).toEqual(all[0]!.pieces);
      let start = 0;
      let row = 0;
      for (const piece of pieces) {
        const part = bytes.subarray(start, piece.byteEnd);
        expect(crc32(part)).toBe(piece.crc32);
        expect(part.at(-1)).toBe(10);
        expect(part.toString().split("\n").length - 1).toBe(piece.rowEnd - row);
        [start, row] = [piece.byteEnd, piece.rowEnd];
      }
      expect([start, row]).toEqual([bytes.length, 5000]);
    }
    expect(all[0]!.pieces[0]!.rowEnd).toBe(1);
  });

  it("zero rows are an empty file", async () => {
    expect(await write(Note, [])).toMatchObject({ rows: 0, pieces: [], bytes: Buffer.alloc(0) });
  });

  it("refuses a row that does not fit, with its number and field", async () => {
    const error = await write(Note, [...notes(250), note(1, "\ud83d") as Row]).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InvalidRowError);
    expect(error).toMatchObject({
      row: 250,
      field: "text",
      message: expect.stringMatching(/^Cannot save notes at row 250, field "text": the text holds half/),
    });
  });

  it("a row longer than can be read again is refused", async () => {
    await expect(write(Note, [note(1), note(2, "x".repeat(33 << 20))])).rejects.toThrow(
      /Cannot save notes at row 1: its line is longer than the 33554432 bytes/,
    );
  });

  it("runs the schema: what comes out of it is written, and its issues name the field", async () => {
    const schema = z.object({
      id: z.int32(),
      text: z.string().trim().min(2),
      tags: z.array(z.object({ name: z.string().refine(async (name) => name !== "bad", "not that one") })).optional(),
    });
    const Checked = rowType({ name: "checked", schema }) as unknown as RowType;
    const { bytes } = await write(Checked, [{ id: 1, text: "  hi " }]);
    expect(bytes.toString()).toBe('{"id":1,"text":"hi","tags":null}\n');
    await expect(write(Checked, [{ id: 1, text: " h " }])).rejects.toMatchObject({ row: 0, field: "text" });
    await expect(write(Checked, [{ id: 1, text: "ok", tags: [{ name: "a" }, { name: "bad" }] }])).rejects.toMatchObject(
      { field: "tags[1].name", reason: "not that one" },
    );
  });
});

describe("jsonlFormat.read()", () => {
  it("gives back what was written, with pieces and without, trusted and checked", async () => {
    const { bytes, pieces } = await write(Note, notes(9000));
    for (const known of [pieces, undefined]) {
      for (const trusted of [true, false]) expect(await read(bytes, { pieces: known, trusted })).toEqual(notes(9000));
    }
  });

  it("finds rows by pieces without reading what is before them", async () => {
    const { bytes, pieces } = await write(Note, notes(30_000));
    const source = memorySource(bytes);
    const reader = await jsonlFormat.read(source, { type: Note, path: "x", pieces, trusted: true });
    expect(reader.rowCount).toBe(30_000);
    const found: Row[] = [];
    for await (const batch of reader.batches({ rowStart: 29_990, rowEnd: 29_993 })) found.push(...batch);
    expect(found.map((row) => row["id"])).toEqual([29_990, 29_991, 29_992]);
    expect(source.reads.reduce((sum, [start, end]) => sum + end - start, 0)).toBeLessThan(bytes.length / 2);
  });

  it("takes any row range, like slicing", async () => {
    const { bytes, pieces } = await write(Note, notes(700));
    for (const [rowStart, rowEnd] of [
      [0, 1],
      [0, 0],
      [5, 5],
      [255, 257],
      [256, 512],
      [699, 9999],
      [700, 701],
    ] as const) {
      for (const known of [pieces, undefined])
        expect(await read(bytes, { pieces: known, rowStart, rowEnd })).toEqual(notes(700).slice(rowStart, rowEnd));
    }
    await expect(read(bytes, { rowStart: -1 })).rejects.toThrow(RangeError);
    await expect(read(bytes, { rowEnd: 1.5 })).rejects.toThrow(RangeError);
  });

  it("projects, in the row type's order, and filters by fields that are not projected", async () => {
    const { bytes } = await write(Note, notes(700));
    const rows = await read(bytes, { columns: ["meta", "id"], where: { text: { contains: "69" } } });
    expect(Object.keys(rows[0]!)).toEqual(["id", "meta"]);
    expect(rows).toEqual(
      notes(700)
        .filter(({ text }) => text!.includes("69"))
        .map(({ id, meta }) => ({ id, meta })),
    );
    expect(await read(bytes, { columns: ["id"], where: { "meta.big": { gt: 2 ** 59 } }, rowEnd: 2 })).toEqual([
      { id: 0 },
      { id: 1 },
    ]);
    await expect(read(bytes, { columns: ["nope"] })).rejects.toThrow(
      'Cannot read column "nope": there is none; there are id, text, meta',
    );
    await expect(read(bytes, { where: { nope: 1 } })).rejects.toThrow(RangeError);
  });

  it("without a row type rows come as they are, and the first ones say the columns", async () => {
    const text = '{"b":1.0,"a":[12345678901234567890]}\n{"a":null,"c":-0}\n';
    const reader = await jsonlFormat.read(memorySource(text), {
      type: undefined,
      path: "x",
      pieces: undefined,
      trusted: false,
    });
    expect(reader.columns).toEqual(["b", "a", "c"].map((name) => ({ name, type: "json", nullable: true })));
    expect(await read(text, { type: undefined })).toEqual([
      { b: 1, a: [12345678901234567890n] },
      { a: null, c: -0 },
    ]);
  });

  it("lines may end in CRLF, be longer than a chunk, straddle chunks, and the last needs no newline", async () => {
    const long = [note(0), note(1, "ü🦆".repeat(900_000)), ...notes(20_000).slice(2)];
    const { bytes } = await write(Note, long);
    expect(await read(bytes)).toEqual(long);
    expect(await read(bytes.subarray(0, -1))).toEqual(long);
    expect(await read(bytes.toString().replaceAll("\n", "\r\n"))).toEqual(long);
  });

  it("one line may be as long as one that can be saved, and no longer", async () => {
    const error = await failure(`{"id":1}\n{"id":2,"text":"${"x".repeat(34 << 20)}"}`);
    expect(error.message).toMatch(
      /^Cannot read "notes.jsonl" at line 2: the line is longer than the 33554432 bytes that a row may have$/,
    );
  });

  it("unknown fields are left out and told once", async () => {
    const told: (readonly string[])[] = [];
    const onUnknownFields = (fields: readonly string[]) => told.push(fields);
    expect(await read('{"id":1,"x":1}\n{"id":2,"x":1}\n', { onUnknownFields })).toEqual([
      { id: 1, text: null, meta: null },
      { id: 2, text: null, meta: null },
    ]);
    expect(told).toEqual([["x"]]);
  });

  it("stops when it is told to, within a batch", async () => {
    const { bytes, pieces } = await write(Note, notes(9000));
    const stop = new AbortController();
    const reader = await jsonlFormat.read(memorySource(bytes), { type: Note, path: "x", pieces, trusted: true });
    let rows = 0;
    const reading = (async () => {
      for await (const batch of reader.batches({ signal: stop.signal })) {
        rows += batch.length;
        stop.abort(new Error("enough"));
      }
    })();
    await expect(reading).rejects.toThrow("enough");
    expect(rows).toBeLessThan(1000);
  });

  it("runs the schema over unverified rows only", async () => {
    const schema = z.object({ id: z.int32().max(5), text: z.string().optional(), meta: z.unknown() });
    const Checked = rowType({ name: "t", schema }) as unknown as RowType;
    const text = '{"id":1,"text":null,"meta":1}\n{"id":9,"text":"x","meta":1}\n';
    expect(await failure(text, { type: Checked })).toMatchObject({ line: 2, row: 1, field: "id" });
    expect(await read(text, { type: Checked, rowEnd: 1 })).toEqual([{ id: 1, text: null, meta: 1 }]);
    expect(await read(text, { type: Checked, trusted: true })).toHaveLength(2);
  });

  it("an embedding with millions of numbers is one row like any other", async () => {
    const embedding = Float32Array.from({ length: 300_000 }, (_, n) => Math.sin(n));
    const { bytes, pieces } = await write(Embedding as unknown as RowType, [{ chat_id: "a", embedding }]);
    const rows = await read(bytes, { type: Embedding as unknown as RowType, pieces, trusted: true });
    expect(rows).toEqual([{ chat_id: "a", embedding }]);
  });
});

describe("jsonlFormat.read() of a damaged file", () => {
  const good = '{"id":0,"text":"a","meta":null}\n';
  it.each<[string, string | Uint8Array, object]>([
    [
      "a torn last line",
      `${good}${good}{"id":2,"te`,
      {
        line: 3,
        row: 2,
        reason: "the last line is torn; the 2 rows before it are whole (rowEnd: 2 reads them)",
      },
    ],
    [
      "a line that is not JSON",
      `${good}{id:1}\n${good}`,
      { line: 2, row: 1, reason: expect.stringMatching(/^the line is not JSON \(/), cause: expect.any(SyntaxError) },
    ],
    ["NaN", `${good}{"id":1,"meta":{"x":NaN}}\n`, { line: 2, reason: "NaN is not JSON" }],
    ["-Infinity", `{"id":1,"meta":[1, -Infinity]}\n`, { line: 1, reason: "-Infinity is not JSON" }],
    ["an array", `${good}[1]\n`, { line: 2, reason: "a row is a JSON object, this is an array" }],
    ["a number", "12\n", { line: 1, reason: "a row is a JSON object, this is 12" }],
    ["null", "null\n", { line: 1, reason: "a row is a JSON object, this is null" }],
    [
      "a wrong field",
      `${good}{"id":"1"}\n`,
      { line: 2, row: 1, field: "id", reason: 'an integer of 32 bits is needed, it is the text "1"' },
    ],
    [
      "a missing field",
      `{"text":"a"}\n`,
      { line: 1, field: "id", reason: "an integer of 32 bits is needed, it is nothing" },
    ],
    ["a number too large inside JSON", `{"id":1,"meta":{"a":[1e999]}}\n`, { line: 1, field: "meta.a[0]" }],
    ["a byte order mark", `\ufeff${good}`, { line: 1, reason: expect.stringMatching(/byte order mark/) }],
    [
      "a blank line",
      `${good}\n${good}`,
      { line: 2, reason: "the line is blank", wayOut: expect.stringContaining("take it out") },
    ],
    ["a blank line with CRLF", `${good}\r\n${good}`, { line: 2, reason: "the line is blank" }],
    [
      "Latin-1",
      Buffer.from(`${good}{"id":1,"text":"ü"}\n`, "latin1"),
      { line: 2, reason: "it is not UTF-8; convert it" },
    ],
    [
      "UTF-16 with a mark",
      Buffer.from(`\ufeff${good}`, "utf16le"),
      { line: 1, reason: "it is UTF-16, not UTF-8; convert it" },
    ],
    ["UTF-16 without one", Buffer.from(good, "utf16le"), { line: 1, reason: "it is UTF-16, not UTF-8; convert it" }],
    ["one stray byte", Uint8Array.of(0xff), { line: 1, reason: "it is not UTF-8; convert it" }],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8, 0), { line: 1, reason: "it is compressed with gzip; unpack it" }],
    [
      "deep nesting",
      `{"id":1,"meta":${"[".repeat(100_000)}1.0${"]".repeat(100_000)}}\n`,
      { line: 1, reason: expect.stringMatching(/nested/) },
    ],
    [
      "an integer of a million digits",
      `{"id":1,"meta":${"7".repeat(1_000_000)}}\n`,
      { line: 1, field: "meta", reason: expect.stringMatching(/digits/) },
    ],
  ])("%s is told by line and words", async (_, content, expected) => {
    const error = await failure(content);
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect(error).toMatchObject({ path: "notes.jsonl", ...expected });
  });

  it("line numbers are right when reading begins at a piece", async () => {
    const { bytes } = await write(Note, notes(1000));
    const lines = bytes.toString().split("\n");
    lines[900] = lines[900]!.replace(/./, "!");
    const broken = Buffer.from(lines.join("\n"));
    const end = (count: number) => Buffer.byteLength(lines.slice(0, count).join("\n")) + 1;
    const pieces: Piece[] = [300, 800, 1000].map((rowEnd) => ({ rowEnd, byteEnd: end(rowEnd), crc32: 0 }));
    pieces[2] = { ...pieces[2]!, byteEnd: broken.length };
    expect(await failure(broken, { pieces, rowStart: 850 })).toMatchObject({ line: 901, row: 900 });
  });

  it("bytes that are not UTF-8 are found wherever they are", async () => {
    const { bytes } = await write(Note, notes(40_000));
    const at = bytes.lastIndexOf("note", 1_999_990);
    expect(at).toBeGreaterThan(1 << 20);
    bytes[at] = 0xe9;
    expect(await failure(bytes)).toMatchObject({ line: bytes.subarray(0, at).toString("latin1").split("\n").length });
  });

  it("rows before the damage can be read", async () => {
    expect(await read(`${good}{"id":1,"te`, { rowEnd: 1 })).toHaveLength(1);
  });
});

describe("jsonlFormat", () => {
  it("names files", () => {
    expect(jsonlFormat.visibleName("summaries")).toBe("summaries.jsonl");
    expect(jsonlFormat.checkpointName("summaries.jsonl")).toBe("summaries");
    expect(jsonlFormat.checkpointName("summaries.parquet")).toBeUndefined();
  });

  it.each<[string, boolean]>([
    ["", true],
    ['{"a":1}\n', true],
    ['{"a":1}', true],
    ['{"a":1}\n{"a":{"b":2}}', true],
    ['{"a":1}\n{"a":{"b":2}', false],
    ['{"a":1}\n{"a"', false],
    ['{"a":1}\n3', false],
    [`{"a":1}\n{"a":"${"x".repeat(200_000)}"}`, true],
    [`{"a":1}\n{"a":"${"x".repeat(200_000)}"`, false],
  ])("isWhole() of a file that ends in %s", async (content, whole) => {
    expect(await jsonlFormat.isWhole(memorySource(content))).toBe(whole);
  });

  it("summaries keep Kura's order of keys", async () => {
    const row = Object.fromEntries(
      ConversationSummary.columns
        .map(({ name, type }) => [name, type === "json" ? {} : name === "summary" || name === "chat_id" ? "x" : null])
        .reverse(),
    );
    const { bytes } = await write(ConversationSummary as unknown as RowType, [row]);
    expect(Object.keys(JSON.parse(bytes.toString()) as Row)).toEqual(
      ConversationSummary.columns.map(({ name }) => name),
    );
  });
});
